// What /clusters and dumps show of a cluster and its hosts: a snapshot, immutable once made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/balancing/host.h"
#include "source/health/outlier_detector.h"
#include "source/upstream/cluster.h"

namespace weir::clusters {

struct HostView {
  balancing::HostPtr host;
  uint32_t priority = 0;
};

struct ClusterView {
  std::shared_ptr<const upstream::ClusterConfig> config;
  std::vector<HostView> hosts;
  // No longer of the cluster, but with connections whose requests still run.
  std::vector<balancing::HostPtr> draining;
  bool added_via_api = false;
  bool warming = false;
  std::string version_info;
  int64_t last_updated_us = 0;  // wall time
  // Null where nobody looks for hosts that fail.
  std::shared_ptr<const health::ClusterSuccessRates> success_rates;
};

// What the cluster itself knows: the registry adds what drains, what warms and success rates. Any
// thread that shares the cluster.
std::shared_ptr<ClusterView> ViewOf(const upstream::Cluster& cluster);

}  // namespace weir::clusters
