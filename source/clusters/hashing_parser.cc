#include "source/clusters/hashing_parser.h"

#include "envoy/config/cluster/v3/cluster.pb.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;
using balancing::BalancerPolicy;
using config::Faults;

uint8_t BitOf(int status) {
  switch (status) {
    case core::UNKNOWN:
    case core::HEALTHY:
      return balancing::kOverrideHealthy;
    case core::DEGRADED:
      return balancing::kOverrideDegraded;
    case core::DRAINING:
      return balancing::kOverrideDraining;
    default:
      return balancing::kOverrideUnhealthy;
  }
}

}  // namespace

balancing::HashingConfig ParseHashing(const cluster::Cluster& proto, BalancerPolicy policy,
                                      Faults& faults) {
  balancing::HashingConfig out;
  const bool is_ring = policy == BalancerPolicy::kRingHash;
  const bool is_maglev = policy == BalancerPolicy::kMaglev;
  if (proto.has_ring_hash_lb_config()) {
    const cluster::Cluster::RingHashLbConfig& ring = proto.ring_hash_lb_config();
    if (is_ring) {
      Faults::Scope scope(faults, "ring_hash_lb_config");
      if (ring.hash_function() == ring.MURMUR_HASH_2) {
        out.function = balancing::HashFunction::kMurmurHash2;
      }
      ParseRingSizes(ring, out, faults);
    } else {
      faults.AddIgnored("ring_hash_lb_config", "lb_policy is another");
    }
  }
  if (proto.has_maglev_lb_config()) {
    if (is_maglev) {
      Faults::Scope scope(faults, "maglev_lb_config");
      ParseTableSize(proto.maglev_lb_config(), out, faults);
    } else {
      faults.AddIgnored("maglev_lb_config", "lb_policy is another");
    }
  }
  if (!proto.common_lb_config().has_consistent_hashing_lb_config()) return out;
  if (is_ring || is_maglev) {
    Faults::Scope scope(faults, "common_lb_config.consistent_hashing_lb_config");
    ParseConsistent(proto.common_lb_config().consistent_hashing_lb_config(), out, faults);
  } else {
    faults.AddIgnored("common_lb_config.consistent_hashing_lb_config",
                      "lb_policy is neither RING_HASH nor MAGLEV");
  }
  return out;
}

bool IsMaglevSize(uint64_t size) {
  if (size < 2 || size > kMostMaglevPlaces) return false;
  for (uint64_t factor = 2; factor * factor <= size; ++factor) {
    if (size % factor == 0) return false;
  }
  return true;
}

uint8_t ParseOverrideHealth(const cluster::Cluster& proto) {
  if (!proto.common_lb_config().has_override_host_status()) {
    return balancing::BalancerConfig().override_health;
  }
  uint8_t bits = 0;
  for (const int status : proto.common_lb_config().override_host_status().statuses()) {
    bits |= BitOf(status);
  }
  return bits;
}

}  // namespace weir::clusters
