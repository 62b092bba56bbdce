// TcpProxy (protobuf, envoy.extensions.filters.network.tcp_proxy.v3) → TcpProxyConfig, and the
// factory that the registry lists.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/balancing/subset_config.h"
#include "source/clusters/cluster_manager.h"
#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_stats.h"
#include "source/filter/access_log.h"
#include "source/filter/network_filter.h"
#include "source/filter/registry.h"

namespace weir::extensions::tcp_proxy {

struct TcpProxyConfig {
  struct Target {
    clusters::ClusterSlot* slot = nullptr;
    uint32_t weight = 1;
    std::shared_ptr<const balancing::SubsetCriteria> subset = nullptr;  // null: any hosts
  };

  std::shared_ptr<stats::Group<TcpProxyStats>> stats;
  std::vector<Target> targets;  // one, or the weighted clusters
  uint64_t total_weight = 1;
  filter::AccessLogs access_logs;
  int64_t idle_timeout_ms = 3'600'000;  // 0: none
  int64_t max_duration_ms = 0;          // 0: none
  uint32_t max_connect_attempts = 1;
  bool hashes_source_ip = false;  // for clusters that balance by hash
};

std::unique_ptr<filter::NetworkFilterFactory> CreateFactory();

}  // namespace weir::extensions::tcp_proxy
