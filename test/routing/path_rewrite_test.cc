#include "source/routing/path_rewrite.h"

#include <gtest/gtest.h>

namespace weir::routing {
namespace {

std::string Rewrite(const PathRewrite& rewrite, std::string_view target) {
  base::Arena arena;
  return std::string(RewritePath(rewrite, target, arena));
}

PathRewrite Prefix(size_t matched_bytes, std::string replacement) {
  return {.matched_bytes = matched_bytes, .replacement = std::move(replacement)};
}

PathRewrite Substitution(std::string_view pattern, std::string replacement) {
  return {.regex = *config::Regex::Compile(pattern), .replacement = std::move(replacement)};
}

TEST(PathRewriteTest, ReplacesThePrefixAndKeepsTheQuery) {
  EXPECT_EQ(Rewrite(Prefix(4, "/new"), "/old/x?q=/old"), "/new/x?q=/old");
  EXPECT_EQ(Rewrite(Prefix(4, "/new"), "/old"), "/new");
  EXPECT_EQ(Rewrite(Prefix(4, "/new"), "/old?q"), "/new?q");
}

TEST(PathRewriteTest, ReplacesTheWholePath) {
  EXPECT_EQ(Rewrite(Prefix(PathRewrite::kWholePath, "/new"), "/old/x?q"), "/new?q");
}

TEST(PathRewriteTest, SlashIsNeitherDoubledNorLost) {
  EXPECT_EQ(Rewrite(Prefix(7, "/"), "/prefix/foo"), "/foo");
  EXPECT_EQ(Rewrite(Prefix(7, "/"), "/prefix"), "/");
  EXPECT_EQ(Rewrite(Prefix(7, "/"), "/prefix?q"), "/?q");
  EXPECT_EQ(Rewrite(Prefix(8, "/"), "/prefix/foo"), "/foo");
  EXPECT_EQ(Rewrite(Prefix(1, "/a/"), "/foo"), "/a/foo");
  EXPECT_EQ(Rewrite(Prefix(4, "new"), "/old/x"), "/new/x");
}

TEST(PathRewriteTest, RegexSeesThePathOnly) {
  EXPECT_EQ(Rewrite(Substitution("^/service/([^/]+)(/.*)$", "\\2/instance/\\1"),
                    "/service/foo/v1/api?k=/service/x/y"),
            "/v1/api/instance/foo?k=/service/x/y");
  EXPECT_EQ(Rewrite(Substitution("one", "two"), "/xxx/one/yyy/one/zzz"), "/xxx/two/yyy/two/zzz");
  EXPECT_EQ(Rewrite(Substitution("none", "two"), "/x?none"), "/x?none");
  EXPECT_EQ(Rewrite(Substitution("^/.*", ""), "/x?q"), "/?q");
}

}  // namespace
}  // namespace weir::routing
