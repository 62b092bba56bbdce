#include "source/tls/name_matcher.h"

#include <rapidcheck.h>

#include "gtest/gtest.h"

namespace weir::tls {
namespace {

using Kind = NameMatcher::Kind;
using Type = NameMatcher::Type;

TEST(DnsNameTest, ExactNamesIgnoreCaseAndTheLastDot) {
  EXPECT_TRUE(DnsNameMatches("A.test", "a.TEST"));
  EXPECT_TRUE(DnsNameMatches("a.test", "a.test."));
  EXPECT_FALSE(DnsNameMatches("a.test", "b.test"));
  EXPECT_FALSE(DnsNameMatches("a.test", "a.tes"));
  EXPECT_FALSE(DnsNameMatches("a.test", ""));
  EXPECT_FALSE(DnsNameMatches("", ""));
}

TEST(DnsNameTest, AWildcardIsTheWholeLeftMostLabelAndNoMore) {
  EXPECT_TRUE(DnsNameMatches("*.a.test", "x.a.test"));
  EXPECT_FALSE(DnsNameMatches("*.a.test", "x.y.a.test"));
  EXPECT_FALSE(DnsNameMatches("*.a.test", "a.test"));
  EXPECT_FALSE(DnsNameMatches("*.a.test", ".a.test"));
  EXPECT_FALSE(DnsNameMatches("*", "test"));
  EXPECT_FALSE(DnsNameMatches("*.test", "a.test"));
  EXPECT_FALSE(DnsNameMatches("x*.a.test", "xy.a.test"));
  EXPECT_FALSE(DnsNameMatches("*x.a.test", "yx.a.test"));
  EXPECT_FALSE(DnsNameMatches("a.*.test", "a.b.test"));
  EXPECT_FALSE(DnsNameMatches("*.*.test", "a.b.test"));
}

// CVE-2020-15104 as a rule: whatever a wildcard takes has as many labels as it.
TEST(DnsNameTest, AWildcardKeepsTheNumberOfLabels) {
  EXPECT_TRUE(rc::check("labels", [] {
    const auto letters = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab.*")));
    const std::string pattern = "*." + *letters;
    const std::string name = *letters;
    if (!DnsNameMatches(pattern, name)) return;
    std::string bare = name;
    if (bare.back() == '.') bare.pop_back();
    RC_ASSERT(std::count(bare.begin(), bare.end(), '.') ==
              std::count(pattern.begin(), pattern.end(), '.'));
    RC_ASSERT(bare.find('.') != std::string::npos);
  }));
}

TEST(IsForTest, TellsAddressesFromNames) {
  CertificateNames names;
  names.dns = {"10.0.0.1", "a.test"};
  names.ip = {"10.0.0.2", "2001:db8::1"};
  EXPECT_FALSE(IsFor(names, "10.0.0.1")) << "an address in a DNS name is none";
  EXPECT_TRUE(IsFor(names, "10.0.0.2"));
  EXPECT_TRUE(IsFor(names, "2001:DB8:0:0::1"));
  EXPECT_TRUE(IsFor(names, "a.test"));
  EXPECT_FALSE(IsFor(names, "b.test"));
}

TEST(NameMatcherTest, Kinds) {
  CertificateNames names;
  names.uri = {"spiffe://Test/ns/web"};
  const auto matches = [&](Kind kind, std::string text, bool ignores_case = false) {
    return NameMatcher{.type = Type::kUri, .kind = kind, .ignores_case = ignores_case, .text = text}
        .Matches(names);
  };
  EXPECT_TRUE(matches(Kind::kExact, "spiffe://Test/ns/web"));
  EXPECT_FALSE(matches(Kind::kExact, "spiffe://test/ns/web"));
  EXPECT_TRUE(matches(Kind::kExact, "spiffe://test/ns/web", true));
  EXPECT_TRUE(matches(Kind::kPrefix, "spiffe://Test/"));
  EXPECT_FALSE(matches(Kind::kPrefix, "Test"));
  EXPECT_TRUE(matches(Kind::kSuffix, "/web"));
  EXPECT_TRUE(matches(Kind::kContains, "/ns/"));
  EXPECT_FALSE(matches(Kind::kContains, "/sn/"));
  NameMatcher regex{.type = Type::kUri, .kind = Kind::kRegex};
  regex.regex = *config::Regex::Compile("spiffe://.*/ns/(web|db)");
  EXPECT_TRUE(regex.Matches(names));
  names.uri = {"spiffe://Test/ns/webs"};
  EXPECT_FALSE(regex.Matches(names)) << "the whole name";
}

TEST(NameMatcherTest, TypesDoNotMix) {
  CertificateNames names;
  names.dns = {"*.a.test"};
  names.email = {"me@a.test"};
  names.ip = {"10.0.0.1"};
  names.common_name = "cn.test";
  const auto matches = [&](Type type, std::string text) {
    return NameMatcher{.type = type, .text = text}.Matches(names);
  };
  EXPECT_TRUE(matches(Type::kDns, "x.a.test"));
  EXPECT_TRUE(matches(Type::kEmail, "me@a.test"));
  EXPECT_TRUE(matches(Type::kIp, "10.0.0.1"));
  EXPECT_TRUE(matches(Type::kAny, "10.0.0.1"));
  EXPECT_FALSE(matches(Type::kUri, "me@a.test"));
  EXPECT_FALSE(matches(Type::kDns, "me@a.test"));
  EXPECT_FALSE(matches(Type::kAny, "cn.test")) << "a subject is no alternative name";
}

}  // namespace
}  // namespace weir::tls
