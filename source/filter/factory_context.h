// What an extension's factory is given when configuration is parsed, on the main thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/clusters/cluster_manager.h"
#include "source/config/faults.h"
#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/filter/health_verdict.h"
#include "source/routing/route_table.h"
#include "source/stats/stats.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}
namespace weir::tls {
class SecretManager;
}

namespace weir::filter {

class ExtensionRegistry;

// A route table under a name, that RDS fills and replaces. Kept alive by its users.
struct RouteTableHandle {
  std::string name;
  event::Published<routing::RouteTable> table;
  explicit RouteTableHandle(event::Loop* home) : table(home) {}
};

// Where route tables come from: RDS. server/ implements it.
class RouteSource {
 public:
  virtual ~RouteSource() = default;
  // The table named at `source`; null exactly when faults were added. The handle is null-valued
  // until the first response; the listener that asks waits for it.
  virtual std::shared_ptr<RouteTableHandle> Subscribe(
      const envoy::config::core::v3::ConfigSource& source, std::string_view route_config_name,
      config::Faults& faults) = 0;
};

struct NodeInfo {
  std::string id, cluster, host_name;
};

// What a transport socket's factory is given. Main thread.
struct TransportContext {
  event::Loop& main;
  stats::Store& stats;
  tls::SecretManager& secrets;
  std::string_view stat_prefix;  // "listener.127.0.0.1_443", "cluster.web"
};

struct FactoryContext {
  const ExtensionRegistry& registry;
  event::Loop& main;
  stats::Store& stats;
  clusters::ClusterManager& clusters;
  RouteSource& routes;
  const NodeInfo& node;
  // The listener's name, for logs; its stats are its own.
  std::string_view listener_name;
  // For transport sockets. Null where none can be: the admin's own logs.
  tls::SecretManager* secrets = nullptr;
  // A control plane sends clusters: one that is not there may still come.
  bool clusters_may_come = false;
  // Gets the clusters that are named, where somebody wants to know. Null: nobody does.
  std::vector<clusters::ClusterSlot*>* named_clusters = nullptr;
  // What the process answers to those who probe it; outlives what is made. Null: all is well.
  const HealthVerdict* health = nullptr;

  // The slot of a cluster that the configuration names.
  clusters::ClusterSlot& SlotOf(std::string_view name) const {
    clusters::ClusterSlot& slot = clusters.Slot(name);
    if (named_clusters != nullptr) named_clusters->push_back(&slot);
    return slot;
  }
};

}  // namespace weir::filter
