#include "source/base/strings.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weir::base
