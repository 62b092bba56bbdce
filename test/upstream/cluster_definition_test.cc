#include "source/upstream/cluster_definition.h"

#include <gtest/gtest.h>

#include <vector>

#include "source/base/thread.h"
#include "test/support/manual_clock.h"
#include "test/upstream/fake_resolver.h"
#include "test/upstream/host_fixture.h"

namespace weir::upstream {
namespace {

class ClusterDefinitionTest : public testing::Test, public DefinitionListener {
 protected:
  void OnWarm(ClusterDefinition&) override { ++warm_count_; }
  std::shared_ptr<const HostSet> HostsToInherit(ClusterDefinition&) override { return inherited_; }
  void OnHostsChanged(ClusterDefinition&, std::vector<HostPtr> removed) override {
    ++change_count_;
    removed_ = std::move(removed);
  }

  void Make(DiscoveryType type, const std::vector<EndpointConfig>& endpoints = {}) {
    auto config = std::make_shared<ClusterConfig>();
    config->name = "web";
    config->type = type;
    if (type == DiscoveryType::kStrictDns) config->dns = std::make_shared<DnsConfig>();
    const auto stats = store_.AddGroup<ClusterStats>("cluster.web");
    auto cluster = std::make_unique<Cluster>(
        &loop_, config,
        std::make_shared<CircuitBreakers>(stats, config->options->breakers, nullptr),
        Cluster::Origin());
    definition_ =
        std::make_unique<ClusterDefinition>(7, Assignment{endpoints, 140}, std::move(cluster),
                                            membership_, static_cast<DefinitionListener&>(*this));
  }
  void GoLive() { live_ = definition_->GoLive(); }
  size_t HostCount() const { return definition_->cluster().hosts().Load()->hosts().size(); }
  MembershipStats& stats() { return membership_->Here(); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  FakeResolver resolver_;
  stats::Store store_;
  MembershipStatsGroup membership_ = store_.AddGroup<MembershipStats>("cluster.web");
  std::unique_ptr<Cluster> live_;
  std::unique_ptr<ClusterDefinition> definition_;
  std::shared_ptr<const HostSet> inherited_;
  std::vector<HostPtr> removed_;
  int warm_count_ = 0, change_count_ = 0;
};

TEST_F(ClusterDefinitionTest, StaticIsWarmAtOnce) {
  Make(DiscoveryType::kStatic, {MakeEndpoint(1), MakeEndpoint(2, 9)});
  ASSERT_TRUE(definition_->Prepare(loop_, nullptr).ok());
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
  Make(DiscoveryType::kEds);
  definition_->Start();
  EXPECT_FALSE(definition_->is_warm());
  definition_->ApplyAssignment({{MakeEndpoint(1)}, 140});
  EXPECT_EQ(warm_count_, 1);
  GoLive();
  definition_->ApplyAssignment({{MakeEndpoint(2, 1, 0, EdsHealth::kDegraded)}, 140});
  EXPECT_EQ(warm_count_, 1);
  EXPECT_EQ(change_count_, 1);
  ASSERT_EQ(removed_.size(), 1U);
  EXPECT_EQ(removed_[0]->address(), HostAddress(1));
  EXPECT_EQ(stats().membership_healthy.value(), 0);
  EXPECT_EQ(stats().membership_degraded.value(), 1);
  definition_->ApplyAssignment({{MakeEndpoint(2, 1, 0, EdsHealth::kDegraded)}, 140});
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
  Make(DiscoveryType::kEds);
  definition_->Start();
  definition_->StopWaiting();
  EXPECT_TRUE(definition_->is_warm());
  EXPECT_EQ(HostCount(), 0U);
  definition_->StopWaiting();
  EXPECT_EQ(warm_count_, 1);
}

TEST_F(ClusterDefinitionTest, InheritsHostsThatAreTheSame) {
  inherited_ = BuildSet({MakeEndpoint(1), MakeEndpoint(2)});
  Make(DiscoveryType::kStatic, {MakeEndpoint(2), MakeEndpoint(3)});
  definition_->Start();
  const auto hosts = definition_->cluster().hosts().Load();
  EXPECT_EQ(hosts->hosts()[0], inherited_->hosts()[1]);
  EXPECT_NE(hosts->hosts()[1], inherited_->hosts()[0]);
}

TEST_F(ClusterDefinitionTest, InheritsEvenWhenNothingChanged) {
  inherited_ = BuildSet({MakeEndpoint(1)});
  Make(DiscoveryType::kStatic, {MakeEndpoint(1)});
  definition_->Start();
  EXPECT_EQ(definition_->cluster().hosts().Load()->hosts()[0], inherited_->hosts()[0]);
}

TEST_F(ClusterDefinitionTest, DnsWarmsWhenEveryNameWasLookedUp) {
  EndpointConfig endpoint = MakeEndpoint(0);
  endpoint.address = {};
  endpoint.dns_name = "a";
  endpoint.dns_port = 80;
  Make(DiscoveryType::kStrictDns, {endpoint});
  ASSERT_TRUE(definition_->Prepare(loop_, &resolver_).ok());
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
  Make(DiscoveryType::kStrictDns);
  EXPECT_FALSE(definition_->Prepare(loop_, nullptr).ok());
}

}  // namespace
}  // namespace weir::upstream
