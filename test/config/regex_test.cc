#include "source/config/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::config {
namespace {

std::shared_ptr<const Regex> Compiled(std::string_view pattern) {
  auto regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  return *regex;
}

std::string Replace(std::string_view pattern, std::string_view text, std::string_view with) {
  base::Arena arena;
  return std::string(Compiled(pattern)->ReplaceAll(text, with, arena));
}

TEST(RegexTest, MatchesTheWholeText) {
  auto regex = Compiled("/a[0-9]+");
  EXPECT_TRUE(regex->FullMatch("/a12"));
  EXPECT_FALSE(regex->FullMatch("/a12/"));
  EXPECT_FALSE(regex->FullMatch("x/a12"));
  // An alternation is anchored as a whole.
  EXPECT_FALSE(Compiled("a|b")->FullMatch("ab"));
}

TEST(RegexTest, TextIsBytes) {
  EXPECT_TRUE(
      Compiled("a.b")->FullMatch("a\xff"
                                 "b"));
  EXPECT_TRUE(
      Compiled("a..b")->FullMatch("a\xc3\xa4"
                                  "b"));
}

TEST(RegexTest, FaultsSayWhy) {
  EXPECT_EQ(Regex::Compile("a(b").status().message(), "missing ): a(b");
  EXPECT_FALSE(Regex::Compile("(a)\\1").ok());
  EXPECT_FALSE(Regex::Compile(std::string(Regex::kMaxPatternBytes + 1, 'a')).ok());
  const absl::Status too_big = Regex::Compile("(abcdefgh){300}").status();
  EXPECT_NE(too_big.message().find("at most"), std::string::npos) << too_big;
}

TEST(RegexTest, ReplacesEveryMatch) {
  EXPECT_EQ(Replace("^/service/([^/]+)(/.*)$", "/service/foo/v1/api", "\\2/instance/\\1"),
            "/v1/api/instance/foo");
  EXPECT_EQ(Replace("one", "/xxx/one/yyy/one/zzz", "two"), "/xxx/two/yyy/two/zzz");
  EXPECT_EQ(Replace("(?i)/xxx/", "/aaa/XxX/bbb", "/yyy/"), "/aaa/yyy/bbb");
  EXPECT_EQ(Replace("b*", "abc", "-"), "-a-c-");
  EXPECT_EQ(Replace("x", "", "y"), "");
}

TEST(RegexTest, TextWithoutMatchIsNotCopied) {
  base::Arena arena;
  const std::string_view text = "/plain";
  EXPECT_EQ(Compiled("q")->ReplaceAll(text, "r", arena).data(), text.data());
}

TEST(RegexTest, ChecksSubstitutions) {
  EXPECT_TRUE(Compiled("(a)")->CheckSubstitution("\\1\\\\x").ok());
  EXPECT_FALSE(Compiled("(a)")->CheckSubstitution("\\2").ok());
  EXPECT_FALSE(Compiled("(a)")->CheckSubstitution("\\x").ok());
}

}  // namespace
}  // namespace weir::config
