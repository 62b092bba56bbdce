#include "source/balancing/host_set.h"

#include <gtest/gtest.h>

#include <map>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

std::map<uint32_t, int> CountPriorities(const HostSet& set, int draws) {
  base::Random random(42);
  std::map<uint32_t, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[set.Choose(std::nullopt, random)->priority()];
  return counts;
}

TEST(HostSet, EmptyHasNoGroup) {
  base::Random random(1);
  EXPECT_EQ(HostSet().Choose(std::nullopt, random), nullptr);
  EXPECT_EQ(HostSet().priority_count(), 0U);
  const auto none_usable = BuildSet({MakeEndpoint(1, 1, 0, EdsHealth::kUnhealthy)}, nullptr, 0);
  EXPECT_EQ(none_usable->Choose(std::nullopt, random), nullptr);
  EXPECT_EQ(none_usable->hosts().size(), 1U);
}

TEST(HostSet, FailsOverWhenTheFirstPriorityIsDown) {
  const auto set = BuildSet({MakeEndpoint(1, 1, 0, EdsHealth::kUnhealthy), MakeEndpoint(2, 1, 1)});
  EXPECT_EQ(CountPriorities(*set, 100), (std::map<uint32_t, int>{{1, 100}}));
}

TEST(HostSet, SharesTrafficBetweenPriorities) {
  // Half of priority 0 is well: it bears 70 %.
  const auto set = BuildSet({MakeEndpoint(1), MakeEndpoint(2, 1, 0, EdsHealth::kUnhealthy),
                             MakeEndpoint(3, 1, 1), MakeEndpoint(4, 1, 1)});
  const auto counts = CountPriorities(*set, 10'000);
  EXPECT_NEAR(counts.at(0), 7'000, 200);
  EXPECT_NEAR(counts.at(1), 3'000, 200);
}

TEST(HostSet, PanicUsesEverybody) {
  const auto set = BuildSet({MakeEndpoint(1), MakeEndpoint(2, 1, 0, EdsHealth::kUnhealthy),
                             MakeEndpoint(3, 1, 0, EdsHealth::kUnhealthy)});
  EXPECT_TRUE(GroupOf(*set).is_panicking());
  EXPECT_EQ(GroupOf(*set).size(), 3U);
}

TEST(HostSet, DegradedHostsFormAGroupOfTheirOwn) {
  const auto set = BuildSet({MakeEndpoint(1), MakeEndpoint(2, 1, 0, EdsHealth::kDegraded),
                             MakeEndpoint(3, 1, 0, EdsHealth::kDegraded)});
  EXPECT_EQ(set->healthy_count(), 1U);
  EXPECT_EQ(set->degraded_count(), 2U);
  base::Random random(3);
  std::map<uint32_t, int> sizes;
  for (int i = 0; i < 10'000; ++i) ++sizes[set->Choose(std::nullopt, random)->size()];
  EXPECT_NEAR(sizes[1], 4'700, 200);  // 140 × 1/3, and the percent that rounding leaves
  EXPECT_NEAR(sizes[2], 5'300, 200);
}

}  // namespace
}  // namespace weir::balancing
