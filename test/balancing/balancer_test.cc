#include "source/balancing/balancer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

BalancerConfig Config(BalancerPolicy policy) {
  BalancerConfig config;
  config.policy = policy;
  return config;
}

const std::vector<BalancerPolicy> kAllPolicies = {
    BalancerPolicy::kRoundRobin, BalancerPolicy::kRandom, BalancerPolicy::kLeastRequest};

TEST(BalancerTest, ClustersWithoutOptionsOfTheirOwnShareOne) {
  for (const BalancerPolicy policy : kAllPolicies) {
    EXPECT_EQ(Balancer::Create(Config(policy)), Balancer::Create(Config(policy)));
  }
  BalancerConfig config = Config(BalancerPolicy::kLeastRequest);
  config.choice_count = 3;
  EXPECT_NE(Balancer::Create(config), Balancer::Create(Config(BalancerPolicy::kLeastRequest)));
}

TEST(PickHost, EmptySetOffersNobody) {
  base::Random random(1);
  const auto balancer = Balancer::Create({});
  EXPECT_EQ(PickHost(HostSet(), *balancer, {}, random).host, nullptr);
}

TEST(PickHost, EveryPolicyReachesEveryHost) {
  const auto set = SetOfWeights({1, 2, 3, 4});
  for (BalancerPolicy policy : kAllPolicies) {
    const auto balancer = Balancer::Create(Config(policy));
    base::Random random(1);
    std::set<Host*> seen;
    for (int i = 0; i < 500; ++i) seen.insert(PickHost(*set, *balancer, {}, random).host->get());
    EXPECT_EQ(seen.size(), 4U);
  }
}

TEST(PickHost, AvoidsWhatWasTriedWhileThereIsAnother) {
  EXPECT_TRUE(rc::check("tried", [] {
    const int count = *rc::gen::inRange(1, 8);
    std::vector<uint32_t> weights(count, 1);
    if (*rc::gen::arbitrary<bool>()) weights[0] = 5;
    const auto set = SetOfWeights(weights);
    const auto balancer = Balancer::Create(Config(*rc::gen::elementOf(kAllPolicies)));
    std::vector<const Host*> tried;
    for (int i = 0; i < count; ++i) {
      if (*rc::gen::arbitrary<bool>()) tried.push_back(set->hosts()[i].get());
    }
    PickContext context;
    context.tried = tried.data();
    context.tried_count = static_cast<int>(tried.size());
    base::Random random(*rc::gen::arbitrary<uint64_t>());
    const HostPtr* const host = PickHost(*set, *balancer, context, random).host;
    RC_ASSERT(host != nullptr);
    const bool was_tried = std::find(tried.begin(), tried.end(), host->get()) != tried.end();
    RC_ASSERT(was_tried == (static_cast<int>(tried.size()) == count));
  }));
}

TEST(PickHost, LooksNoFurtherThanAllowed) {
  const auto set = SetOfWeights({1, 1, 1, 1});
  std::vector<const Host*> tried;
  for (int i = 0; i < 3; ++i) tried.push_back(set->hosts()[i].get());
  PickContext context;
  context.tried = tried.data();
  context.tried_count = 3;
  context.repick_limit = 1;
  const auto balancer = Balancer::Create(Config(BalancerPolicy::kRandom));
  base::Random random(1);
  std::map<const Host*, int> picked;
  for (int i = 0; i < 4'000; ++i) {
    ++picked[PickHost(*set, *balancer, context, random).host->get()];
  }
  // The untried one when it is drawn, or when its neighbour is.
  EXPECT_NEAR(picked[set->hosts()[3].get()], 2'000, 200);
  EXPECT_GT(picked[tried[0]], 0);
}

TEST(PickHost, TellsOfPanic) {
  const auto set = BuildSet({MakeEndpoint(1, 1, 0, EdsHealth::kUnhealthy)});
  const auto balancer = Balancer::Create({});
  base::Random random(1);
  EXPECT_TRUE(PickHost(*set, *balancer, {}, random).is_panicking);
  EXPECT_FALSE(PickHost(*SetOfWeights({1}), *balancer, {}, random).is_panicking);
}

}  // namespace
}  // namespace weir::balancing
