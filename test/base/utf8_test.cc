#include "source/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::base {
namespace {

TEST(Utf8, AcceptsEveryLength) {
  const std::string text = "a\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
  EXPECT_EQ(ValidUtf8Length(text), text.size());
  EXPECT_EQ(CountCharacters(text), 6u);
}

TEST(Utf8, StopsBeforeWhatIsBroken) {
  for (const std::string_view broken :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2g"}) {
    EXPECT_EQ(ValidUtf8Length("ab" + std::string(broken)), 2u) << broken.size();
    EXPECT_GE(CountCharacters(broken), 1u);
  }
}

}  // namespace
}  // namespace weir::base
