#include "source/filter/route_table_builder.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
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
    upstream::ClusterManager& clusters, UnknownClusters unknown_clusters,
    std::vector<upstream::ClusterSlot*>* named, config::Faults& faults) {
  const bool validates = proto.has_validate_clusters()
                             ? proto.validate_clusters().value()
                             : unknown_clusters == UnknownClusters::kRefused;
  const auto slot = [&](std::string_view name) -> absl::StatusOr<upstream::ClusterSlot*> {
    if (!validates || clusters.IsDefined(name)) {
      upstream::ClusterSlot* const found = &clusters.Slot(name);
      if (named != nullptr) named->push_back(found);
      return found;
    }
    return absl::NotFoundError(absl::StrCat("there is no cluster '", std::string(name), "'"));
  };
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
