#include "source/base/clock.h"

#include <gtest/gtest.h>

#include <chrono>

#include "test/support/manual_clock.h"

namespace weir::base {
namespace {

TEST(ClockTest, MonotonicTimeIsTheKernels) {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const int64_t now_ns = Clock::System().MonotonicNs();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(std::chrono::nanoseconds(before).count(), now_ns);
  EXPECT_GE(std::chrono::nanoseconds(after).count(), now_ns);
}

TEST(ClockTest, WallTimeIsTheKernels) {
  using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::system_clock;
  const auto before = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  const int64_t now_us = Clock::System().WallUs();
  const auto after = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  EXPECT_LE(before, now_us);
  EXPECT_GE(after, now_us);
}

TEST(ManualClockTest, MovesWhenToldTo) {
  test::ManualClock clock;
  const int64_t start_ns = clock.MonotonicNs();
  const int64_t start_us = clock.WallUs();
  EXPECT_EQ(absl::FromUnixMicros(start_us),
            absl::FromCivil(absl::CivilDay(2026), absl::UTCTimeZone()));
  clock.AdvanceMs(3);
  EXPECT_EQ(clock.MonotonicNs() - start_ns, 3'000'000);
  EXPECT_EQ(clock.WallUs() - start_us, 3'000);
  clock.SetWall(absl::UnixEpoch());
  EXPECT_EQ(clock.WallUs(), 0);
  EXPECT_EQ(clock.MonotonicNs() - start_ns, 3'000'000);
}

}  // namespace
}  // namespace weir::base
