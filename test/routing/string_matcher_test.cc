#include "source/routing/string_matcher.h"

#include <gtest/gtest.h>

#include "envoy/type/matcher/v3/string.pb.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

StringMatcher Parse(const std::string& text) {
  config::Faults faults;
  const auto matcher =
      ParseStringMatcher(test::FromText<envoy::type::matcher::v3::StringMatcher>(text), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return matcher;
}

std::vector<std::string> FaultsOf(const std::string& text) {
  config::Faults faults;
  ParseStringMatcher(test::FromText<envoy::type::matcher::v3::StringMatcher>(text), faults);
  return test::Lines(faults);
}

struct Case {
  const char* matcher;
  const char* value;
  bool matches;
};

TEST(StringMatcherTest, EveryKind) {
  for (const Case& c : {
           Case{"exact: 'abc'", "abc", true},
           Case{"exact: 'abc'", "ABC", false},
           Case{"exact: ''", "", true},
           Case{"prefix: 'ab'", "abc", true},
           Case{"prefix: 'ab'", "a", false},
           Case{"suffix: 'bc'", "abc", true},
           Case{"suffix: 'bc'", "bcd", false},
           Case{"contains: 'b'", "abc", true},
           Case{"contains: 'x'", "abc", false},
           Case{"safe_regex { regex: 'a.c' }", "abc", true},
           Case{"safe_regex { regex: 'a.c' }", "abcd", false},
           Case{"exact: 'aBc' ignore_case: true", "AbC", true},
           Case{"prefix: 'aB' ignore_case: true", "Abx", true},
           Case{"suffix: 'bC' ignore_case: true", "xBc", true},
           Case{"contains: 'B' ignore_case: true", "abc", true},
           Case{"contains: 'B' ignore_case: true", "axc", false},
           // A regular expression says (?i) itself.
           Case{"safe_regex { regex: 'a' } ignore_case: true", "A", false},
           Case{"safe_regex { regex: '(?i)a' }", "A", true},
       }) {
    EXPECT_EQ(Parse(c.matcher).Matches(c.value), c.matches) << c.matcher << " on " << c.value;
  }
}

TEST(StringMatcherTest, Faults) {
  EXPECT_EQ(FaultsOf("safe_regex { regex: 'a(' }"),
            std::vector<std::string>{"safe_regex.regex: not a regular expression that can be used: "
                                     "missing ): a("});
  EXPECT_EQ(FaultsOf("ignore_case: true").size(), 1u);
}

}  // namespace
}  // namespace weir::routing
