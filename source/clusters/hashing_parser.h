// The fields of envoy.config.cluster.v3.Cluster about hashing, and about hosts that are asked for
// by address → HashingConfig and the rest. Main thread.
#pragma once

#include <cstdint>

#include "source/balancing/balancer_config.h"
#include "source/config/faults.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

// ring_hash_lb_config, maglev_lb_config and common_lb_config.consistent_hashing_lb_config, as far
// as `policy` heeds them; where it does not they are listed as ignored.
balancing::HashingConfig ParseHashing(const envoy::config::cluster::v3::Cluster& proto,
                                      balancing::BalancerPolicy policy, config::Faults& faults);

// A prime number, as Maglev needs it, that is not above Envoy's limit.
bool IsMaglevSize(uint64_t size);

// common_lb_config.override_host_status → bits of OverrideHealth.
uint8_t ParseOverrideHealth(const envoy::config::cluster::v3::Cluster& proto);

}  // namespace weir::clusters
