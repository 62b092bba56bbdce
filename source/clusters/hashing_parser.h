// The fields of envoy.config.cluster.v3.Cluster about hashing, and about hosts that are asked for
// by address → HashingConfig and the rest. Main thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "source/balancing/balancer_config.h"
#include "source/base/strings.h"
#include "source/config/faults.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

// ring_hash_lb_config, maglev_lb_config and common_lb_config.consistent_hashing_lb_config, as far
// as `policy` heeds them; where it does not they are listed as ignored.
balancing::HashingConfig ParseHashing(const envoy::config::cluster::v3::Cluster& proto,
                                      balancing::BalancerPolicy policy, config::Faults& faults);

constexpr uint64_t kMostRingPoints = 8'388'608;
constexpr uint64_t kMostMaglevPlaces = 5'000'011;

// A prime number, as Maglev needs it, that is not above Envoy's limit.
bool IsMaglevSize(uint64_t size);

// Whatever has minimum_ring_size and maximum_ring_size.
template <class Proto>
void ParseRingSizes(const Proto& proto, balancing::HashingConfig& out, config::Faults& faults) {
  const auto parse = [&](const auto& size, std::string_view field) {
    if (size.value() > kMostRingPoints) {
      faults.Add(field, base::StrCat(size.value(), " is greater than ", kMostRingPoints));
    }
    return static_cast<uint32_t>(std::min<uint64_t>(size.value(), kMostRingPoints));
  };
  if (proto.has_minimum_ring_size()) {
    out.min_ring_size = parse(proto.minimum_ring_size(), "minimum_ring_size");
  }
  if (proto.has_maximum_ring_size()) {
    out.max_ring_size = parse(proto.maximum_ring_size(), "maximum_ring_size");
    if (out.max_ring_size == 0) faults.Add("maximum_ring_size", "must be at least 1");
  }
  if (out.min_ring_size > out.max_ring_size) {
    faults.Add("minimum_ring_size", base::StrCat(out.min_ring_size, " is greater than ",
                                                 "maximum_ring_size, ", out.max_ring_size));
  }
}

// Whatever has table_size, of Maglev.
template <class Proto>
void ParseTableSize(const Proto& proto, balancing::HashingConfig& out, config::Faults& faults) {
  if (!proto.has_table_size()) return;
  const uint64_t size = proto.table_size().value();
  if (IsMaglevSize(size)) {
    out.table_size = static_cast<uint32_t>(size);
  } else {
    faults.Add("table_size",
               base::StrCat(size, " is no prime number from 2 to ", kMostMaglevPlaces));
  }
}

// Any ConsistentHashingLbConfig.
template <class Proto>
void ParseConsistent(const Proto& proto, balancing::HashingConfig& out, config::Faults& faults) {
  out.by_hostname = proto.use_hostname_for_hashing();
  if (!proto.has_hash_balance_factor()) return;
  out.balance_percent = proto.hash_balance_factor().value();
  if (out.balance_percent < 100) faults.Add("hash_balance_factor", "must be at least 100");
}

// common_lb_config.override_host_status → bits of OverrideHealth.
uint8_t ParseOverrideHealth(const envoy::config::cluster::v3::Cluster& proto);

}  // namespace weir::clusters
