// A clock that a test turns by hand. Starts at 1 s monotonic and 2026-01-01T00:00:00Z, so that
// neither zero nor the wall time can pass for the other. It can be told to move on by itself
// whenever it is looked at, for work that goes on as long as it has time. Thread-safe.
//
//   test::ManualClock clock;
//   event::Loop loop("test", base::kMainThread, clock);
//   clock.Advance(absl::Milliseconds(250));  loop.RunReady();
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "source/base/clock.h"

namespace weir::test {

class ManualClock final : public base::Clock {
 public:
  int64_t MonotonicNs() const override { return monotonic_ns_ += step_ns_; }
  int64_t WallUs() const override { return wall_us_.load(); }

  // Both times move.
  void Advance(absl::Duration duration) {
    monotonic_ns_ += absl::ToInt64Nanoseconds(duration);
    wall_us_ += absl::ToInt64Microseconds(duration);
  }
  void AdvanceMs(int64_t duration_ms) { Advance(absl::Milliseconds(duration_ms)); }
  // From now on each look at the monotonic time moves it.
  void StepWhenRead(absl::Duration step) { step_ns_ = absl::ToInt64Nanoseconds(step); }
  // As when an operator or NTP sets the time: monotonic time does not notice.
  void SetWall(absl::Time time) { wall_us_ = absl::ToUnixMicros(time); }

 private:
  mutable std::atomic<int64_t> monotonic_ns_{1'000'000'000};
  std::atomic<int64_t> step_ns_{0};
  std::atomic<int64_t> wall_us_{1'767'225'600'000'000};
};

}  // namespace weir::test
