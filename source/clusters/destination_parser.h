// What a definition of type ORIGINAL_DST says of its hosts → DestinationConfig, and whether type
// and policy go together, as they must. Main thread.
#pragma once

#include "source/balancing/balancer_config.h"
#include "source/config/faults.h"
#include "source/upstream/cluster_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

upstream::DestinationConfig ParseDestinations(const envoy::config::cluster::v3::Cluster& proto,
                                              const balancing::BalancerConfig& balancer,
                                              config::Faults& faults);

}  // namespace weir::clusters
