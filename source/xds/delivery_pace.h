// How much of a big update goes to its sink at once: so many resources, and for so long a turn
// (event/turn_budget.h); and how far it has come. Loop's thread only.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"

namespace weir::xds {

inline constexpr size_t kResourcesPerUpdate = 64;

// How far the delivery of an intake to its sink has come. The sink may need several turns for one
// update: then there is no next one before Continue() says so.
class DeliveryProgress {
 public:
  // The sink is not done with the last update.
  bool is_unfinished() const { return is_unfinished_; }
  // What the sink refuses of the update is known once it is done with it: none until then.
  std::optional<std::vector<Refusal>> Deliver(const Update& update, ResourceSink& sink) {
    refusals_ = sink.OnUpdate(update);
    return TakeIfDone(sink);
  }
  std::optional<std::vector<Refusal>> Continue(ResourceSink& sink) {
    std::vector<Refusal> more = sink.Continue();
    std::move(more.begin(), more.end(), std::back_inserter(refusals_));
    return TakeIfDone(sink);
  }
  // `is_first_set`: that a complete set is empty is news the first time.
  bool HasNews(const Intake& intake, bool is_first_set) const {
    if (is_unfinished_ || next_ < intake.changed.size()) return true;
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
  std::optional<std::vector<Refusal>> TakeIfDone(const ResourceSink& sink) {
    is_unfinished_ = !sink.IsDone();
    if (is_unfinished_) return std::nullopt;
    return std::exchange(refusals_, {});
  }

  size_t first_ = 0;
  size_t next_ = 0;
  bool has_begun_ = false;
  bool is_unfinished_ = false;
  std::vector<Refusal> refusals_;  // of the update that is unfinished
};

}  // namespace weir::xds
