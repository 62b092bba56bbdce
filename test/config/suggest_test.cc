#include "source/config/suggest.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

TEST(EditDistance, CountsEdits) {
  struct Case {
    std::string_view a, b;
    size_t distance;
  };
  for (const Case& c : {Case{"", "", 0}, Case{"abc", "abc", 0}, Case{"abc", "", 3},
                        Case{"abc", "abd", 1}, Case{"abc", "acb", 1}, Case{"abc", "ab", 1},
                        Case{"abc", "xabc", 1}, Case{"kitten", "sitting", 3}}) {
    EXPECT_EQ(EditDistance(c.a, c.b, 9), c.distance) << c.a << " " << c.b;
    EXPECT_EQ(EditDistance(c.b, c.a, 9), c.distance) << c.b << " " << c.a;
  }
}

TEST(EditDistance, StopsAtTheLimit) { EXPECT_EQ(EditDistance("abcdef", "uvwxyz", 2), 3u); }

TEST(DidYouMean, NamesTheNearest) {
  const std::vector<std::string_view> names = {"connect_timeout", "name", "type"};
  EXPECT_EQ(DidYouMean("conect_timeout", names), " (did you mean `connect_timeout`?)");
  EXPECT_EQ(DidYouMean("nmae", names), " (did you mean `name`?)");
  EXPECT_EQ(DidYouMean("zzzz", names), "");
  EXPECT_EQ(DidYouMean("", names), "");
  EXPECT_EQ(DidYouMean(std::string(100000, 'a'), names), "");
}

TEST(Quote, EscapesAndCuts) {
  EXPECT_EQ(Quote("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quote(std::string(1000, 'x')), "\"" + std::string(64, 'x') + "\"...");
}

}  // namespace
}  // namespace weir::config
