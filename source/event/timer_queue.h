// All armed timers of one loop. Timers of one duration expire in the order they were armed, so
// each duration in use has a FIFO list and arming is an append. Beyond kMaxLists durations at one
// time the rest wait in an ordered set, at O(log n). Makes no system call: the loop asks for
// earliest_ms() before it waits. Loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "source/base/intrusive_list.h"
#include "source/event/timer.h"

namespace weir::event {

class TimerQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  // Longer durations are cut to this, about 100 years.
  static constexpr int64_t kMaxDurationMs = int64_t{100} * 365 * 24 * 3600 * 1000;
  static constexpr size_t kMaxLists = 64;

  TimerQueue();
  ~TimerQueue();

  void Arm(Timer& timer, int64_t now_ns, int64_t duration_ms);
  void Cancel(Timer& timer);
  // No armed timer is due before this; it can be too early by cancelled ones, until RunDue sees it.
  int64_t earliest_ms() const { return earliest_ms_; }
  // Fires what is due in order of deadline. A timer armed meanwhile waits for the next call.
  void RunDue(int64_t now_ns);

 private:
  struct List {
    int64_t duration_ms = 0;
    base::IntrusiveList<Timer> timers;
  };

  // The list of this duration, made or taken over from an unused one; null when there is no room.
  List* FindList(int64_t duration_ms);
  void CollectDue(int64_t now_ms);
  // The list (null: the overflow set) whose first timer is due next; false when none is.
  bool FindNext(List*& list, int64_t& deadline_ms);

  int64_t earliest_ms_ = kNever;
  size_t list_count_ = 0;
  const std::unique_ptr<List[]> lists_;  // of kMaxLists: timers remember their address
  absl::flat_hash_map<int64_t, List*> by_duration_;
  absl::btree_set<std::pair<int64_t, Timer*>> overflow_;
  base::IntrusiveList<Timer> due_;
};

}  // namespace weir::event
