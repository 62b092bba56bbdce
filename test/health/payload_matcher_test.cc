#include "source/health/payload_matcher.h"

#include <gtest/gtest.h>

namespace weir::health {
namespace {

bool Finds(const std::vector<std::string>& wanted, const std::vector<std::string>& pieces) {
  PayloadMatcher matcher(wanted);
  for (const std::string& piece : pieces) matcher.Feed(piece);
  return matcher.has_all();
}

TEST(PayloadMatcher, NothingWantedIsThere) { EXPECT_TRUE(Finds({}, {})); }

TEST(PayloadMatcher, FindsInOrder) {
  EXPECT_TRUE(Finds({"ab", "cd"}, {"xxabyycdzz"}));
  EXPECT_FALSE(Finds({"cd", "ab"}, {"xxabyycdzz"}));
  EXPECT_FALSE(Finds({"ab", "bc"}, {"abc"})) << "each behind the one before";
}

TEST(PayloadMatcher, PiecesMayBeCutAnywhere) {
  const std::string text = "..needle..thread..";
  for (size_t i = 0; i <= text.size(); ++i) {
    EXPECT_TRUE(Finds({"needle", "thread"}, {text.substr(0, i), text.substr(i)})) << i;
  }
  std::vector<std::string> bytes;
  for (const char byte : text) bytes.emplace_back(1, byte);
  EXPECT_TRUE(Finds({"needle", "thread"}, bytes));
  EXPECT_FALSE(Finds({"needles"}, bytes));
}

TEST(PayloadMatcher, NulIsAByteAsAnyOther) {
  EXPECT_TRUE(Finds({std::string("\0\1", 2)}, {std::string("a\0", 2), "\1"}));
}

}  // namespace
}  // namespace weir::health
