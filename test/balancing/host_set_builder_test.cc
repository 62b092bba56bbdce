#include "source/balancing/host_set_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

TEST(HostSetBuilder, HostsThatStayKeepTheirObjects) {
  const auto before = BuildSet({MakeEndpoint(1), MakeEndpoint(2), MakeEndpoint(3)});
  const HostSetUpdate update =
      BuildUpdate({MakeEndpoint(4), MakeEndpoint(3), MakeEndpoint(1)}, before.get());
  ASSERT_NE(update.set, nullptr);
  EXPECT_EQ(update.added.size(), 1U);
  EXPECT_EQ(update.set->hosts()[1], before->hosts()[2]);
  EXPECT_EQ(update.set->hosts()[2], before->hosts()[0]);
  ASSERT_EQ(update.removed.size(), 1U);
  EXPECT_EQ(update.removed[0], before->hosts()[1]);
}

TEST(HostSetBuilder, ASetGoesOnWithHostsThatOthersMade) {
  BalancerConfig config;
  config.policy = BalancerPolicy::kClusterProvided;
  const HostPtr one = std::make_shared<Host>(HostAddress(1), PlainDetails());
  const HostPtr two = std::make_shared<Host>(HostAddress(2), PlainDetails());
  const HostPtr three = std::make_shared<Host>(HostAddress(3), PlainDetails());
  base::Random random(1);
  const HostSet none;
  const auto first = HostSetBuilder(&none, {&config}).Continue({one, two}, {}, random);
  EXPECT_EQ(first->hosts(), (std::vector<HostPtr>{one, two}));
  EXPECT_EQ(first->healthy_count(), 2U);
  EXPECT_EQ(first->Choose(std::nullopt, random), nullptr) << "nobody picks from it";
  const auto second = HostSetBuilder(first.get(), {&config}).Continue({three}, {one}, random);
  EXPECT_EQ(second->hosts(), (std::vector<HostPtr>{two, three}));
  EXPECT_EQ(second->hosts_of(0).size(), 2U);
  const auto last = HostSetBuilder(second.get(), {&config}).Continue({}, {two, three}, random);
  EXPECT_TRUE(last->hosts().empty());
  EXPECT_EQ(last->priority_count(), 0U);
}

TEST(HostSetBuilder, NothingChangedMeansNoNewSet) {
  const auto before = BuildSet({MakeEndpoint(1, 2), MakeEndpoint(2, 3, 1)});
  EXPECT_EQ(BuildUpdate({MakeEndpoint(1, 2), MakeEndpoint(2, 3, 1)}, before.get()).set, nullptr);
  HostSetBuilder always(before.get(), PlainGrouping(), HostSetBuilder::Wanted::kAlways);
  always.Add(MakeEndpoint(1, 2));
  always.Add(MakeEndpoint(2, 3, 1));
  base::Random random(1);
  const HostSetUpdate update = always.Build(random);
  ASSERT_NE(update.set, nullptr);
  EXPECT_EQ(update.set->hosts()[0], before->hosts()[0]);
  EXPECT_EQ(update.added.size(), 0U);
}

TEST(HostSetBuilder, WeightAndHealthAreWrittenIntoTheHost) {
  const auto before = BuildSet({MakeEndpoint(1), MakeEndpoint(2)});
  const HostPtr host = before->hosts()[0];
  const auto after = BuildSet({MakeEndpoint(1, 9), MakeEndpoint(2)}, before.get());
  EXPECT_EQ(after->hosts()[0], host);
  EXPECT_EQ(host->weight(), 9U);
  EXPECT_NE(GroupOf(*after).weights(), nullptr);
  const auto ill =
      BuildSet({MakeEndpoint(1, 9, 0, EdsHealth::kDraining), MakeEndpoint(2)}, after.get());
  EXPECT_EQ(ill->hosts()[0], host);
  EXPECT_FALSE(host->is_usable());
  EXPECT_EQ(ill->healthy_count(), 1U);
  EXPECT_EQ(GroupOf(*ill).size(), 1U);
}

TEST(HostSetBuilder, OtherDetailsMakeAnotherHost) {
  EndpointConfig named = MakeEndpoint(1);
  const auto before = BuildSet({named});
  named.details = PlainDetails("web");
  const HostSetUpdate update = BuildUpdate({named}, before.get());
  ASSERT_NE(update.set, nullptr);
  EXPECT_NE(update.set->hosts()[0], before->hosts()[0]);
  EXPECT_EQ(update.removed.size(), 1U);
  EXPECT_EQ(update.added.size(), 1U);
  // Equal by value is equal.
  named.details = PlainDetails("web");
  EXPECT_EQ(BuildUpdate({named}, update.set.get()).set, nullptr);
}

TEST(HostSetBuilder, SecondEndpointOfOneAddressIsLeftOut) {
  const auto set = BuildSet({MakeEndpoint(1, 5), MakeEndpoint(1, 7)});
  ASSERT_EQ(set->hosts().size(), 1U);
  EXPECT_EQ(set->hosts()[0]->weight(), 5U);
}

