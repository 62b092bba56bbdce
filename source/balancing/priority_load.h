// How traffic is shared between priorities when not all hosts are well. A pure function.
//
// A priority keeps its traffic while healthy × overprovisioning ≥ 100 %; what it cannot bear
// spills to the next one, degraded hosts come after all healthy ones. Where so few are well that
// they would be overrun, a priority panics: it uses all its hosts.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace weir::balancing {

struct PriorityHealth {
  // Hosts, or their weights.
  uint64_t healthy = 0;
  uint64_t degraded = 0;
  uint64_t total = 0;
};

enum class HostKind : uint8_t { kHealthy, kDegraded, kAll };

struct PriorityShare {
  uint32_t priority = 0;
  HostKind kind = HostKind::kHealthy;  // kAll: the priority panics
  uint32_t percent = 0;                // > 0; the shares sum up to 100

  friend bool operator==(const PriorityShare&, const PriorityShare&) = default;
};

// Empty when no host may be used. `panic_percent` 0: never panic.
std::vector<PriorityShare> ShareTraffic(absl::Span<const PriorityHealth> priorities,
                                        uint32_t overprovisioning_percent, double panic_percent);

}  // namespace weir::balancing
