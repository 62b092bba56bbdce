#include "source/filter/start_time_format.h"

#include <gtest/gtest.h>

namespace weir::filter {
namespace {

constexpr int64_t kWallUs = 1'767'225'845'012'345;  // 2026-01-01T00:04:05.012345Z

std::string At(std::string_view format, int64_t wall_us = kWallUs) {
  std::string out;
  StartTimeFormat(format).AppendTo(wall_us, out);
  return out;
}

TEST(StartTimeFormatTest, DefaultIsIso8601WithMilliseconds) {
  EXPECT_EQ(At(""), "2026-01-01T00:04:05.012Z");
  EXPECT_EQ(At("", kWallUs + 988'000), "2026-01-01T00:04:06.000Z");
  EXPECT_EQ(At("", 0), "1970-01-01T00:00:00.000Z");
}

TEST(StartTimeFormatTest, StrftimeInUtc) {
  EXPECT_EQ(At("%Y/%m/%d %H:%M:%S %z"), "2026/01/01 00:04:05 +0000");
  EXPECT_EQ(At("%%Y 100%"), "%Y 100%");
}

TEST(StartTimeFormatTest, FractionsAndSeconds) {
  EXPECT_EQ(At("%s.%3f"), "1767225845.012");
  EXPECT_EQ(At("%6f"), "012345");
  EXPECT_EQ(At("%9f"), "012345000");
  EXPECT_EQ(At("%f"), "012345000");
  EXPECT_EQ(At("%1f"), "0");
  EXPECT_EQ(At("%%3f"), "%3f");
}

TEST(StartTimeFormatTest, LongestFormatFits) {
  std::string format;
  while (format.size() < StartTimeFormat::kMaxFormatBytes) format += "%s";
  EXPECT_EQ(At(format).size(), 10 * StartTimeFormat::kMaxFormatBytes / 2);
}

}  // namespace
}  // namespace weir::filter