TEST(HostSetBuilder, PrioritiesMayHaveGapsAndComeInAnyOrder) {
  const auto set = BuildSet({MakeEndpoint(1, 1, 3), MakeEndpoint(2, 1, 0), MakeEndpoint(3, 1, 3)});
  EXPECT_EQ(set->priority_count(), 4U);
  EXPECT_EQ(set->hosts_of(0).size(), 1U);
  EXPECT_TRUE(set->hosts_of(1).empty());
  EXPECT_EQ(set->hosts_of(3).size(), 2U);
  EXPECT_TRUE(set->hosts_of(4).empty());
  EXPECT_EQ(set->PriorityOf(0), 0U);
  EXPECT_EQ(set->PriorityOf(1), 3U);
  EXPECT_EQ(GroupOf(*set).priority(), 0U);
}

TEST(HostSetBuilder, SequenceGoesOnOverAnUpdate) {
  const auto before = BuildSet({MakeEndpoint(1), MakeEndpoint(2)});
  const uint64_t position = GroupOf(*before).NextInSequence();
  const auto after = BuildSet({MakeEndpoint(1), MakeEndpoint(3)}, before.get());
  EXPECT_EQ(GroupOf(*after).NextInSequence(), position + 1);
}

TEST(HostSetBuilder, OverprovisioningDecidesWhenTrafficSpills) {
  const std::vector<EndpointConfig> endpoints = {
      MakeEndpoint(1), MakeEndpoint(2, 1, 0, EdsHealth::kUnhealthy), MakeEndpoint(3, 1, 1)};
  HostSetBuilder builder(nullptr, PlainGrouping());
  for (const auto& endpoint : endpoints) builder.Add(endpoint);
  Assignment policy;
  policy.overprovisioning_percent = 200;
  builder.TakePolicy(policy);
  base::Random random(1);
  const HostSetUpdate update = builder.Build(random);
  EXPECT_EQ(update.set->overprovisioning_percent(), 200U);
  EXPECT_EQ(GroupOf(*update.set).load_percent(), 100U);
}

TEST(HostSetBuilder, EndpointsOfASetBuildTheSameSet) {
  const auto set = BuildSet({MakeEndpoint(1, 3), MakeEndpoint(2, 4, 1, EdsHealth::kDegraded)});
  EXPECT_EQ(BuildUpdate(AssignmentOf(*set).endpoints, set.get()).set, nullptr);
}

TEST(HostSetBuilder, LogicalAddressAloneIsAChange) {
  const auto before = BuildSet({MakeEndpoint(1)});
  HostSetBuilder builder(before.get(), PlainGrouping());
  builder.Add(MakeEndpoint(1));
  builder.set_logical_address(HostAddress(9));
  base::Random random(1);
  const HostSetUpdate update = builder.Build(random);
  ASSERT_NE(update.set, nullptr);
  EXPECT_EQ(*update.set->logical_address(), HostAddress(9));
  EXPECT_EQ(update.set->hosts()[0], before->hosts()[0]);
  EXPECT_EQ(before->logical_address(), nullptr);
}

// Any update: exactly the hosts of both sets are kept, and the counts add up.
TEST(HostSetBuilder, KeepsExactlyTheCommonHosts) {
  EXPECT_TRUE(rc::check("common", [] {
    const auto numbers = rc::gen::container<std::set<int>>(rc::gen::inRange(0, 20));
    std::set<int> old_numbers = *numbers, new_numbers = *numbers;
    std::vector<EndpointConfig> old_endpoints, new_endpoints;
    for (int number : old_numbers) old_endpoints.push_back(MakeEndpoint(number));
    for (int number : new_numbers) new_endpoints.push_back(MakeEndpoint(number));
    const auto before = BuildSet(old_endpoints);
    const HostSetUpdate update = BuildUpdate(new_endpoints, before.get());
    if (old_numbers == new_numbers) {
      RC_ASSERT(update.set == nullptr);
      return;
    }
    std::set<Host*> kept;
    for (const HostPtr& host : before->hosts()) kept.insert(host.get());
    size_t common = 0;
    for (const HostPtr& host : update.set->hosts()) common += kept.count(host.get());
    RC_ASSERT(common + update.added.size() == new_numbers.size());
    RC_ASSERT(common + update.removed.size() == old_numbers.size());
    for (const HostPtr& host : update.removed) RC_ASSERT(kept.count(host.get()) == 1U);
  }));
}

TEST(HostSetBuilder, NewHostsMayCountForNothingUntilTheyAreChecked) {
  const auto before = BuildSet({MakeEndpoint(0)});
  base::Random random(1);
  for (const bool count_for_nothing : {false, true}) {
    HostSetBuilder builder(before.get(), PlainGrouping());
    builder.set_new_hosts_await_checks(true, count_for_nothing);
    for (int i = 0; i < 4; ++i) builder.Add(MakeEndpoint(i));
    const auto set = builder.Build(random).set;
    EXPECT_EQ(set->excluded_count(), count_for_nothing ? 3U : 0U);
    EXPECT_EQ(GroupOf(*set).is_panicking(), !count_for_nothing);
    EXPECT_EQ(GroupOf(*set).size(), count_for_nothing ? 1U : 4U);
  }
}

}  // namespace
}  // namespace weir::balancing
