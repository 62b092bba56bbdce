#include "source/balancing/host.h"

#include <gtest/gtest.h>

namespace weir::balancing {
namespace {

TEST(Host, KnowsItsNames) {
  const auto locality = std::make_shared<const Locality>(Locality{"eu", "a", "1", 3});
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
  const auto a = std::make_shared<const Locality>(Locality{"eu", "a", "", 0});
  const auto also_a = std::make_shared<const Locality>(Locality{"eu", "a", "", 0});
  const auto b = std::make_shared<const Locality>(Locality{"eu", "b", "", 0});
  EXPECT_TRUE((HostDetails{"h", "m", a} == HostDetails{"h", "m", also_a}));
  EXPECT_FALSE((HostDetails{"h", "m", a} == HostDetails{"h", "m", b}));
  EXPECT_FALSE((HostDetails{"h", "m", a} == HostDetails{"i", "m", a}));
  EXPECT_FALSE((HostDetails{"h", "m", a} == HostDetails{"h", "n", a}));
}

// Ten thousand clusters of ten: what a host weighs is a promise.
TEST(Host, IsSmall) { EXPECT_LE(sizeof(Host), 160U); }

}  // namespace
}  // namespace weir::balancing
