// A timer of a loop. Arming and cancelling are O(1): timers of equal duration wait in one FIFO
// list, so that the idle timeout of every connection costs a few pointer writes to push back.
// Resolution is one millisecond; a timer never fires early. It may be armed again or destroyed in
// its own callback. Loop's thread only.
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

  // Fires once after `duration_ms` from the turn's time (between turns: from now); replaces an
  // earlier arming. Zero and less mean the next turn.
  void Arm(int64_t duration_ms);
  // Rounds up to milliseconds.
  void Arm(absl::Duration duration);
  void Cancel();
  bool is_armed() const { return is_linked() || is_in_overflow_; }

 private:
  friend class TimerQueue;

  Loop& loop_;
  absl::AnyInvocable<void()> on_timer_;
  int64_t deadline_ms_ = 0;
  void* list_ = nullptr;  // the queue's list that held it last: the likely one for the next arming
  bool is_in_overflow_ = false;
};

}  // namespace weir::event
