#include "source/stats/text_writer.h"

#include <gtest/gtest.h>

namespace weir::stats {
namespace {

TEST(TextWriterTest, HandsOnChunksInOrder) {
  std::string all;
  size_t largest = 0;
  int pieces = 0;
  auto sink = [&](std::string_view piece) {
    all += piece;
    largest = std::max(largest, piece.size());
    ++pieces;
  };
  std::string expected;
  {
    TextWriter writer(sink);
    for (int i = 0; i < 20'000; ++i) {
      writer.Write("line ", i, std::string_view("\n"));
      expected += "line " + std::to_string(i) + "\n";
    }
    EXPECT_GT(pieces, 1);
  }
  EXPECT_EQ(all, expected);
  EXPECT_LT(largest, TextWriter::kChunkBytes + 100);
}

TEST(TextWriterTest, NothingWrittenIsNothingSent) {
  auto sink = [](std::string_view) { ADD_FAILURE() << "called"; };
  TextWriter writer(sink);
}

TEST(TextWriterTest, NumbersHaveNoExponent) {
  EXPECT_EQ(FormatDouble(0.5), "0.5");
  EXPECT_EQ(FormatDouble(3'600'000), "3600000");
  EXPECT_EQ(FormatDouble(99.9), "99.9");
}

}  // namespace
}  // namespace weir::stats
