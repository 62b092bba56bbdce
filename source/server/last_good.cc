#include "source/server/last_good.h"

#include <utility>

namespace weir::server {

namespace {

constexpr char kSecret[] = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

// A delta server may send a set in several responses: after none of them for so long it is whole.
constexpr int64_t kDeltaGraceMs = 5'000;

xds::files::LastGoodSource::Options SourceOptions(const Options& options, xds::Protocol protocol) {
  xds::files::LastGoodSource::Options out;
  if (!options.last_good_secrets) out.left_out = {kSecret};
  out.sets_come_whole = protocol == xds::Protocol::kStateOfTheWorld;
  if (!out.sets_come_whole) out.absence_grace_ms = kDeltaGraceMs;
  return out;
}

}  // namespace

LastGood::LastGood(const Options& options, const envoy::config::core::v3::Node& node,
                   const Context& context)
    : store_(context.main, context.thread,
             {.path = options.last_good_file, .node_id = node.id(), .node_cluster = node.cluster()},
             context.stats),
      source_(context.main, context.ads, store_, SourceOptions(options, context.protocol),
              xds::files::LastGoodSource::AcceptanceIn(context.ads.state())) {
  store_.Load();
}

}  // namespace weir::server
