#include "source/balancing/slow_start.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

double FactorAt(double aggression, int64_t since_ms) {
  return SlowStart::Factor({1'000, aggression, 10}, since_ms);
}

// The vectors of the reference page.
TEST(SlowStart, FollowsTheCurve) {
  const struct {
    double aggression;
    double expected[5];
  } curves[] = {
      {1, {.1, .1, .25, .5, .75}}, {2, {.1, .316, .5, .707, .866}}, {.5, {.1, .1, .1, .25, .5625}}};
  for (const auto& curve : curves) {
    const int64_t times[] = {0, 100, 250, 500, 750};
    for (int i = 0; i < 5; ++i) {
      EXPECT_NEAR(FactorAt(curve.aggression, times[i]), curve.expected[i], 0.001)
          << curve.aggression << " at " << times[i];
    }
  }
  EXPECT_EQ(FactorAt(1, 1'000), 1);
  EXPECT_EQ(FactorAt(1, 5'000), 1);
}

TEST(SlowStart, EndsWithTheWindowOrTheHost) {
  SlowStart slow_start({1'000, 1, 10});
  const auto set = SetOfWeights({1, 1});
  slow_start.Begin(set->hosts()[0], 0);
  {
    const auto other = SetOfWeights({1});
    slow_start.Begin(other->hosts()[0], 900);
  }
  EXPECT_TRUE(slow_start.Advance(500));
  EXPECT_DOUBLE_EQ(slow_start.FactorOf(*set->hosts()[0]), 0.5);
  EXPECT_EQ(slow_start.FactorOf(*set->hosts()[1]), 1);
  EXPECT_EQ(set->hosts()[0]->activity().slow_start_percent.load(), 50);
  EXPECT_FALSE(slow_start.Advance(1'000));
  EXPECT_EQ(set->hosts()[0]->activity().slow_start_percent.load(), 100);
}

TEST(SlowStart, BeginsWithRecovery) {
  SlowStart slow_start({1'000, 1, 10});
  const auto set = SetOfWeights({1, 1});
  slow_start.BeginForRecovered(set->hosts(), 0);
  EXPECT_FALSE(slow_start.is_ramping());
  set->hosts()[1]->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  slow_start.BeginForRecovered(set->hosts(), 10);
  EXPECT_FALSE(slow_start.is_ramping());
  set->hosts()[1]->SetHealthFlag(HealthFlag::kFailedActiveCheck, false);
  slow_start.BeginForRecovered(set->hosts(), 20);
  slow_start.Advance(270);
  EXPECT_EQ(slow_start.FactorOf(*set->hosts()[0]), 1);
  EXPECT_DOUBLE_EQ(slow_start.FactorOf(*set->hosts()[1]), 0.25);
}

// As when a cluster's first checks come back.
TEST(SlowStart, NobodyBeginsWhereNobodyServed) {
  SlowStart slow_start({1'000, 1, 10});
  const auto set = SetOfWeights({1, 1});
  for (const HostPtr& host : set->hosts()) {
    host->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  }
  slow_start.BeginForRecovered(set->hosts(), 0);
  set->hosts()[0]->SetHealthFlag(HealthFlag::kFailedActiveCheck, false);
  slow_start.BeginForRecovered(set->hosts(), 10);
  EXPECT_FALSE(slow_start.is_ramping());
  set->hosts()[1]->SetHealthFlag(HealthFlag::kFailedActiveCheck, false);
  slow_start.BeginForRecovered(set->hosts(), 20);
  slow_start.Advance(30);
  EXPECT_EQ(slow_start.FactorOf(*set->hosts()[0]), 1);
  EXPECT_DOUBLE_EQ(slow_start.FactorOf(*set->hosts()[1]), 0.1);
}

}  // namespace
}  // namespace weir::balancing
