#include "source/event/timer.h"

#include "source/event/timer_queue.h"

namespace weir::event {

Timer::~Timer() { Cancel(); }

void Timer::Arm(int64_t duration_ms) {
  loop_.timers().Arm(*this, loop_.ArmingTimeNs(), duration_ms);
}

void Timer::Arm(absl::Duration duration) {
  Arm(absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1))));
}

void Timer::Cancel() {
  if (is_armed()) loop_.timers().Cancel(*this);
}

}  // namespace weir::event
