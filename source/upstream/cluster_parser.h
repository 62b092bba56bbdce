// envoy.config.cluster.v3.Cluster → ClusterConfig and the endpoints it names. Adds every fault with
// its path relative to the message; what Weir does not implement is refused, not skipped, where
// skipping it would change where traffic goes. Main thread.
#pragma once

#include <memory>
#include <optional>

#include "source/config/faults.h"
#include "source/upstream/client_transport_parser.h"
#include "source/upstream/cluster_config.h"
#include "source/upstream/endpoint_config.h"
#include "source/upstream/endpoint_source.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::upstream {

struct ParsedCluster {
  std::shared_ptr<const ClusterConfig> config;
  Assignment assignment;  // of load_assignment; empty for EDS
};

// Empty when faults were added. `transports` may be null: plaintext alone is known then; so may
// `endpoints`: all eds_configs are the same then.
std::optional<ParsedCluster> ParseCluster(const envoy::config::cluster::v3::Cluster& proto,
                                          config::Faults& faults,
                                          const ClientTransportParser* transports = nullptr,
                                          EndpointSource* endpoints = nullptr);

}  // namespace weir::upstream
