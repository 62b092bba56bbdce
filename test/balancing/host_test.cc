#include "source/balancing/host.h"

#include <gtest/gtest.h>

namespace weir::balancing {
namespace {

TEST(Host, KnowsItsNames) {
  const auto locality = std::make_shared<const Locality>(Locality{"eu", "a", "1"});
  const Host host(*net::Address::ParseIpPort("10.0.0.1:80"), "web", locality);
  EXPECT_EQ(host.address_text(), "10.0.0.1:80");
  EXPECT_EQ(host.hostname(), "web");
  EXPECT_EQ(host.locality().zone, "a");
  EXPECT_EQ(host.weight(), 1U);
  EXPECT_TRUE(host.is_usable());
}

TEST(Host, LocalityMayBeMissing) {
  const Host host(*net::Address::Pipe("/run/web.sock"), "", nullptr);
  EXPECT_EQ(host.address_text(), "/run/web.sock");
  EXPECT_EQ(host.locality(), Locality());
}

TEST(HostDetails, AreComparedByValue) {
  const auto a = std::make_shared<const Locality>(Locality{"eu", "a", ""});
  const auto also_a = std::make_shared<const Locality>(Locality{"eu", "a", ""});
  const auto b = std::make_shared<const Locality>(Locality{"eu", "b", ""});
  EXPECT_TRUE((HostDetails{"h", a} == HostDetails{"h", also_a}));
  EXPECT_FALSE((HostDetails{"h", a} == HostDetails{"h", b}));
  EXPECT_FALSE((HostDetails{"h", a} == HostDetails{"i", a}));
}

TEST(Host, HealthIsTheWorstOfAll) {
  Host host(*net::Address::ParseIpPort("10.0.0.1:80"), "", nullptr);
  EXPECT_EQ(host.health(), HostHealth::kHealthy);
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kDegradedActiveCheck, true));
  EXPECT_EQ(host.health(), HostHealth::kDegraded);
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kFailedOutlierCheck, true));
  EXPECT_EQ(host.health(), HostHealth::kUnhealthy);
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kFailedActiveCheck, true));
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kFailedOutlierCheck, false));
  EXPECT_EQ(host.health(), HostHealth::kUnhealthy);
  EXPECT_FALSE(host.SetHealthFlag(HealthFlag::kFailedOutlierCheck, false));
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kFailedActiveCheck, false));
  EXPECT_EQ(host.health(), HostHealth::kDegraded);
  // What nobody has found out yet, or what is left out on its own wish, is not ill.
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kPendingActiveCheck, true));
  EXPECT_TRUE(host.SetHealthFlag(HealthFlag::kExcluded, true));
  EXPECT_EQ(host.health(), HostHealth::kDegraded);
}

TEST(Host, ActivityIsMadeWhenSomethingHappens) {
  Host host(*net::Address::ParseIpPort("10.0.0.1:80"), "", nullptr);
  EXPECT_EQ(host.activity_if_any(), nullptr);
  ++host.activity().requests_total;
  ASSERT_NE(host.activity_if_any(), nullptr);
  EXPECT_EQ(host.activity_if_any()->requests_total, 1U);
  EXPECT_EQ(&host.activity(), host.activity_if_any());
}

// Ten thousand clusters of ten: what a host weighs is a promise.
TEST(Host, IsSmall) { EXPECT_LE(sizeof(Host), 160U); }

}  // namespace
}  // namespace weir::balancing
