#include "source/routing/host_index.h"

#include <gtest/gtest.h>

namespace weir::routing {
namespace {

HostIndex Build(std::initializer_list<std::string_view> domains, bool ignores_port = false) {
  HostIndex::Builder builder;
  uint32_t number = 0;
  for (std::string_view domain : domains) EXPECT_TRUE(builder.Add(domain, number++)) << domain;
  return std::move(builder).Build(ignores_port);
}

constexpr uint32_t kNone = HostIndex::kNone;

TEST(HostIndexTest, ExactThenSuffixThenPrefixThenAny) {
  const HostIndex index = Build({"*", "www.*", "*.example.com", "www.example.com"});
  EXPECT_EQ(index.Find("www.example.com"), 3u);
  EXPECT_EQ(index.Find("a.example.com"), 2u);
  EXPECT_EQ(index.Find("www.example.org"), 1u);
  EXPECT_EQ(index.Find("else"), 0u);
  EXPECT_EQ(index.Find(""), 0u);
}

TEST(HostIndexTest, LongestWildcardWins) {
  const HostIndex index =
      Build({"*.com", "*.example.com", "*-bar.example.com", "foo.*", "foo.bar.*"});
  EXPECT_EQ(index.Find("x.com"), 0u);
  EXPECT_EQ(index.Find("x.example.com"), 1u);
  EXPECT_EQ(index.Find("baz-bar.example.com"), 2u);
  EXPECT_EQ(index.Find("foo.x"), 3u);
  EXPECT_EQ(index.Find("foo.bar.x"), 4u);
}

TEST(HostIndexTest, WildcardStandsForAByteAtLeast) {
  const HostIndex index = Build({"*-bar.foo.com", "foo.*"});
  EXPECT_EQ(index.Find("-bar.foo.com"), kNone);
  EXPECT_EQ(index.Find("x-bar.foo.com"), 0u);
  EXPECT_EQ(index.Find("foo."), kNone);
}

TEST(HostIndexTest, CaseDoesNotMatter) {
  const HostIndex index = Build({"WWW.Example.com", "*.Foo.com", "Bar.*"});
  EXPECT_EQ(index.Find("www.EXAMPLE.COM"), 0u);
  EXPECT_EQ(index.Find("a.FOO.com"), 1u);
  EXPECT_EQ(index.Find("bAr.com"), 2u);
}

TEST(HostIndexTest, PortsCountUnlessIgnored) {
  const HostIndex exact = Build({"a.com", "a.com:80"});
  EXPECT_EQ(exact.Find("a.com:80"), 1u);
  EXPECT_EQ(exact.Find("a.com:81"), kNone);
  const HostIndex ignoring = Build({"a.com", "[::1]"}, true);
  EXPECT_EQ(ignoring.Find("a.com:81"), 0u);
  EXPECT_EQ(ignoring.Find("a.com"), 0u);
  EXPECT_EQ(ignoring.Find("[::1]:80"), 1u);
  EXPECT_EQ(ignoring.Find("[::1]"), 1u);
}

TEST(HostIndexTest, DomainsAreUniqueInAnyCase) {
  HostIndex::Builder builder;
  EXPECT_TRUE(builder.Add("a.com", 0));
  EXPECT_FALSE(builder.Add("A.com", 1));
  EXPECT_TRUE(builder.Add("*", 0));
  EXPECT_FALSE(builder.Add("*", 1));
}

TEST(HostIndexTest, FaultsOfDomains) {
  for (const char* good : {"a.com", "*", "*.a.com", "a.*", "a.com:80", "[::1]:80", "*-b.com"}) {
    EXPECT_EQ(FaultOfDomain(good), nullptr) << good;
  }
  for (const char* bad : {"", "a.*.com", "*a*", "**", "a b", "a\r\n", "a/b"}) {
    EXPECT_NE(FaultOfDomain(bad), nullptr) << bad;
  }
  EXPECT_NE(FaultOfDomain(std::string(256, 'a')), nullptr);
}

}  // namespace
}  // namespace weir::routing
