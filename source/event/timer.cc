#include "source/event/timer.h"

#include <utility>

#include "source/event/timer_queue.h"

namespace weir::event {

Timer::Timer(Loop& loop, absl::AnyInvocable<void()> on_timer)
    : loop_(loop), on_timer_(std::move(on_timer)) {}

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
