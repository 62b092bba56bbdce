#include "source/balancing/wanted_host.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class WantedHostTest : public testing::Test {
 protected:
  const Host* Find(int number) {
    const net::Address address = HostAddress(number);
    context_.wanted_host = &address;
    const HostPtr* const host = FindWanted(*set_, config_, context_);
    context_.wanted_host = nullptr;
    return host == nullptr ? nullptr : host->get();
  }
  Host& HostAt(size_t index) { return *set_->hosts()[index]; }

  const std::unique_ptr<const HostSet> set_ = BuildSet(
      {MakeEndpoint(0), MakeEndpoint(1, 1, 0, EdsHealth::kDegraded),
       MakeEndpoint(2, 1, 0, EdsHealth::kUnhealthy), MakeEndpoint(3, 1, 1, EdsHealth::kDraining)});
  BalancerConfig config_;
  PickContext context_;
};

TEST_F(WantedHostTest, IsTheOneOfThatAddressWhereItsHealthAllows) {
  EXPECT_EQ(Find(0), &HostAt(0));
  EXPECT_EQ(Find(1), &HostAt(1));
  EXPECT_EQ(Find(2), nullptr);
  EXPECT_EQ(Find(3), nullptr);
  EXPECT_EQ(Find(9), nullptr) << "it is gone";
  EXPECT_EQ(FindWanted(*set_, config_, {}), nullptr);
  config_.override_health = kOverrideDraining | kOverrideUnhealthy;
  EXPECT_EQ(Find(0), nullptr);
  EXPECT_EQ(Find(2), &HostAt(2));
  EXPECT_EQ(Find(3), &HostAt(3)) << "in another priority";
}

TEST_F(WantedHostTest, WhatWasFoundOutCountsToo) {
  HostAt(0).SetHealthFlag(HealthFlag::kFailedOutlierCheck, true);
  EXPECT_EQ(Find(0), nullptr);
  HostAt(0).SetHealthFlag(HealthFlag::kFailedOutlierCheck, false);
  HostAt(0).SetHealthFlag(HealthFlag::kExcluded, true);
  EXPECT_EQ(Find(0), nullptr);
  config_.override_health = kOverrideDraining;
  EXPECT_EQ(Find(3), &HostAt(3));
  HostAt(3).SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  EXPECT_EQ(Find(3), nullptr) << "not merely draining any more";
}

TEST_F(WantedHostTest, ATriedOneIsTakenAgainOnlyWhereNoOtherWillDo) {
  const Host* tried[] = {&HostAt(0)};
  context_.tried = tried;
  context_.tried_count = 1;
  EXPECT_EQ(Find(0), nullptr);
  context_.wants_no_other = true;
  EXPECT_EQ(Find(0), &HostAt(0));
}

}  // namespace
}  // namespace weir::balancing
