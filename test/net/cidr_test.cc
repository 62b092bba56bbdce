#include "source/net/cidr.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

Address Ip(std::string_view text) { return *Address::ParseIp(text, 80); }

TEST(CidrRangeTest, ContainsExactlyItsPrefix) {
  const CidrRange range = *CidrRange::Create("10.20.48.0", 20);
  EXPECT_TRUE(range.Contains(Ip("10.20.48.0")));
  EXPECT_TRUE(range.Contains(Ip("10.20.63.255")));
  EXPECT_FALSE(range.Contains(Ip("10.20.64.0")));
  EXPECT_FALSE(range.Contains(Ip("10.21.48.1")));
}

TEST(CidrRangeTest, IgnoresBitsBeyondThePrefix) {
  EXPECT_EQ(*CidrRange::Create("10.1.2.3", 8), *CidrRange::Create("10.0.0.0", 8));
  EXPECT_EQ(CidrRange::Create("10.1.2.3", 8)->ToString(), "10.0.0.0/8");
}

TEST(CidrRangeTest, ZeroBitsContainsTheFamilyOnly) {
  const CidrRange v4 = *CidrRange::Create("0.0.0.0", 0);
  EXPECT_TRUE(v4.Contains(Ip("255.1.2.3")));
  EXPECT_FALSE(v4.Contains(Ip("::1")));
}

TEST(CidrRangeTest, SixBytes) {
  const CidrRange range = *CidrRange::Create("fc00::", 7);
  EXPECT_TRUE(range.Contains(Ip("fdff::1")));
  EXPECT_FALSE(range.Contains(Ip("fe00::1")));
  EXPECT_TRUE(CidrRange::Create("::1", 128)->Contains(Ip("::1")));
}

TEST(CidrRangeTest, RefusesNonsense) {
  EXPECT_FALSE(CidrRange::Create("10.0.0.0", 33).ok());
  EXPECT_FALSE(CidrRange::Create("::", 129).ok());
  EXPECT_FALSE(CidrRange::Create("example.com", 8).ok());
}

}  // namespace
}  // namespace weir::net
