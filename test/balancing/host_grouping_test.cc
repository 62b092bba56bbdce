#include "source/balancing/host_grouping.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class HostGroupingTest : public testing::Test {
 protected:
  // `count` hosts in the zone, with the weight where it is not 0.
  void AddZone(const std::string& zone, int count, uint32_t weight = 0) {
    const auto locality = std::make_shared<const Locality>(Locality{"", zone, ""});
    const auto details = std::make_shared<const HostDetails>(HostDetails{"", locality});
    for (int i = 0; i < count; ++i) {
      EndpointConfig endpoint = MakeEndpoint(static_cast<int>(endpoints_.size()));
      endpoint.details = details;
      endpoints_.push_back(endpoint);
    }
    if (weight > 0) weights_.push_back({0, locality, weight});
  }
  void Build() {
    balancer_ = Balancer::Create(config_);
    const Grouping grouping{&config_, balancer_.get(), nullptr,
                            own_zone_.peers.empty() ? nullptr : &own_zone_};
    HostSetBuilder builder(nullptr, grouping);
    for (const EndpointConfig& endpoint : endpoints_) builder.Add(endpoint);
    Assignment policy;
    policy.locality_weights = weights_;
    builder.TakePolicy(policy);
    set_ = builder.Build(random_).set;
  }
  // How many of 10,000 picks each zone gets.
  std::map<std::string, int> Picks() {
    std::map<std::string, int> picks;
    for (int i = 0; i < 10'000; ++i) {
      ++picks[(*PickHost(*set_, *balancer_, {}, random_).host)->locality().zone];
    }
    return picks;
  }

  base::Random random_{5};
  BalancerConfig config_;
  std::vector<EndpointConfig> endpoints_;
  std::vector<LocalityWeight> weights_;
  OwnZone own_zone_;
  std::shared_ptr<const Balancer> balancer_;
  std::unique_ptr<const HostSet> set_;
};

TEST_F(HostGroupingTest, LocalitiesMatterOnlyWhereAsked) {
  AddZone("a", 1, 9);
  AddZone("b", 9, 1);
  Build();
  EXPECT_TRUE(GroupOf(*set_).parts().empty());
  EXPECT_NEAR(Picks()["a"], 1'000, 1);
}

// Round robin is exact over the localities, as it is inside one.
TEST_F(HostGroupingTest, LocalitiesByWeight) {
  config_.locality_mode = LocalityMode::kWeighted;
  AddZone("a", 1, 3);
  AddZone("b", 9, 1);
  AddZone("none", 5);
  Build();
  EXPECT_EQ(GroupOf(*set_).parts().size(), 2U);
  auto picks = Picks();
  EXPECT_NEAR(picks["a"], 7'500, 2);
  EXPECT_NEAR(picks["b"], 2'500, 2);
  EXPECT_EQ(picks["none"], 0);
}

TEST_F(HostGroupingTest, AnIllLocalityGivesAway) {
  config_.locality_mode = LocalityMode::kWeighted;
  AddZone("a", 4, 1);
  AddZone("b", 4, 1);
  for (int i = 0; i < 3; ++i) endpoints_[i].health = EdsHealth::kUnhealthy;
  Build();
  // 1.4 × a quarter of its weight.
  EXPECT_NEAR(Picks()["a"], 10'000 * 0.35 / 1.35, 5);
}

TEST_F(HostGroupingTest, WithoutAnyWeightAllHostsAreAlike) {
  config_.locality_mode = LocalityMode::kWeighted;
  AddZone("a", 1);
  AddZone("b", 3);
  Build();
  EXPECT_NEAR(Picks()["a"], 2'500, 1);
}

TEST_F(HostGroupingTest, TheOwnZoneIsPreferred) {
  config_.locality_mode = LocalityMode::kZoneAware;
  own_zone_ = {{"", "a", ""}, {{{"", "a", ""}, 5}, {{"", "b", ""}, 5}}, false};
  AddZone("a", 5);
  AddZone("b", 5);
  Build();
  EXPECT_EQ(Picks()["a"], 10'000);
  config_.zone_aware.routing_percent = 60;
  Build();
  EXPECT_NEAR(Picks()["a"], 8'000, 5) << "60 % prefer, half of the others happen to";
  config_.zone_aware.routing_percent = 0;
  Build();
  EXPECT_NEAR(Picks()["a"], 5'000, 1);
}

TEST_F(HostGroupingTest, ExcludedHostsAreNotMissed) {
  AddZone("a", 4);
  Build();
  for (int i = 0; i < 2; ++i) set_->hosts()[i]->SetHealthFlag(HealthFlag::kExcluded, true);
  const std::unique_ptr<const HostSet> before = std::move(set_);
  HostSetBuilder builder(before.get(), {&config_});
  set_ = builder.Regroup(random_);
  EXPECT_EQ(set_->excluded_count(), 2U);
  EXPECT_EQ(set_->healthy_count(), 2U);
  EXPECT_EQ(GroupOf(*set_).size(), 2U);
  EXPECT_FALSE(GroupOf(*set_).is_panicking());
}

TEST_F(HostGroupingTest, LiveWeightsHold) {
  config_.slow_start.window_ms = 1'000;
  AddZone("a", 1);
  AddZone("b", 1);
  Build();
  LiveWeights weights(config_);
  weights.OnJoined(set_->hosts().subspan(0, 1), 0);
  weights.Advance(set_->hosts(), 500);
  const auto before = std::move(set_);
  HostSetBuilder builder(before.get(), {&config_, balancer_.get(), &weights});
  set_ = builder.Regroup(random_);
  EXPECT_NEAR(Picks()["a"], 3'333, 2);
}

}  // namespace
}  // namespace weir::balancing
