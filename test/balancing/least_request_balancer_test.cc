#include "source/balancing/least_request_balancer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

void SetLoads(const HostSet& set, const std::vector<uint32_t>& loads) {
  for (size_t i = 0; i < loads.size(); ++i) set.hosts()[i]->active_requests = loads[i];
}

BalancerConfig Drawing(uint32_t choice_count) {
  BalancerConfig config;
  config.choice_count = choice_count;
  return config;
}

TEST(LeastRequestBalancer, OfTwoTheLessBusyAlwaysWins) {
  const auto set = SetOfWeights({1, 1});
  SetLoads(*set, {3, 2});
  const LeastRequestBalancer balancer(Drawing(2));
  base::Random random(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(balancer.Pick(GroupOf(*set), {}, random), 1U);
}

TEST(LeastRequestBalancer, OneHostNeedsNoChoice) {
  const auto set = SetOfWeights({1});
  base::Random random(5);
  EXPECT_EQ(LeastRequestBalancer(Drawing(2)).Pick(GroupOf(*set), {}, random), 0U);
}

TEST(LeastRequestBalancer, NeverPicksTheBusiestOfEquals) {
  EXPECT_TRUE(rc::check("busiest", [] {
    const int count = *rc::gen::inRange(2, 20);
    const auto set = SetOfWeights(std::vector<uint32_t>(count, 1));
    auto loads = *rc::gen::container<std::vector<uint32_t>>(count, rc::gen::inRange(0, 10));
    const int busiest = *rc::gen::inRange(0, count);
    loads[busiest] = 11;
    SetLoads(*set, loads);
    const LeastRequestBalancer balancer(Drawing(*rc::gen::inRange(2, 6)));
    base::Random random(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < 50; ++i) {
      RC_ASSERT(balancer.Pick(GroupOf(*set), {}, random) != static_cast<uint32_t>(busiest));
    }
  }));
}

TEST(LeastRequestBalancer, IdleHostsShareByWeight) {
  const auto set = SetOfWeights({1, 3});
  const LeastRequestBalancer balancer(Drawing(2));
  base::Random random(5);
  int heavy = 0;
  for (int i = 0; i < 40'000; ++i) heavy += balancer.Pick(GroupOf(*set), {}, random) == 1;
  EXPECT_NEAR(heavy, 30'000, 600);
}

// Requests arrive and none ever ends: the loads settle in the proportion of the weights.
TEST(LeastRequestBalancer, BusyHostsCarryRequestsByWeight) {
  const std::vector<uint32_t> weights = {1, 2, 4, 1};
  const auto set = SetOfWeights(weights);
  const LeastRequestBalancer balancer(Drawing(2));
  base::Random random(5);
  for (int i = 0; i < 8'000; ++i) {
    ++set->hosts()[balancer.Pick(GroupOf(*set), {}, random)]->active_requests;
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(set->hosts()[i]->active_requests, 1'000 * weights[i], 100);
  }
}

TEST(LeastRequestBalancer, MoreChoicesBalanceBetterThanTwo) {
  const auto spread = [](uint32_t choices) {
    const auto set = SetOfWeights(std::vector<uint32_t>(50, 1));
    const LeastRequestBalancer balancer(Drawing(choices));
    base::Random random(5);
    for (int i = 0; i < 5'000; ++i) {
      ++set->hosts()[balancer.Pick(GroupOf(*set), {}, random)]->active_requests;
    }
    uint32_t least = UINT32_MAX, most = 0;
    for (const HostPtr& host : set->hosts()) {
      least = std::min<uint32_t>(least, host->active_requests);
      most = std::max<uint32_t>(most, host->active_requests);
    }
    return most - least;
  };
  EXPECT_LE(spread(2), 10U);
  EXPECT_LT(spread(10), spread(2));
}

TEST(LeastRequestBalancer, ScansAllForTheLeastBusy) {
  const auto set = SetOfWeights(std::vector<uint32_t>(50, 1));
  SetLoads(*set, std::vector<uint32_t>(50, 5));
  set->hosts()[17]->active_requests = 1;
  set->hosts()[31]->active_requests = 1;
  BalancerConfig config;
  config.scans_all = true;
  const LeastRequestBalancer balancer(config);
  base::Random random(3);
  std::vector<int> picks(50);
  for (int i = 0; i < 1'000; ++i) ++picks[balancer.Pick(GroupOf(*set), {}, random)];
  EXPECT_EQ(picks[17] + picks[31], 1'000);
  EXPECT_GT(picks[17], 100);
  EXPECT_GT(picks[31], 100);
}

TEST(LeastRequestBalancer, WithoutBiasWeightsAloneDecide) {
  const auto set = SetOfWeights({1, 3});
  SetLoads(*set, {0, 1'000});
  BalancerConfig config;
  config.active_request_bias = 0;
  const LeastRequestBalancer balancer(config);
  base::Random random(3);
  std::vector<int> picks(2);
  for (int i = 0; i < 400; ++i) ++picks[balancer.Pick(GroupOf(*set), {}, random)];
  EXPECT_EQ(picks, (std::vector<int>{100, 300}));
}

// Half the bias: four times the requests count twice.
TEST(LeastRequestBalancer, BiasSaysHowMuchRequestsWeigh) {
  const auto set = SetOfWeights({1, 3});
  BalancerConfig config;
  config.scans_all = true;
  config.active_request_bias = 0.5;
  const LeastRequestBalancer balancer(config);
  base::Random random(3);
  const auto favourite = [&](uint32_t first, uint32_t second) {
    SetLoads(*set, {first, second});
    int picks = 0;
    for (int i = 0; i < 1'000; ++i)
      picks += static_cast<int>(balancer.Pick(GroupOf(*set), {}, random));
    return picks > 500 ? 1 : 0;
  };
  EXPECT_EQ(favourite(100, 400), 1) << "10/1 against 20/3";
  EXPECT_EQ(favourite(100, 1'600), 0) << "10/1 against 40/3";
}

}  // namespace
}  // namespace weir::balancing
