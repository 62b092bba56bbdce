// The share of one turn that a long piece of work may take before it leaves the rest to the next:
// the main loop has other things to do (health, DNS, other updates) and is never busy for more than
// 20 ms. The loop's thread.
//
//   const event::TurnBudget budget(loop);
//   while (build.Step()) {
//     if (budget.is_spent()) return loop.Post(…go on…);
//   }
#pragma once

#include <cstdint>

#include "source/event/loop.h"

namespace weir::event {

class TurnBudget {
 public:
  explicit TurnBudget(const Loop& loop)
      : clock_(loop.clock()), deadline_ns_(clock_.MonotonicNs() + kTurnNs) {}
  bool is_spent() const { return clock_.MonotonicNs() >= deadline_ns_; }

 private:
  static constexpr int64_t kTurnNs = 5'000'000;

  base::Clock& clock_;
  const int64_t deadline_ns_;
};

}  // namespace weir::event
