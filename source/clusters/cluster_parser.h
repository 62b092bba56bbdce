// envoy.config.cluster.v3.Cluster → ClusterConfig and the endpoints it names. Adds every fault with
// its path relative to the message; what Weir does not implement is refused, not skipped, where
// skipping it would change where traffic goes. Main thread.
#pragma once

#include <memory>
#include <optional>

#include "source/balancing/endpoint_config.h"
#include "source/clusters/client_transport_parser.h"
#include "source/clusters/endpoint_source.h"
#include "source/config/faults.h"
#include "source/health/check_config.h"
#include "source/health/outlier_config.h"
#include "source/upstream/cluster_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

struct ParsedCluster {
  std::shared_ptr<const upstream::ClusterConfig> config;
  balancing::Assignment assignment;                        // of load_assignment; empty for EDS
  std::shared_ptr<const health::HealthCheckConfig> check;  // null: hosts are not checked
  std::unique_ptr<const health::OutlierConfig> outliers;   // null: nobody looks for them
};

// Empty when faults were added. `transports` may be null: plaintext alone is known then; so may
// `endpoints`: all eds_configs are the same then.
std::optional<ParsedCluster> ParseCluster(const envoy::config::cluster::v3::Cluster& proto,
                                          config::Faults& faults,
                                          const ClientTransportParser* transports = nullptr,
                                          EndpointSource* endpoints = nullptr);

}  // namespace weir::clusters
