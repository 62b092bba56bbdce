#include "source/routing/hash_policy_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<HashPolicy> Parse(const std::string& text, config::Faults& faults) {
  return ParseHashPolicies(test::FromText<envoy::config::route::v3::RouteAction>(text), faults);
}

std::vector<std::string> FaultsOf(const std::string& text) {
  config::Faults faults;
  Parse(text, faults);
  return test::Lines(faults);
}

TEST(HashPolicyParserTest, Fields) {
  config::Faults faults;
  const auto policies = Parse(R"pb(
                                hash_policy {
                                  header { header_name: "X-A" }
                                  terminal: true
                                }
                                hash_policy {
                                  cookie {
                                    name: "s"
                                    ttl { seconds: 60 nanos: 5 }
                                    path: "/p"
                                    attributes { name: "SameSite" value: "Lax" }
                                  }
                                }
                                hash_policy { connection_properties { source_ip: true } }
                                hash_policy { query_parameter { name: "k" } })pb",
                              faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  ASSERT_EQ(policies.size(), 4u);
  EXPECT_EQ(policies[0].name, "x-a");
  EXPECT_TRUE(policies[0].is_terminal);
  EXPECT_EQ(policies[1].kind, HashPolicy::Kind::kCookie);
  EXPECT_FALSE(policies[1].is_terminal);
  base::Arena arena;
  ASSERT_NE(policies[1].new_cookie, nullptr);
  EXPECT_EQ(policies[1].new_cookie->Write("v", arena),
            "s=\"v\"; Max-Age=60; Path=/p; SameSite=Lax; HttpOnly");
  EXPECT_EQ(policies[2].kind, HashPolicy::Kind::kSourceIp);
  EXPECT_EQ(policies[3].name, "k");
}

TEST(HashPolicyParserTest, Faults) {
  EXPECT_THAT(FaultsOf("hash_policy { header { header_name: 'a b' } }"),
              ElementsAre(HasSubstr("hash_policy[0].header.header_name: 'a b'")));
  EXPECT_THAT(FaultsOf("hash_policy { header { header_name: 'a' regex_rewrite { pattern { regex: "
                       "'(' } } } }"),
              ElementsAre(HasSubstr("hash_policy[0].header.regex_rewrite.pattern")));
  EXPECT_THAT(FaultsOf("hash_policy { header { header_name: 'a' regex_rewrite { pattern { regex: "
                       "'a' } substitution: '\\\\3' } } }"),
              ElementsAre(HasSubstr("hash_policy[0].header.regex_rewrite.substitution")));
  EXPECT_THAT(FaultsOf("hash_policy { cookie { name: 'a;b' ttl { seconds: -1 } path: '/;x' } }"),
              ElementsAre(HasSubstr("cookie.name"), HasSubstr("cookie.path"),
                          HasSubstr("cookie.ttl: must not be negative")));
  EXPECT_THAT(FaultsOf("hash_policy { cookie { name: 'a' attributes { name: 'b' value: ';' } } }"),
              ElementsAre(HasSubstr("hash_policy[0].cookie.attributes[0].value")));
  EXPECT_THAT(FaultsOf("hash_policy { terminal: true }"),
              ElementsAre(HasSubstr("hash_policy[0]: one of header")));
}

TEST(HashPolicyParserTest, WhatFindsNothingIsListed) {
  config::Faults faults;
  EXPECT_EQ(Parse("hash_policy { filter_state { key: 'f' } }", faults).size(), 1u);
  EXPECT_THAT(Parse("hash_policy { connection_properties {} }", faults), IsEmpty());
  EXPECT_TRUE(faults.ok());
  ASSERT_EQ(faults.ignored().size(), 2u);
  EXPECT_EQ(faults.ignored()[0].path, "hash_policy[0].filter_state");
  EXPECT_EQ(faults.ignored()[1].path, "hash_policy[0].connection_properties");
}

}  // namespace
}  // namespace weir::routing
