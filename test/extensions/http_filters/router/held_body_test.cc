#include "source/extensions/http_filters/router/held_body.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir::extensions::router {
namespace {

class HeldBodyTest : public testing::Test {
 protected:
  void Wait(std::string_view text) {
    base::Buffer piece;
    piece.Append(text);
    body_.Wait(piece);
    EXPECT_TRUE(piece.empty());
  }
  void Keep(std::string_view text, size_t most_bytes = HeldBody::kLimitBytes) {
    base::Buffer piece;
    piece.Append(text);
    body_.Keep(piece, most_bytes);
    EXPECT_EQ(piece.size(), text.size()) << "it is still to be sent";
  }
  std::string MoveAll(size_t most_bytes = HeldBody::kLimitBytes) {
    base::Buffer out;
    body_.MoveAll(out, most_bytes);
    return out.ToString();
  }

  HeldBody body_;
};

TEST_F(HeldBodyTest, GivesWhatWasSentBeforeWhatWaits) {
  EXPECT_TRUE(body_.empty());
  Wait("a");
  EXPECT_EQ(MoveAll(), "a");
  Keep("b");
  Wait("c");
  EXPECT_EQ(MoveAll(), "abc");
  EXPECT_EQ(MoveAll(), "abc") << "for as many tries as there are";
  EXPECT_TRUE(body_.is_complete());
}

TEST_F(HeldBodyTest, KeepsNothingThatNobodyWants) {
  Wait("a");
  EXPECT_EQ(MoveAll(0), "a");
  EXPECT_TRUE(body_.empty());
  EXPECT_FALSE(body_.is_complete());
  Keep("b");
  EXPECT_TRUE(body_.empty()) << "half a body is of no use";
}

TEST_F(HeldBodyTest, IsBounded) {
  const std::string half(HeldBody::kLimitBytes / 2, 'x');
  Wait(half);
  Wait(half);
  EXPECT_FALSE(body_.is_full());
  Wait("x");
  EXPECT_TRUE(body_.is_full());
  EXPECT_EQ(MoveAll().size(), 2 * half.size() + 1);
  EXPECT_FALSE(body_.is_complete());
  EXPECT_TRUE(body_.empty());
}

// However it is laid out: a copy goes through all its blocks.
TEST_F(HeldBodyTest, KeepsALongBodyInPieces) {
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string piece(1 + i * 3 % 300, static_cast<char>('a' + i % 26));
    all += piece;
    Keep(piece);
  }
  EXPECT_TRUE(body_.is_complete());
  EXPECT_EQ(MoveAll(), all);
  EXPECT_EQ(MoveAll(), all);
}

TEST_F(HeldBodyTest, StopsKeepingWhenThereIsAResponse) {
  Keep("a");
  body_.StopKeeping();
  EXPECT_FALSE(body_.is_complete());
  EXPECT_TRUE(body_.empty());
}

TEST_F(HeldBodyTest, ClearLetsGoOfEverything) {
  Keep("a");
  Wait("b");
  body_.Clear();
  EXPECT_TRUE(body_.empty());
}

}  // namespace
}  // namespace weir::extensions::router
