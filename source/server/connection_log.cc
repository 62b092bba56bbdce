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

void SetLifetime(const event::Loop& loop, int64_t accepted_ns, filter::StreamInfo& info) {
  info.start_ns = accepted_ns;
  info.end_ns = loop.now_ns();
  info.start_wall_us = loop.wall_us() - (info.end_ns - info.start_ns) / 1000;
}

void LogRefused(const ListenerConfig& config, const event::Loop& loop,
                const filter::AcceptedSocket& socket, Refusal why) {
  if (config.access_logs.empty()) return;
  filter::ConnectionInfo connection;
  connection.SetAddresses(socket.remote, socket.local);
  connection.listener_name = config.name;
  connection.termination_details = DetailsOf(why);
  filter::StreamInfo info;
  info.connection = &connection;
  info.remote = &connection.direct_remote;
  SetLifetime(loop, socket.accepted_ns, info);
  if (why == Refusal::kNoFilterChain) {
    info.flags.Set(filter::ResponseFlag::kNoRouteFound);
    info.response_code_details = connection.termination_details;
  }
  config.access_logs.Log(info);
}

}  // namespace weir::server
