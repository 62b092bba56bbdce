#include "source/server/listener_filter_parser.h"

#include <algorithm>
#include <utility>

#include "envoy/config/listener/v3/listener.pb.h"
#include "source/config/load.h"
#include "source/filter/registry.h"

namespace weir::server {

namespace {

namespace v3 = envoy::config::listener::v3;
using config::Faults;

// use_original_dst needs the filter that finds that out, which may be left out beside it.
void ParseHandover(const v3::Listener& proto, const filter::FactoryContext& context,
                   ListenerConfig& config, Faults& faults) {
  config.hands_over = proto.use_original_dst().value();
  if (!config.hands_over || HasListenerFilter(proto, ".OriginalDst")) return;
  Faults::Scope scope(faults, "use_original_dst");
  google::protobuf::Any any;
  any.set_type_url(
      "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst");
  const filter::ListenerFilterFactory* factory = context.registry.FindListenerFilter(any, faults);
  if (factory == nullptr) return;
  if (auto parsed = factory->Parse(any, context, faults)) {
    config.listener_filters.push_back(std::move(parsed));
  }
}

}  // namespace

bool HasListenerFilter(const v3::Listener& proto, std::string_view type_suffix) {
  const auto is_it = [&](const v3::ListenerFilter& filter) {
    return std::string_view(config::TypeUrlOf(filter.typed_config())).ends_with(type_suffix);
  };
  return std::any_of(proto.listener_filters().begin(), proto.listener_filters().end(), is_it);
}

void ParseListenerFilters(const v3::Listener& proto, const filter::FactoryContext& context,
                          ListenerConfig& config, Faults& faults) {
  for (int i = 0; i < proto.listener_filters_size(); ++i) {
    Faults::Scope scope(faults, "listener_filters", i);
    const auto& any = proto.listener_filters(i).typed_config();
    const filter::ListenerFilterFactory* factory = context.registry.FindListenerFilter(any, faults);
    if (factory == nullptr) continue;
    Faults::Scope inner(faults, "typed_config");
    if (auto parsed = factory->Parse(any, context, faults)) {
      config.listener_filters.push_back(std::move(parsed));
    }
  }
  ParseHandover(proto, context, config, faults);
}

}  // namespace weir::server
