#include "source/filter/log_escape.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace weir::filter {
namespace {

std::string Controls(std::string text) {
  EscapeControls(0, text);
  return text;
}

TEST(LogEscapeTest, ControlsStayOnTheLine) {
  EXPECT_EQ(Controls("plain \"text\" \xc3\xa4"), "plain \"text\" \xc3\xa4");
  EXPECT_EQ(Controls("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f");
  EXPECT_EQ(Controls(std::string("\0\x1b", 2)), "\\x00\\x1b");
}

TEST(LogEscapeTest, OnlyTheTailIsTouched) {
  std::string text = "a\nb\n";
  EscapeControls(2, text);
  EXPECT_EQ(text, "a\nb\\x0a");
}

TEST(LogEscapeTest, AnyBytesStayOnOneLine) {
  EXPECT_TRUE(rc::check("controls", [] {
    auto text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    EscapeControls(0, text);
    for (const char c : text) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }));
}

}  // namespace
}  // namespace weir::filter
