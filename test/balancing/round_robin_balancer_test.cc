#include "source/balancing/round_robin_balancer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

// Picks made by several threads at once, counted by host.
std::vector<uint64_t> PickOnThreads(const HostGroup& group, const std::vector<int>& picks) {
  std::vector<std::atomic<uint64_t>> counts(group.size());
  std::vector<std::thread> threads;
  for (int share : picks) {
    threads.emplace_back([&, share] {
      const RoundRobinBalancer balancer;
      base::Random random(1);
      for (int i = 0; i < share; ++i) ++counts[balancer.Pick(group, {}, random)];
    });
  }
  for (std::thread& thread : threads) thread.join();
  return {counts.begin(), counts.end()};
}

TEST(RoundRobinBalancer, IsExactToOneOverTheWholeProxy) {
  EXPECT_TRUE(rc::check("equal", [] {
    const auto set = SetOfWeights(std::vector<uint32_t>(*rc::gen::inRange(1, 40), 1));
    const std::vector<int> shares =
        *rc::gen::container<std::vector<int>>(4, rc::gen::inRange(0, 500));
    const auto counts = PickOnThreads(GroupOf(*set), shares);
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    RC_ASSERT(*most - *least <= 1U);
    const uint64_t total = std::accumulate(shares.begin(), shares.end(), uint64_t{0});
    RC_ASSERT(std::accumulate(counts.begin(), counts.end(), uint64_t{0}) == total);
  }));
}

TEST(RoundRobinBalancer, FollowsWeightsExactlyOverTheWholeProxy) {
  const auto set = SetOfWeights({5, 1, 3, 1});
  const auto counts = PickOnThreads(GroupOf(*set), {2'500, 2'500, 4'000, 1'000});
  EXPECT_EQ(counts, (std::vector<uint64_t>{5'000, 1'000, 3'000, 1'000}));
}

TEST(RoundRobinBalancer, TakesHostsInTurn) {
  const auto set = SetOfWeights({1, 1, 1});
  const RoundRobinBalancer balancer;
  base::Random random(1);
  const uint32_t first = balancer.Pick(GroupOf(*set), {}, random);
  for (uint32_t i = 1; i < 30; ++i) {
    EXPECT_EQ(balancer.Pick(GroupOf(*set), {}, random), (first + i) % 3);
  }
}

}  // namespace
}  // namespace weir::balancing
