// What a cluster's definition says about balancing, as plain data. Immutable.
#pragma once

#include <cstdint>

namespace weir::balancing {

enum class BalancerPolicy : uint8_t { kRoundRobin, kLeastRequest, kRandom };

struct BalancerConfig {
  BalancerPolicy policy = BalancerPolicy::kRoundRobin;
  uint32_t choice_count = 2;          // hosts that least request draws
  double healthy_panic_percent = 50;  // with fewer healthy, all hosts are used; 0: never

  friend bool operator==(const BalancerConfig&, const BalancerConfig&) = default;
};

}  // namespace weir::balancing
