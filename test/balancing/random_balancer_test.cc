#include "source/balancing/random_balancer.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

std::vector<int> Count(const HostSet& set, int draws) {
  const RandomBalancer balancer;
  base::Random random(99);
  std::vector<int> counts(set.hosts().size());
  for (int i = 0; i < draws; ++i) ++counts[balancer.Pick(GroupOf(set), {}, random)];
  return counts;
}

TEST(RandomBalancer, EqualsAreEquallyLikely) {
  for (int count : Count(*SetOfWeights({1, 1, 1, 1}), 40'000)) EXPECT_NEAR(count, 10'000, 400);
}

TEST(RandomBalancer, FollowsWeights) {
  const auto counts = Count(*SetOfWeights({1, 9}), 50'000);
  EXPECT_NEAR(counts[0], 5'000, 300);
  EXPECT_NEAR(counts[1], 45'000, 300);
}

}  // namespace
}  // namespace weir::balancing
