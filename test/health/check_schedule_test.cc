#include "source/health/check_schedule.h"

#include <gtest/gtest.h>

namespace weir::health {
namespace {

using Change = CheckSchedule::Change;
using Verdict = CheckSchedule::Verdict;

HealthCheckConfig Config() {
  HealthCheckConfig config;
  config.healthy_threshold = 2;
  config.unhealthy_threshold = 3;
  config.interval_ms = 1000;
  config.unhealthy_interval_ms = 200;
  config.unhealthy_edge_interval_ms = 300;
  config.healthy_edge_interval_ms = 400;
  config.no_traffic_interval_ms = 50'000;
  config.no_traffic_healthy_interval_ms = 70'000;
  return config;
}

class CheckScheduleTest : public testing::Test {
 protected:
  Change Note(Verdict verdict) { return schedule_.Note(config_, verdict); }
  int64_t NextMs(bool is_used = true) { return schedule_.NextDelayMs(config_, is_used, random_); }
  void BecomeHealthy() { ASSERT_EQ(Note(Verdict::kSuccess), Change::kBecameHealthy); }

  HealthCheckConfig config_ = Config();
  CheckSchedule schedule_{false, true};
  base::Random random_{7};
};

TEST_F(CheckScheduleTest, TheFirstSuccessSuffices) {
  EXPECT_TRUE(schedule_.is_pending());
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kBecameHealthy);
  EXPECT_TRUE(schedule_.is_healthy());
  EXPECT_FALSE(schedule_.is_pending());
}

// N09: the first failure of all needs no threshold either.
TEST_F(CheckScheduleTest, TheFirstFailureSuffices) {
  EXPECT_EQ(Note(Verdict::kFailure), Change::kBecameUnhealthy);
  EXPECT_FALSE(schedule_.is_pending());
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kNone) << "from now on the threshold counts";
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kBecameHealthy);
}

TEST_F(CheckScheduleTest, FailuresInARowMakeUnhealthy) {
  BecomeHealthy();
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kNone);
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  EXPECT_TRUE(schedule_.is_healthy());
  EXPECT_EQ(Note(Verdict::kFailure), Change::kBecameUnhealthy);
}

// N08: a host that flaps on each check stays what it is.
TEST_F(CheckScheduleTest, FlappingChangesNothing) {
  BecomeHealthy();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Note(i % 2 == 0 ? Verdict::kFailure : Verdict::kSuccess), Change::kNone);
  }
  EXPECT_TRUE(schedule_.is_healthy());
  EXPECT_EQ(Note(Verdict::kFailureAtOnce), Change::kBecameUnhealthy);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Note(i % 2 == 0 ? Verdict::kSuccess : Verdict::kFailure), Change::kNone);
  }
  EXPECT_FALSE(schedule_.is_healthy());
}

TEST_F(CheckScheduleTest, AnUnexpectedStatusSufficesAtOnce) {
  BecomeHealthy();
  EXPECT_EQ(Note(Verdict::kFailureAtOnce), Change::kBecameUnhealthy);
}

TEST_F(CheckScheduleTest, TrafficCanTell) {
  BecomeHealthy();
  schedule_.NoteUnhealthy();
  EXPECT_FALSE(schedule_.is_healthy());
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kNone);
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kBecameHealthy);
}

TEST_F(CheckScheduleTest, ACarriedHostKeepsItsHealth) {
  schedule_ = CheckSchedule(true, false);
  EXPECT_EQ(Note(Verdict::kFailure), Change::kNone);
  schedule_ = CheckSchedule(false, false);
  EXPECT_EQ(Note(Verdict::kSuccess), Change::kNone);
}

TEST_F(CheckScheduleTest, IntervalsGoByHealthAndEdges) {
  BecomeHealthy();
  EXPECT_EQ(NextMs(), 400);
  Note(Verdict::kSuccess);
  EXPECT_EQ(NextMs(), 1000);
  Note(Verdict::kFailureAtOnce);
  EXPECT_EQ(NextMs(), 300);
  Note(Verdict::kFailure);
  EXPECT_EQ(NextMs(), 200);
}

TEST_F(CheckScheduleTest, WithoutTrafficIntervalsAreTheirOwn) {
  EXPECT_EQ(NextMs(false), 50'000);
  BecomeHealthy();
  EXPECT_EQ(NextMs(false), 70'000);
}

TEST_F(CheckScheduleTest, JitterOnlyAdds) {
  BecomeHealthy();
  Note(Verdict::kSuccess);
  config_.interval_jitter_ms = 100;
  config_.interval_jitter_percent = 50;
  int64_t least = INT64_MAX, most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const int64_t next_ms = NextMs();
    least = std::min(least, next_ms);
    most = std::max(most, next_ms);
  }
  EXPECT_GE(least, 1000);
  EXPECT_LE(least, 1030);
  EXPECT_LE(most, 1000 + 99 + 499);
  EXPECT_GE(most, 1550);
}

TEST_F(CheckScheduleTest, OnlyInitialJitterDelaysTheFirst) {
  config_.interval_jitter_ms = 1'000'000;
  EXPECT_EQ(CheckSchedule::FirstDelayMs(config_, random_), 0);
  config_.initial_jitter_ms = 50;
  int64_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    most = std::max(most, CheckSchedule::FirstDelayMs(config_, random_));
  }
  EXPECT_GT(most, 40);
  EXPECT_LT(most, 50);
}

TEST_F(CheckScheduleTest, ExtremesStayInBounds) {
  BecomeHealthy();
  Note(Verdict::kSuccess);
  config_.interval_ms = 315'576'000'000;
  config_.interval_jitter_percent = UINT32_MAX;
  EXPECT_GE(NextMs(), config_.interval_ms);
  config_.interval_ms = 0;
  config_.interval_jitter_percent = 0;
  EXPECT_EQ(NextMs(), 1) << "never a loop without a pause";
}

}  // namespace
}  // namespace weir::health
