#include "source/clusters/cluster_definition.h"

#include <gtest/gtest.h>

#include <vector>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"
#include "test/clusters/fake_resolver.h"
#include "test/support/manual_clock.h"

namespace weir::clusters {
namespace {

balancing::Assignment Of(std::vector<balancing::EndpointConfig> endpoints) {
  balancing::Assignment assignment;
  assignment.endpoints = std::move(endpoints);
  return assignment;
}

class ClusterDefinitionTest : public testing::Test, public DefinitionListener {
 protected:
  void OnWarm(ClusterDefinition&) override { ++warm_count_; }
  std::shared_ptr<const balancing::HostSet> HostsToInherit(ClusterDefinition&) override {
    return inherited_;
  }
  void OnHostsChanged(ClusterDefinition&, std::vector<balancing::HostPtr> removed) override {
    ++change_count_;
    removed_ = std::move(removed);
  }

  void OnRegroupNeeded(ClusterDefinition&) override { ++regroup_count_; }
  const balancing::OwnZone* own_zone() const override { return nullptr; }

  void Make(upstream::DiscoveryType type,
            const std::vector<balancing::EndpointConfig>& endpoints = {}) {
    auto config = std::make_shared<upstream::ClusterConfig>();
    config->name = "web";
    config->type = type;
    config->options = upstream::ClusterOptions::Share(options_);
    if (type == upstream::DiscoveryType::kStrictDns)
      config->dns = std::make_shared<upstream::DnsConfig>();
    const auto stats = store_.AddGroup<upstream::ClusterStats>("cluster.web");
    auto cluster = std::make_unique<upstream::Cluster>(
        &loop_, config,
        std::make_shared<upstream::CircuitBreakers>(stats, config->options->breakers, nullptr),
        upstream::Cluster::Origin());
    definition_ = std::make_unique<ClusterDefinition>(7, balancing::Assignment{endpoints, {}, 140},
                                                      std::move(cluster), membership_, loop_,
                                                      static_cast<DefinitionListener&>(*this));
  }
  void GoLive() { live_ = definition_->GoLive(); }
  size_t HostCount() const { return definition_->cluster().hosts().Load()->hosts().size(); }
  upstream::MembershipStats& stats() { return membership_->Here(); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  FakeResolver resolver_;
  stats::Store store_;
  upstream::MembershipStatsGroup membership_ =
      store_.AddGroup<upstream::MembershipStats>("cluster.web");
  std::unique_ptr<upstream::Cluster> live_;
  std::unique_ptr<ClusterDefinition> definition_;
  std::shared_ptr<const balancing::HostSet> inherited_;
  std::vector<balancing::HostPtr> removed_;
  int warm_count_ = 0, change_count_ = 0, regroup_count_ = 0;
  upstream::ClusterOptions options_;
};

TEST_F(ClusterDefinitionTest, StaticIsWarmAtOnce) {
  Make(upstream::DiscoveryType::kStatic,
       {balancing::MakeEndpoint(1), balancing::MakeEndpoint(2, 9)});
  ASSERT_TRUE(definition_->Prepare(nullptr).ok());
  EXPECT_FALSE(definition_->is_warm());
  definition_->Start();
  EXPECT_TRUE(definition_->is_warm());
  EXPECT_EQ(warm_count_, 1);
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_EQ(stats().membership_total.value(), 0) << "not live yet";
  GoLive();
  EXPECT_TRUE(definition_->is_live());
  EXPECT_EQ(stats().membership_total.value(), 2);
  EXPECT_EQ(stats().membership_healthy.value(), 2);
  EXPECT_EQ(stats().max_host_weight.value(), 9);
  EXPECT_EQ(definition_->hash(), 7U);
}

TEST_F(ClusterDefinitionTest, EdsWarmsWithItsFirstAssignment) {
  Make(upstream::DiscoveryType::kEds);
  definition_->Start();
  EXPECT_FALSE(definition_->is_warm());
  definition_->ApplyAssignment(Of({balancing::MakeEndpoint(1)}));
  EXPECT_EQ(warm_count_, 1);
  GoLive();
  definition_->ApplyAssignment(
      Of({balancing::MakeEndpoint(2, 1, 0, balancing::EdsHealth::kDegraded)}));
  EXPECT_EQ(warm_count_, 1);
  EXPECT_EQ(change_count_, 1);
  ASSERT_EQ(removed_.size(), 1U);
  EXPECT_EQ(removed_[0]->address(), balancing::HostAddress(1));
  EXPECT_EQ(stats().membership_healthy.value(), 0);
  EXPECT_EQ(stats().membership_degraded.value(), 1);
  definition_->ApplyAssignment(
      Of({balancing::MakeEndpoint(2, 1, 0, balancing::EdsHealth::kDegraded)}));
  EXPECT_EQ(change_count_, 1);
  EXPECT_EQ(stats().update_no_rebuild.value(), 1U);
  definition_->ApplyAssignment({});
  EXPECT_EQ(HostCount(), 0U);
  EXPECT_EQ(stats().update_empty.value(), 1U);
  EXPECT_EQ(stats().update_success.value(), 4U);
  definition_->CountRejectedUpdate();
  EXPECT_EQ(stats().update_attempt.value(), 5U);
  EXPECT_EQ(stats().update_failure.value(), 1U);
}

TEST_F(ClusterDefinitionTest, EdsWarmsEmptyWhenItIsNotWaitedFor) {
  Make(upstream::DiscoveryType::kEds);
  definition_->Start();
  definition_->StopWaiting();
  EXPECT_TRUE(definition_->is_warm());
  EXPECT_EQ(HostCount(), 0U);
  definition_->StopWaiting();
  EXPECT_EQ(warm_count_, 1);
}

TEST_F(ClusterDefinitionTest, InheritsHostsThatAreTheSame) {
  inherited_ = balancing::BuildSet({balancing::MakeEndpoint(1), balancing::MakeEndpoint(2)});
  Make(upstream::DiscoveryType::kStatic, {balancing::MakeEndpoint(2), balancing::MakeEndpoint(3)});
  definition_->Start();
  const auto hosts = definition_->cluster().hosts().Load();
  EXPECT_EQ(hosts->hosts()[0], inherited_->hosts()[1]);
  EXPECT_NE(hosts->hosts()[1], inherited_->hosts()[0]);
}

TEST_F(ClusterDefinitionTest, InheritsEvenWhenNothingChanged) {
  inherited_ = balancing::BuildSet({balancing::MakeEndpoint(1)});
  Make(upstream::DiscoveryType::kStatic, {balancing::MakeEndpoint(1)});
  definition_->Start();
  EXPECT_EQ(definition_->cluster().hosts().Load()->hosts()[0], inherited_->hosts()[0]);
}

TEST_F(ClusterDefinitionTest, DnsWarmsWhenEveryNameWasLookedUp) {
  balancing::EndpointConfig endpoint = balancing::MakeEndpoint(0);
  endpoint.address = {};
  endpoint.dns_name = "a";
  endpoint.dns_port = 80;
  Make(upstream::DiscoveryType::kStrictDns, {endpoint});
  ASSERT_TRUE(definition_->Prepare(&resolver_).ok());
  definition_->Start();
  EXPECT_EQ(warm_count_, 0);
  resolver_.Answer("a", {"10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(warm_count_, 1);
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_EQ(stats().update_attempt.value(), 1U);
  EXPECT_EQ(stats().update_success.value(), 1U);
  GoLive();
  clock_.AdvanceMs(5'001);
  loop_.RunReady();
  resolver_.Fail("a");
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_EQ(stats().update_failure.value(), 1U);
}

TEST_F(ClusterDefinitionTest, DnsNeedsAResolver) {
  Make(upstream::DiscoveryType::kStrictDns);
  EXPECT_FALSE(definition_->Prepare(nullptr).ok());
}

TEST_F(ClusterDefinitionTest, HealthDecidesWhoIsGrouped) {
  Make(upstream::DiscoveryType::kStatic, {balancing::MakeEndpoint(1), balancing::MakeEndpoint(2)});
  definition_->Start();
  GoLive();
  const balancing::HostPtr host = definition_->cluster().hosts().Load()->hosts()[0];
  ASSERT_TRUE(host->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, true));
  EXPECT_FALSE(host->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, true));
  definition_->OnHealthChanged();
  EXPECT_EQ(regroup_count_, 1);
  definition_->Regroup();
  EXPECT_EQ(stats().membership_healthy.value(), 1);
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_EQ(balancing::GroupOf(*definition_->cluster().hosts().Load()).size(), 1U);
}

TEST_F(ClusterDefinitionTest, NewHostsRampUp) {
  options_.balancer.slow_start.window_ms = 10'000;
  Make(upstream::DiscoveryType::kEds);
  definition_->ApplyAssignment(Of({balancing::MakeEndpoint(1)}));
  GoLive();
  definition_->Regroup();
  EXPECT_EQ(balancing::GroupOf(*definition_->cluster().hosts().Load()).weights(), nullptr)
      << "the first ones have nobody beside them";

  definition_->ApplyAssignment(Of({balancing::MakeEndpoint(1), balancing::MakeEndpoint(2)}));
  definition_->Regroup();
  const auto share = [&] {
    const std::shared_ptr<const balancing::HostSet> hosts = definition_->cluster().hosts().Load();
    const balancing::HostGroup& group = balancing::GroupOf(*hosts);
    return group.weights() == nullptr ? 1.0 : double(group.weight(1)) / group.weight(0);
  };
  EXPECT_DOUBLE_EQ(share(), 0.1);
  const auto pass = [&](int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  };
  for (int i = 0; i < 50; ++i) pass(100);
  EXPECT_NEAR(share(), 0.5, 0.01);
  for (int i = 0; i < 50; ++i) pass(100);
  EXPECT_EQ(share(), 1.0);
}

TEST_F(ClusterDefinitionTest, HostsThatAreWellAgainRampUp) {
  options_.balancer.slow_start.window_ms = 10'000;
  Make(upstream::DiscoveryType::kStatic, {balancing::MakeEndpoint(1), balancing::MakeEndpoint(2)});
  definition_->Start();
  GoLive();
  definition_->Regroup();
  const balancing::HostPtr host = definition_->cluster().hosts().Load()->hosts()[0];
  host->SetHealthFlag(balancing::HealthFlag::kFailedOutlierCheck, true);
  definition_->Regroup();
  host->SetHealthFlag(balancing::HealthFlag::kFailedOutlierCheck, false);
  definition_->Regroup();
  const std::shared_ptr<const balancing::HostSet> hosts = definition_->cluster().hosts().Load();
  EXPECT_DOUBLE_EQ(
      double(balancing::GroupOf(*hosts).weight(0)) / balancing::GroupOf(*hosts).weight(1), 0.1);
}

}  // namespace
}  // namespace weir::clusters
