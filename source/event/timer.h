// A timer of a loop. Arming and cancelling are O(1): timers of equal duration wait in one FIFO
// list, so that the idle timeout of every connection costs a few pointer writes to push back.
// Resolution is one millisecond; a timer never fires early. It may be armed again or destroyed in
// its own callback. What it calls is small, a pointer or two: connections have several timers each,
// most of which never fire. Loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "absl/time/time.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"

namespace weir::event {

class Timer : public base::ListNode<Timer> {
 public:
  // `on_timer`: a lambda that captures no more than `this` and one thing more.
  template <class OnTimer>
  Timer(Loop& loop, OnTimer on_timer) : loop_(loop), call_(Call<OnTimer>) {
    static_assert(sizeof(OnTimer) <= sizeof(on_timer_) && std::is_trivially_copyable_v<OnTimer> &&
                  std::is_trivially_destructible_v<OnTimer>);
    new (on_timer_) OnTimer(on_timer);
  }
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

  template <class OnTimer>
  static void Call(void* on_timer) {
    // A copy: the timer may be destroyed meanwhile.
    OnTimer callable = *std::launder(static_cast<OnTimer*>(on_timer));
    callable();
  }
  void Fire() { call_(on_timer_); }

  Loop& loop_;
  void (*const call_)(void*);
  alignas(void*) std::byte on_timer_[2 * sizeof(void*)];
  int64_t deadline_ms_ = 0;
  void* list_ = nullptr;  // the queue's list that held it last: the likely one for the next arming
  bool is_in_overflow_ = false;
};

}  // namespace weir::event
