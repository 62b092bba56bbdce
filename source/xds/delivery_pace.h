// How much of a big update goes to its sink at once: so many resources, and for so long a turn. The
// main loop has other things to do (health, DNS, other subscriptions) and is never busy for more
// than 20 ms. Loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "source/event/loop.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"

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

// How far the delivery of an intake to its sink has come.
class DeliveryProgress {
 public:
  // `is_first_set`: that a complete set is empty is news the first time.
  bool HasNews(const Intake& intake, bool is_first_set) const {
    if (next_ < intake.changed.size()) return true;
    return !has_begun_ && (!intake.removed.empty() || is_first_set);
  }
  // The next update; removals are in the first.
  Update Next(const Intake& intake) {
    first_ = next_;
    const auto slice = absl::MakeConstSpan(intake.changed).subspan(first_, kResourcesPerUpdate);
    next_ += slice.size();
    Update update{slice, {}, next_ == intake.changed.size()};
    if (!std::exchange(has_begun_, true)) update.removed = intake.removed;
    return update;
  }
  // Of Intake::changed: where the last update began, and what was not in any yet.
  size_t first() const { return first_; }
  size_t next() const { return next_; }

 private:
  size_t first_ = 0;
  size_t next_ = 0;
  bool has_begun_ = false;
};

}  // namespace weir::xds
