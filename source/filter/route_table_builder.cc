#include "source/filter/route_table_builder.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "source/filter/registry.h"
#include "source/filter/substitution_format.h"
#include "source/routing/route_parser.h"
#include "source/upstream/cluster_manager.h"

namespace weir::filter {

namespace {

std::shared_ptr<const routing::FilterConfig> ParseFilterConfig(const ExtensionRegistry& registry,
                                                               const std::string& name,
                                                               const google::protobuf::Any& any,
                                                               config::Faults& faults) {
  // The type decides; a filter whose settings per route are of its own type is found by name.
  const HttpFilterFactory* factory = registry.FindHttpFilterByName(name);
  if (factory == nullptr) factory = registry.FindHttpFilter(any, faults);
  return factory == nullptr ? nullptr : factory->ParseRouteConfig(any, faults);
}

}  // namespace

std::unique_ptr<const routing::RouteTable> BuildRouteTable(
    const envoy::config::route::v3::RouteConfiguration& proto, const ExtensionRegistry& registry,
    upstream::ClusterManager& clusters, config::Faults& faults) {
  const auto slot = [&clusters](std::string_view name) { return &clusters.Slot(name); };
  const auto value =
      [](std::string_view text) -> absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> {
    return CompileValueTemplate(text);
  };
  const auto filter_config = [&registry](const std::string& name, const google::protobuf::Any& any,
                                         config::Faults& inner) {
    return ParseFilterConfig(registry, name, any, inner);
  };
  return routing::ParseRouteTable(proto, {slot, value, filter_config}, faults);
}

}  // namespace weir::filter
