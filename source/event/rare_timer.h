// A timer that most of its owners never arm: it is made when it is armed first, and costs a pointer
// until then. Loop's thread only. Tested by test/event/timer_test.cc.
#pragma once

#include <cstdint>
#include <memory>

#include "source/event/timer.h"

namespace weir::event {

class RareTimer {
 public:
  // As Timer::Arm. `on_timer` is the first call's for good.
  template <class OnTimer>
  void Arm(Loop& loop, int64_t duration_ms, OnTimer on_timer) {
    if (timer_ == nullptr) timer_ = std::make_unique<Timer>(loop, on_timer);
    timer_->Arm(duration_ms);
  }
  void Cancel() {
    if (timer_ != nullptr) timer_->Cancel();
  }
  bool is_armed() const { return timer_ != nullptr && timer_->is_armed(); }

 private:
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::event
