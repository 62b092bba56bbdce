#include "source/clusters/hashing_parser.h"

#include <algorithm>
#include <string_view>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/strings.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;
using balancing::BalancerPolicy;
using balancing::HashingConfig;
using config::Faults;

constexpr uint64_t kMostPoints = 8'388'608;
constexpr uint64_t kMostPlaces = 5'000'011;

uint32_t ParseRingSize(const google::protobuf::UInt64Value& proto, std::string_view field,
                       Faults& faults) {
  if (proto.value() > kMostPoints) {
    faults.Add(field, base::StrCat(proto.value(), " is greater than ", kMostPoints));
  }
  return static_cast<uint32_t>(std::min(proto.value(), kMostPoints));
}

void ParseRing(const cluster::Cluster::RingHashLbConfig& proto, HashingConfig& out,
               Faults& faults) {
  Faults::Scope scope(faults, "ring_hash_lb_config");
  if (proto.hash_function() == cluster::Cluster::RingHashLbConfig::MURMUR_HASH_2) {
    out.function = balancing::HashFunction::kMurmurHash2;
  }
  if (proto.has_minimum_ring_size()) {
    out.min_ring_size = ParseRingSize(proto.minimum_ring_size(), "minimum_ring_size", faults);
  }
  if (proto.has_maximum_ring_size()) {
    out.max_ring_size = ParseRingSize(proto.maximum_ring_size(), "maximum_ring_size", faults);
    if (out.max_ring_size == 0) faults.Add("maximum_ring_size", "must be at least 1");
  }
  if (out.min_ring_size > out.max_ring_size) {
    faults.Add("minimum_ring_size", base::StrCat(out.min_ring_size, " is greater than ",
                                                 "maximum_ring_size, ", out.max_ring_size));
  }
}

void ParseMaglev(const cluster::Cluster::MaglevLbConfig& proto, HashingConfig& out,
                 Faults& faults) {
  if (!proto.has_table_size()) return;
  const uint64_t size = proto.table_size().value();
  if (IsMaglevSize(size)) {
    out.table_size = static_cast<uint32_t>(size);
  } else {
    faults.Add("maglev_lb_config.table_size",
               base::StrCat(size, " is no prime number from 2 to ", kMostPlaces));
  }
}

void ParseConsistent(const cluster::Cluster::CommonLbConfig::ConsistentHashingLbConfig& proto,
                     HashingConfig& out, Faults& faults) {
  out.by_hostname = proto.use_hostname_for_hashing();
  if (!proto.has_hash_balance_factor()) return;
  out.balance_percent = proto.hash_balance_factor().value();
  if (out.balance_percent < 100) {
    faults.Add("common_lb_config.consistent_hashing_lb_config.hash_balance_factor",
               "must be at least 100");
  }
}

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
  HashingConfig out;
  const bool is_ring = policy == BalancerPolicy::kRingHash;
  const bool is_maglev = policy == BalancerPolicy::kMaglev;
  if (proto.has_ring_hash_lb_config()) {
    if (is_ring) ParseRing(proto.ring_hash_lb_config(), out, faults);
    if (!is_ring) faults.AddIgnored("ring_hash_lb_config", "lb_policy is another");
  }
  if (proto.has_maglev_lb_config()) {
    if (is_maglev) ParseMaglev(proto.maglev_lb_config(), out, faults);
    if (!is_maglev) faults.AddIgnored("maglev_lb_config", "lb_policy is another");
  }
  if (!proto.common_lb_config().has_consistent_hashing_lb_config()) return out;
  if (is_ring || is_maglev) {
    ParseConsistent(proto.common_lb_config().consistent_hashing_lb_config(), out, faults);
  } else {
    faults.AddIgnored("common_lb_config.consistent_hashing_lb_config",
                      "lb_policy is neither RING_HASH nor MAGLEV");
  }
  return out;
}

bool IsMaglevSize(uint64_t size) {
  if (size < 2 || size > kMostPlaces) return false;
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
