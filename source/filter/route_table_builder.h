// RouteConfiguration → RouteTable with everything this layer knows put in: cluster slots, header
// value templates, filters' settings per route. Main thread; used by route_config and by RDS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "source/config/faults.h"
#include "source/routing/route_table.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}
namespace google::protobuf {
class Any;
}
namespace weir::clusters {
class ClusterManager;
class ClusterSlot;
}  // namespace weir::clusters

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
    clusters::ClusterManager& clusters, UnknownClusters unknown_clusters,
    std::vector<clusters::ClusterSlot*>* named, config::Faults& faults);

// The same from a control plane's bytes, over as many turns as it takes, and with all that is as it
// was `before` (may be null). See routing/route_table_reader.h.
class RouteTableBuild {
 public:
  // `body`, the registry and the clusters outlive it.
  RouteTableBuild(const google::protobuf::Any& body, const ExtensionRegistry& registry,
                  clusters::ClusterManager& clusters, const routing::RouteTable* before);
  ~RouteTableBuild();
  RouteTableBuild(const RouteTableBuild&) = delete;
  RouteTableBuild& operator=(const RouteTableBuild&) = delete;

  // A little of it; false: that was all.
  bool Step();
  // After that. Null exactly when there are faults.
  std::unique_ptr<const routing::RouteTable> Finish();

  const config::Faults& faults() const { return faults_; }
  // Clusters that the table names, some more than once.
  std::vector<clusters::ClusterSlot*>& named() { return named_; }
  // Virtual hosts that are as they were, and those that had to be read.
  size_t kept() const;
  size_t read() const;

 private:
  struct Reading;

  config::Faults faults_;
  std::vector<clusters::ClusterSlot*> named_;
  std::unique_ptr<Reading> reading_;  // null: the bytes are no RouteConfiguration
};

}  // namespace weir::filter
