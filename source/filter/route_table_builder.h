// RouteConfiguration → RouteTable with everything this layer knows put in: cluster slots, header
// value templates, filters' settings per route. Main thread; used by route_config and by RDS.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/config/faults.h"
#include "source/routing/route_table.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}
namespace weir::upstream {
class ClusterManager;
class ClusterSlot;
}  // namespace weir::upstream

namespace weir::filter {

class ExtensionRegistry;

// Whether a table may name clusters that do not exist, when validate_clusters does not say.
enum class UnknownClusters : uint8_t {
  kRefused,   // in the bootstrap: they would never be there, as a rule
  kAccepted,  // from a control plane: they may still come
};

// Null exactly when faults were added. `named` gets the clusters that the table names, some more
// than once; null: nobody wants to know.
std::unique_ptr<const routing::RouteTable> BuildRouteTable(
    const envoy::config::route::v3::RouteConfiguration& proto, const ExtensionRegistry& registry,
    upstream::ClusterManager& clusters, UnknownClusters unknown_clusters,
    std::vector<upstream::ClusterSlot*>* named, config::Faults& faults);

}  // namespace weir::filter
