#include "source/balancing/priority_load.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace weir::balancing {
namespace {

// Percent of all traffic by priority, whatever the kind.
std::vector<uint32_t> Loads(const std::vector<PriorityHealth>& priorities, double panic = 50) {
  std::vector<uint32_t> loads(priorities.size());
  for (const PriorityShare& share : ShareTraffic(priorities, 140, panic)) {
    loads[share.priority] += share.percent;
  }
  return loads;
}

// Priorities of 100 hosts, so many of them healthy.
std::vector<PriorityHealth> Healthy(const std::vector<uint32_t>& counts) {
  std::vector<PriorityHealth> priorities;
  for (uint32_t count : counts) priorities.push_back({count, 0, 100});
  return priorities;
}

using Percents = std::vector<uint32_t>;

// N19
TEST(ShareTraffic, SpillsWhatAPriorityCannotBear) {
  EXPECT_EQ(Loads(Healthy({100, 100})), (Percents{100, 0}));
  EXPECT_EQ(Loads(Healthy({72, 100})), (Percents{100, 0}));
  EXPECT_EQ(Loads(Healthy({71, 100})), (Percents{99, 1}));
  EXPECT_EQ(Loads(Healthy({50, 100})), (Percents{70, 30}));
  EXPECT_EQ(Loads(Healthy({50, 50})), (Percents{70, 30}));
  EXPECT_EQ(Loads(Healthy({25, 100})), (Percents{35, 65}));
  EXPECT_EQ(Loads(Healthy({25, 25})), (Percents{50, 50}));
  EXPECT_EQ(Loads(Healthy({25, 25, 100})), (Percents{35, 35, 30}));
  EXPECT_EQ(Loads(Healthy({25, 25, 20}), 0), (Percents{37, 35, 28}));
}

TEST(ShareTraffic, NextPriorityTakesAllWhenTheFirstIsDown) {
  EXPECT_EQ(ShareTraffic(Healthy({0, 100}), 140, 50),
            (std::vector<PriorityShare>{{1, HostKind::kHealthy, 100}}));
}

TEST(ShareTraffic, DegradedHostsComeAfterHealthyOnesOfAllPriorities) {
  const std::vector<PriorityHealth> priorities = {{40, 60, 100}, {20, 0, 100}};
  EXPECT_EQ(
      ShareTraffic(priorities, 140, 50),
      (std::vector<PriorityShare>{
          {0, HostKind::kHealthy, 56}, {0, HostKind::kDegraded, 16}, {1, HostKind::kHealthy, 28}}));
}

TEST(ShareTraffic, PanicsBelowTheThreshold) {
  // Capacity of 28 + 28 < 100, and 20 % < 50 %: both use everybody.
  EXPECT_EQ(ShareTraffic(Healthy({20, 20}), 140, 50),
            (std::vector<PriorityShare>{{0, HostKind::kAll, 50}, {1, HostKind::kAll, 50}}));
  EXPECT_EQ(ShareTraffic(Healthy({50}), 140, 50),
            (std::vector<PriorityShare>{{0, HostKind::kHealthy, 100}}));
  EXPECT_EQ(ShareTraffic(Healthy({49}), 140, 50),
            (std::vector<PriorityShare>{{0, HostKind::kAll, 100}}));
}

TEST(ShareTraffic, DoesNotPanicWhileAnotherPriorityHasRoom) {
  EXPECT_EQ(ShareTraffic(Healthy({10, 100}), 140, 50),
            (std::vector<PriorityShare>{{0, HostKind::kHealthy, 14}, {1, HostKind::kHealthy, 86}}));
}

TEST(ShareTraffic, AllDownMeansByHostCountUnlessPanicIsOff) {
  const std::vector<PriorityHealth> priorities = {{0, 0, 1}, {0, 0, 2}};
  EXPECT_EQ(ShareTraffic(priorities, 140, 50),
            (std::vector<PriorityShare>{{0, HostKind::kAll, 34}, {1, HostKind::kAll, 66}}));
  EXPECT_TRUE(ShareTraffic(priorities, 140, 0).empty());
}

TEST(ShareTraffic, NoHostsNoShares) {
  EXPECT_TRUE(ShareTraffic({}, 140, 50).empty());
  EXPECT_TRUE(ShareTraffic(Healthy({}), 140, 0).empty());
  EXPECT_TRUE(ShareTraffic(std::vector<PriorityHealth>{{0, 0, 0}}, 140, 50).empty());
}

// N19
TEST(ShareTraffic, SharesAlwaysSumUpTo100) {
  EXPECT_TRUE(rc::check("sum", [] {
    std::vector<PriorityHealth> priorities;
    uint32_t usable = 0;
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      PriorityHealth health;
      health.healthy = *rc::gen::inRange(0, 10);
      health.degraded = *rc::gen::inRange(0, 10);
      health.total = health.healthy + health.degraded + *rc::gen::inRange(0, 30);
      usable += health.healthy + health.degraded;
      priorities.push_back(health);
    }
    const double panic = *rc::gen::element(0.0, 50.0, 100.0);
    const auto shares = ShareTraffic(priorities, *rc::gen::inRange(100, 200), panic);
    uint32_t sum = 0;
    for (const PriorityShare& share : shares) {
      RC_ASSERT(share.percent > 0U);
      sum += share.percent;
    }
    RC_ASSERT(shares.empty() || sum == 100U);
    if (usable > 0) RC_ASSERT(!shares.empty());
  }));
}

}  // namespace
}  // namespace weir::balancing
