// A timer of a loop. Arming and cancelling are O(1): timers of equal duration wait in one FIFO
// list, so that the idle timeout of every connection costs two pointer writes to push back.
// Resolution is one millisecond; a timer never fires early. Loop's thread only.
#pragma once

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"

namespace weir::event {

class Timer : public base::ListNode<Timer> {
 public:
  Timer(Loop& loop, absl::AnyInvocable<void()> on_timer);
  ~Timer();

  // Fires once after `duration_ms` from the turn's time; replaces an earlier arming.
  void Arm(int64_t duration_ms);
  void Arm(absl::Duration duration) { Arm(absl::ToInt64Milliseconds(duration)); }
  void Cancel();
  bool is_armed() const;

 private:
  friend class TimerQueue;

  Loop& loop_;
  absl::AnyInvocable<void()> on_timer_;
  int64_t deadline_ms_ = 0;
  void* list_ = nullptr;  // the queue's list of this duration
};

}  // namespace weir::event
