#include "source/routing/match_parser.h"

#include <gtest/gtest.h>

#include "source/routing/path_rewrite.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using Kind = PathPattern::Kind;
using envoy::config::route::v3::RouteMatch;

ParsedMatch Parse(const std::string& text) {
  config::Faults faults;
  ParsedMatch match = ParseMatch(test::FromText<RouteMatch>(text), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return match;
}

std::vector<std::string> FaultsOf(const std::string& text) {
  config::Faults faults;
  ParseMatch(test::FromText<RouteMatch>(text), faults);
  return test::Lines(faults);
}

TEST(MatchParserTest, Paths) {
  EXPECT_EQ(Parse("prefix: '/a'").pattern.kind, Kind::kPrefix);
  EXPECT_EQ(Parse("path: '/a'").pattern.kind, Kind::kExact);
  EXPECT_EQ(Parse("path_separated_prefix: '/a'").pattern.kind, Kind::kSeparatedPrefix);
  const ParsedMatch regex = Parse("safe_regex { regex: '/a+' }");
  EXPECT_EQ(regex.pattern.kind, Kind::kAny);
  EXPECT_TRUE(regex.conditions.path_regex->FullMatch("/aa"));
  EXPECT_FALSE(Parse("prefix: '/a'").pattern.ignores_case);
  EXPECT_FALSE(Parse("prefix: '/a' case_sensitive { value: true }").pattern.ignores_case);
  EXPECT_TRUE(Parse("prefix: '/a' case_sensitive { value: false }").pattern.ignores_case);
}

TEST(MatchParserTest, PlainPathHasNoConditions) {
  EXPECT_TRUE(Parse("prefix: '/'").conditions.empty());
  EXPECT_TRUE(Parse("prefix: '/' runtime_fraction { default_value { numerator: 100 } }")
                  .conditions.empty());
}

TEST(MatchParserTest, Conditions) {
  const RequestConditions conditions =
      Parse(R"pb(
        prefix: "/"
        headers { name: "X-A" exact_match: "1" }
        query_parameters {
          name: "q"
          string_match { prefix: "v" }
        }
        query_parameters { name: "r" present_match: false }
        grpc {}
        runtime_fraction { default_value { numerator: 5 denominator: TEN_THOUSAND } }
      )pb")
          .conditions;
  ASSERT_EQ(conditions.headers.size(), 1u);
  EXPECT_EQ(conditions.headers[0].name, "x-a");
  ASSERT_EQ(conditions.query_parameters.size(), 2u);
  EXPECT_EQ(conditions.query_parameters[0].string->kind, StringMatcher::Kind::kPrefix);
  EXPECT_FALSE(conditions.query_parameters[1].is_present);
  EXPECT_TRUE(conditions.only_grpc);
  EXPECT_EQ(conditions.fraction->numerator, 5u);
  EXPECT_EQ(conditions.fraction->denominator, 10'000u);
}

TEST(MatchParserTest, FaultsSayWhere) {
  EXPECT_EQ(FaultsOf(R"pb(
              safe_regex { regex: "/a(" }
              headers { name: "a" exact_match: "1" }
              headers {
                name: "b c"
                safe_regex_match { regex: "*" }
              }
              query_parameters { string_match { safe_regex { regex: "[" } } }
            )pb"),
            (std::vector<std::string>{
                "safe_regex.regex: not a regular expression that can be used: missing ): /a(",
                "headers[1].name: 'b c' is not a header name",
                "headers[1].safe_regex_match.regex: not a regular expression that can be used: no "
                "argument for repetition operator: *",
                "query_parameters[0].name: must not be empty",
                "query_parameters[0].string_match.safe_regex.regex: not a regular expression that "
                "can be used: missing ]: [",
            }));
  EXPECT_EQ(FaultsOf("").size(), 1u);
  EXPECT_EQ(FaultsOf("path_separated_prefix: '/a/'").size(), 1u);
}

TEST(MatchParserTest, MatchedBytes) {
  EXPECT_EQ(MatchedBytes(Parse("prefix: '/abc'").pattern), 4u);
  EXPECT_EQ(MatchedBytes(Parse("path_separated_prefix: '/ab'").pattern), 3u);
  EXPECT_EQ(MatchedBytes(Parse("path: '/ab'").pattern), PathRewrite::kWholePath);
  EXPECT_EQ(MatchedBytes(Parse("safe_regex { regex: '/.*' }").pattern), PathRewrite::kWholePath);
}

}  // namespace
}  // namespace weir::routing
