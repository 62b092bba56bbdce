#include "source/http/field_syntax.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

TEST(FieldSyntaxTest, TokenBytesAreThoseOfTheRfc) {
  const std::string token =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int c = 0; c < 256; ++c) {
    const bool expected = c != 0 && token.find(static_cast<char>(c)) != std::string::npos;
    EXPECT_EQ(IsTokenByte(static_cast<char>(c)), expected) << c;
    EXPECT_EQ(IsToken(std::string(1, static_cast<char>(c))), expected) << c;
  }
  EXPECT_FALSE(IsToken(""));
  EXPECT_FALSE(IsToken("a b"));
}

TEST(FieldSyntaxTest, FieldNamesAreLowerCaseTokens) {
  EXPECT_TRUE(IsLowerCaseFieldName("x-a_b"));
  EXPECT_FALSE(IsLowerCaseFieldName("X-a"));
  EXPECT_FALSE(IsLowerCaseFieldName("x:a"));
  EXPECT_FALSE(IsLowerCaseFieldName(""));
}

// At every position of every length around the vector width.
TEST(FieldSyntaxTest, ScannersFindEachByteAtEachPosition) {
  for (size_t size : {1, 5, 15, 16, 17, 31, 32, 33, 40}) {
    for (size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(c);
        const char* const end = text.data() + size;
        const bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
        ASSERT_EQ(FindControl(text.data(), end) - text.data(),
                  static_cast<ptrdiff_t>(is_control ? at : size))
            << size << " " << at << " " << c;
        ASSERT_EQ(IsFieldValue(text), !is_control);
        if (at > 0) {  // with readable text before it
          ASSERT_EQ(FindControl(text.data() + 1, end, text.data()) - text.data(),
                    static_cast<ptrdiff_t>(is_control ? at : size));
        }
        std::string copy(size, '?');
        ASSERT_EQ(CopyFieldText(copy.data(), text.data(), size), !is_control) << size << " " << at;
        ASSERT_EQ(copy, text);
        const bool is_target = c > 0x20 && c < 0x7f && c != '#';
        ASSERT_EQ(FindTargetEnd(text.data(), end) - text.data(),
                  static_cast<ptrdiff_t>(is_target ? size : at))
            << size << " " << at << " " << c;
      }
    }
  }
}

TEST(FieldSyntaxTest, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoreCase("ChUnKeD", "chunked"));
  EXPECT_FALSE(EqualsIgnoreCase("chunkes", "chunked"));
  EXPECT_FALSE(EqualsIgnoreCase("chunke", "chunked"));
  // The Kelvin sign and bytes that differ from letters in bit 5 only.
  EXPECT_FALSE(EqualsIgnoreCase("c\x08unked", "chunked"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
}

TEST(FieldSyntaxTest, Trims) {
  EXPECT_EQ(TrimOws(" \t a b\t "), "a b");
  EXPECT_EQ(TrimOws(" \t"), "");
  EXPECT_EQ(TrimOws("\x0b"
                    "a"),
            "\x0b"
            "a");
}

std::vector<std::string> Elements(std::string_view list) {
  std::vector<std::string> elements;
  std::string_view element;
  while (NextListElement(list, element)) elements.emplace_back(element);
  return elements;
}

TEST(FieldSyntaxTest, Lists) {
  EXPECT_EQ(Elements("a"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(Elements("a ,\tb"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Elements(""), (std::vector<std::string>{""}));
  EXPECT_EQ(Elements(",a,"), (std::vector<std::string>{"", "a", ""}));
}

TEST(FieldSyntaxTest, HexDigits) {
  EXPECT_EQ(HexValue('0'), 0);
  EXPECT_EQ(HexValue('f'), 15);
  EXPECT_EQ(HexValue('A'), 10);
  for (char c : std::string("gG/:@`x-+ ")) EXPECT_EQ(HexValue(c), -1) << c;
}

}  // namespace
}  // namespace weir::http
