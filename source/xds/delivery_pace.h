// How much of a big update goes to its sink at once: so many resources, and for so long a turn. The
// main loop has other things to do (health, DNS, other subscriptions) and is never busy for more
// than 20 ms. Loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "source/event/loop.h"

namespace weir::xds {

inline constexpr size_t kResourcesPerUpdate = 64;

// The share of the turn in which it is made.
class TurnBudget {
 public:
  explicit TurnBudget(const event::Loop& loop)
      : clock_(loop.clock()), deadline_ns_(clock_.MonotonicNs() + kTurnNs) {}
  bool is_spent() const { return clock_.MonotonicNs() >= deadline_ns_; }

 private:
  static constexpr int64_t kTurnNs = 5'000'000;

  base::Clock& clock_;
  const int64_t deadline_ns_;
};

}  // namespace weir::xds
