#include "source/balancing/hash_balancer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <set>

#include "source/balancing/hash.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class HashBalancerTest : public testing::TestWithParam<BalancerPolicy> {
 protected:
  HashBalancerTest() { config_.policy = GetParam(); }

  void Build(const std::vector<EndpointConfig>& endpoints) {
    balancer_ = Balancer::Create(config_);
    HostSetBuilder builder(set_.get(), {&config_, balancer_.get()});
    for (const EndpointConfig& endpoint : endpoints) builder.Add(endpoint);
    auto next = builder.Build(random_).set;
    ASSERT_NE(next, nullptr);
    set_ = std::move(next);
  }
  void BuildMany(int count) {
    std::vector<EndpointConfig> endpoints;
    for (int i = 0; i < count; ++i) endpoints.push_back(MakeEndpoint(i));
    Build(endpoints);
  }
  static uint64_t HashOf(int key) { return XxHash64(base::StrCat("key-", key)); }
  const Host* Pick(const PickContext& context) {
    return PickHost(*set_, *balancer_, context, random_).host->get();
  }
  std::string PickKey(int key) {
    PickContext context;
    context.hash = HashOf(key);
    return Pick(context)->address_text();
  }
  std::vector<std::string> PickKeys(int count) {
    std::vector<std::string> hosts;
    for (int i = 0; i < count; ++i) hosts.push_back(PickKey(i));
    return hosts;
  }

  base::Random random_{3};
  BalancerConfig config_;
  std::shared_ptr<const Balancer> balancer_;
  std::unique_ptr<const HostSet> set_;
};

TEST_P(HashBalancerTest, AKeyStaysWithItsHostWhateverTheOrder) {
  std::vector<EndpointConfig> endpoints;
  for (int i = 0; i < 20; ++i) endpoints.push_back(MakeEndpoint(i, 1 + i % 4));
  Build(endpoints);
  const auto hosts = PickKeys(500);
  EXPECT_EQ(PickKeys(500), hosts);
  EXPECT_EQ(std::set(hosts.begin(), hosts.end()).size(), 20u);
  std::shuffle(endpoints.begin(), endpoints.end(), std::minstd_rand(1));
  Build(endpoints);
  EXPECT_EQ(PickKeys(500), hosts);
}

TEST_P(HashBalancerTest, AHostThatReturnsGetsItsKeysBack) {
  BuildMany(5);
  const auto hosts = PickKeys(300);
  BuildMany(4);
  const auto without = PickKeys(300);
  EXPECT_EQ(std::count(without.begin(), without.end(), "10.0.0.4:80"), 0);
  BuildMany(5);
  EXPECT_EQ(PickKeys(300), hosts);
}

TEST_P(HashBalancerTest, RequestsWithoutAHashGoAnywhere) {
  BuildMany(4);
  std::set<const Host*> seen;
  for (int i = 0; i < 200; ++i) seen.insert(Pick({}));
  EXPECT_EQ(seen.size(), 4u);
}

TEST_P(HashBalancerTest, OneHostNeedsNoTable) {
  BuildMany(1);
  EXPECT_EQ(GroupOf(*set_).table(), nullptr);
  EXPECT_EQ(PickKey(1), "10.0.0.0:80");
}

TEST_P(HashBalancerTest, TriedHostsArePassedOverAndTheirKeysSpread) {
  BuildMany(10);
  std::set<std::string> instead;
  for (int i = 0; i < 1'000; ++i) {
    PickContext context;
    context.hash = HashOf(i);
    const Host* tried[2] = {Pick(context), nullptr};
    context.tried = tried;
    context.tried_count = 1;
    const Host* const second = Pick(context);
    ASSERT_NE(second, tried[0]);
    EXPECT_EQ(Pick(context), second) << "the same instead";
    if (tried[0]->address_text() == "10.0.0.3:80") instead.insert(second->address_text());
    tried[1] = second;
    context.tried_count = 2;
    const Host* const third = Pick(context);
    EXPECT_TRUE(third != tried[0] && third != tried[1]);
  }
  EXPECT_GT(instead.size(), 5u) << "not all to one neighbour";
}

TEST_P(HashBalancerTest, APopularKeySpreadsOnceItsHostIsFull) {
  EXPECT_TRUE(rc::check("bound", [this] {
    config_.hashing.balance_percent = *rc::gen::inRange<uint32_t>(100, 200);
    set_.reset();
    const int hosts = *rc::gen::inRange(2, 40);
    BuildMany(hosts);
    PickContext context;
    context.hash = HashOf(*rc::gen::inRange(0, 1'000));
    uint32_t most = 0;
    const uint32_t requests = 20 * hosts;
    for (context.cluster_requests = 0; context.cluster_requests < requests;
         ++context.cluster_requests) {
      const HostPtr& host = *PickHost(*set_, *balancer_, context, random_).host;
      most = std::max(most, ++host->active_requests);
    }
    RC_ASSERT(most <= (20 * config_.hashing.balance_percent + 99) / 100 + 1);
  }));
}

TEST_P(HashBalancerTest, WithoutABoundAPopularKeyKeepsItsHost) {
  BuildMany(10);
  const std::string host = PickKey(1);
  for (const HostPtr& each : set_->hosts()) {
    if (each->address_text() == host) each->active_requests = 1'000;
  }
  EXPECT_EQ(PickKey(1), host);
  EXPECT_FALSE(balancer_->wants_load());
}

TEST_P(HashBalancerTest, AKeyGoesToOnePriority) {
  std::vector<EndpointConfig> endpoints;
  for (int i = 0; i < 10; ++i) {
    endpoints.push_back(MakeEndpoint(i, 1, 0, i < 5 ? EdsHealth::kHealthy : EdsHealth::kUnhealthy));
  }
  for (int i = 10; i < 20; ++i) endpoints.push_back(MakeEndpoint(i, 1, 1));
  Build(endpoints);
  std::set<std::string> seen;
  for (int key = 0; key < 100; ++key) {
    const std::string host = PickKey(key);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(PickKey(key), host);
    seen.insert(host);
  }
  EXPECT_GT(seen.size(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Policies, HashBalancerTest,
                         testing::Values(BalancerPolicy::kRingHash, BalancerPolicy::kMaglev),
                         [](const auto& info) {
                           return info.param == BalancerPolicy::kMaglev ? "Maglev" : "RingHash";
                         });

}  // namespace
}  // namespace weir::balancing
