#include "source/server/connection_log.h"

namespace weir::server {

namespace {

// %CONNECTION_TERMINATION_DETAILS%
std::string_view DetailsOf(Refusal why) {
  switch (why) {
    case Refusal::kListenerFilter:
      return "listener_filter_closed";
    case Refusal::kListenerFilterTimeout:
      return "listener_filter_timeout";
    case Refusal::kNoFilterChain:
      return "filter_chain_not_found";
    case Refusal::kListenerEnded:
      return "listener_ended";
  }
  return {};
}

}  // namespace

void LogRefused(const ListenerConfig& config, const event::Loop& loop,
                const filter::AcceptedSocket& socket, Refusal why) {
  if (config.access_logs.empty()) return;
  filter::ConnectionInfo connection;
  connection.direct_remote = socket.remote;
  connection.local = socket.local;
  connection.direct_remote_text = socket.remote.ToString();
  connection.local_text = socket.local.ToString();
  connection.listener_name = config.name;
  connection.termination_details = DetailsOf(why);
  filter::StreamInfo info;
  info.connection = &connection;
  info.remote = &connection.direct_remote;
  info.start_ns = socket.accepted_ns;
  info.end_ns = loop.now_ns();
  info.start_wall_us = loop.wall_us() - (info.end_ns - info.start_ns) / 1000;
  if (why == Refusal::kNoFilterChain) {
    info.flags.Set(filter::ResponseFlag::kNoRouteFound);
    info.response_code_details = connection.termination_details;
  }
  config.access_logs.Log(info);
}

}  // namespace weir::server
