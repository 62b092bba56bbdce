#include "source/routing/request_matcher.h"

#include <gtest/gtest.h>

#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using test::Request;

bool Matches(const std::string& matcher, const http::RequestHead& head) {
  config::Faults faults;
  const HeaderMatcher parsed =
      ParseHeaderMatcher(test::FromText<envoy::config::route::v3::HeaderMatcher>(matcher), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return parsed.Matches(head);
}

TEST(HeaderMatcherTest, OldAndNewForms) {
  const Request r("GET", "h", "/", {{"x-a", "abc"}});
  EXPECT_TRUE(Matches("name: 'X-A' exact_match: 'abc'", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' prefix_match: 'ab'", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' suffix_match: 'bc'", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' contains_match: 'b'", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' safe_regex_match { regex: 'a.c' }", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' string_match { exact: 'ABC' ignore_case: true }", r.head));
  EXPECT_TRUE(Matches("name: 'x-a'", r.head));
  EXPECT_FALSE(Matches("name: 'x-a' exact_match: 'ab'", r.head));
  EXPECT_FALSE(Matches("name: 'x-a' exact_match: 'abc' invert_match: true", r.head));
}

TEST(HeaderMatcherTest, Presence) {
  const Request r("GET", "h", "/", {{"x-a", ""}});
  EXPECT_TRUE(Matches("name: 'x-a' present_match: true", r.head));
  EXPECT_FALSE(Matches("name: 'x-a' present_match: false", r.head));
  EXPECT_FALSE(Matches("name: 'x-b' present_match: true", r.head));
  EXPECT_TRUE(Matches("name: 'x-b' present_match: false", r.head));
  EXPECT_TRUE(Matches("name: 'x-b' present_match: true invert_match: true", r.head));
}

TEST(HeaderMatcherTest, RangesAreHalfOpenAndOfWholeNumbers) {
  const auto in = [](const char* value) {
    const Request r("GET", "h", "/", {{"x-n", value}});
    return Matches("name: 'x-n' range_match { start: -5 end: 10 }", r.head);
  };
  EXPECT_TRUE(in("-5"));
  EXPECT_TRUE(in("9"));
  EXPECT_FALSE(in("10"));
  EXPECT_FALSE(in("9.5"));
  EXPECT_FALSE(in("9x"));
  EXPECT_FALSE(in(""));
  EXPECT_FALSE(in("99999999999999999999"));
}

TEST(HeaderMatcherTest, MissingHeaders) {
  const Request r("GET", "h", "/");
  EXPECT_FALSE(Matches("name: 'x-n' exact_match: 'a'", r.head));
  // Without the header the rule does not match, inverted or not.
  EXPECT_FALSE(Matches("name: 'x-n' exact_match: 'a' invert_match: true", r.head));
  EXPECT_TRUE(Matches("name: 'x-n' string_match { exact: '' } treat_missing_header_as_empty: true",
                      r.head));
  EXPECT_TRUE(
      Matches("name: 'x-n' range_match { start: 0 end: 10 } invert_match: true "
              "treat_missing_header_as_empty: true",
              r.head));
}

TEST(HeaderMatcherTest, EveryValueIsTestedByItself) {
  const Request r("GET", "h", "/", {{"x-a", "good"}, {"x-b", "1"}, {"x-a", "evil"}});
  EXPECT_TRUE(Matches("name: 'x-a' exact_match: 'evil'", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' exact_match: 'good'", r.head));
  EXPECT_FALSE(Matches("name: 'x-a' exact_match: 'good,evil'", r.head));
  // A second field does not hide the first from a rule that keeps values out.
  EXPECT_FALSE(Matches("name: 'x-a' exact_match: 'evil' invert_match: true", r.head));
  EXPECT_TRUE(Matches("name: 'x-a' exact_match: 'other' invert_match: true", r.head));
}

TEST(HeaderMatcherTest, FieldsOutsideTheMap) {
  Request r("PUT", "example.com", "/p?q");
  r.head.content_length = 42;
  EXPECT_TRUE(Matches("name: ':method' exact_match: 'PUT'", r.head));
  EXPECT_TRUE(Matches("name: ':path' exact_match: '/p?q'", r.head));
  EXPECT_TRUE(Matches("name: ':authority' exact_match: 'example.com'", r.head));
  EXPECT_TRUE(Matches("name: 'Host' exact_match: 'example.com'", r.head));
  EXPECT_TRUE(Matches("name: ':scheme' exact_match: 'http'", r.head));
  EXPECT_TRUE(Matches("name: 'content-length' range_match { start: 42 end: 43 }", r.head));
  EXPECT_FALSE(Matches("name: 'upgrade' exact_match: 'websocket'", r.head));
  EXPECT_FALSE(Matches("name: ':protocol'", r.head));
  EXPECT_FALSE(Matches("name: ':other'", r.head));
  r.head.upgrade = "websocket";
  EXPECT_TRUE(Matches("name: 'upgrade' exact_match: 'websocket'", r.head));
}

TEST(QueryParameterMatcherTest, FirstOfTheNameDecides) {
  QueryParameterMatcher matcher{.name = "a"};
  EXPECT_TRUE(matcher.Matches("a"));
  EXPECT_TRUE(matcher.Matches("b=1&a=2"));
  EXPECT_FALSE(matcher.Matches("aa=1&b=a"));
  EXPECT_FALSE(matcher.Matches(""));
  matcher.is_present = false;
  EXPECT_FALSE(matcher.Matches("a=1"));
  EXPECT_TRUE(matcher.Matches("b=1"));
  EXPECT_TRUE(matcher.Matches(""));
  matcher.string = StringMatcher{.text = "1"};
  EXPECT_TRUE(matcher.Matches("b=2&a=1&a=2"));
  EXPECT_FALSE(matcher.Matches("a=2&a=1"));
  EXPECT_FALSE(matcher.Matches("a"));
  matcher.string->text = "";
  EXPECT_TRUE(matcher.Matches("&&a&"));
}

TEST(FractionTest, TakesItsShareAndRepeats) {
  const Fraction fraction{.numerator = 25, .denominator = 100};
  int taken = 0;
  for (uint64_t random = 0; random < 100'000; ++random) taken += fraction.Takes(random);
  EXPECT_NEAR(taken, 25'000, 700);
  EXPECT_EQ(fraction.Takes(7), fraction.Takes(7));
  EXPECT_FALSE((Fraction{.numerator = 0, .denominator = 100}.Takes(7)));
}

TEST(RequestConditionsTest, AllMustHold) {
  RequestConditions conditions;
  EXPECT_TRUE(conditions.empty());
  conditions.only_grpc = true;
  EXPECT_FALSE(conditions.empty());
  const auto match = [&](const Request& r) { return conditions.Match(r.head, "/p", "q=1", 0); };
  EXPECT_TRUE(match(Request("POST", "h", "/p", {{"content-type", "application/grpc"}})));
  EXPECT_TRUE(match(Request("POST", "h", "/p", {{"content-type", "application/grpc+json"}})));
  EXPECT_FALSE(match(Request("POST", "h", "/p", {{"content-type", "application/grpc-web"}})));
  EXPECT_FALSE(match(Request("POST", "h", "/p")));
  conditions.only_grpc = false;
  const Request plain("GET", "h", "/p");
  conditions.path_regex = *config::Regex::Compile("/[op]");
  EXPECT_TRUE(match(plain));
  conditions.query_parameters.push_back({.name = "q"});
  EXPECT_TRUE(match(plain));
  conditions.query_parameters.push_back({.name = "r"});
  EXPECT_FALSE(match(plain));
}

}  // namespace
}  // namespace weir::routing
