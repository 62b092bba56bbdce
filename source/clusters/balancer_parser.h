// The load-balancing fields of envoy.config.cluster.v3.Cluster → BalancerConfig. Main thread.
#pragma once

#include "source/config/faults.h"
#include "source/upstream/cluster_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

balancing::BalancerConfig ParseBalancer(const envoy::config::cluster::v3::Cluster& proto,
                                        config::Faults& faults);

}  // namespace weir::clusters
