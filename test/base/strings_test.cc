#include "source/base/strings.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace weir::base {
namespace {

TEST(StringsTest, CatTakesBothKindsOfView) {
  const std::string_view standard = "std";
  const absl::string_view abseil = "absl";
  EXPECT_EQ(StrCat(standard, "/", abseil, "/", std::string("own"), "/", 7, "/", 1.5),
            "std/absl/own/7/1.5");
  EXPECT_EQ(StrCat(), "");
}

TEST(StringsTest, AppendKeepsWhatIsThere) {
  std::string text = "a";
  StrAppend(&text, std::string_view("b"), 3, absl::Hex(255));
  EXPECT_EQ(text, "ab3ff");
}

TEST(StringsTest, ViewsConvertBothWays) {
  const std::string_view bytes("a\0b", 3);
  EXPECT_EQ(ToStd(ToAbsl(bytes)), bytes);
}

TEST(StringsTest, AnIntegerIsAllOfTheText) {
  EXPECT_EQ(ParseInteger<int64_t>("-17"), -17);
  EXPECT_EQ(ParseInteger<uint64_t>("18446744073709551615"), UINT64_MAX);
  for (const std::string_view text : {"", " 1", "1 ", "+1", "1x", "0x1", "1.0"}) {
    EXPECT_EQ(ParseInteger<int64_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseInteger<uint32_t>("-1"), std::nullopt);
  EXPECT_EQ(ParseInteger<uint32_t>("4294967296"), std::nullopt);
  EXPECT_EQ(ParseInteger<int64_t>(std::string_view()), std::nullopt);
}

}  // namespace
}  // namespace weir::base
