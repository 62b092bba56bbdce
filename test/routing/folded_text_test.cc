#include "source/routing/folded_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace weir::routing {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return text;
}

// Long enough for whole words and a rest, with bytes around the letters' ranges.
rc::Gen<std::string> Text() {
  return rc::gen::container<std::string>(
      rc::gen::element('a', 'z', 'A', 'Z', '@', '[', '`', '{', '\x80', '\xc1', '\xff', '\0', 'k'));
}

TEST(FoldedTextTest, FoldsEveryByteLikeTheSlowWay) {
  EXPECT_TRUE(rc::check("FoldWord", [] {
    const auto bytes = *rc::gen::container<std::string>(8, rc::gen::arbitrary<char>());
    uint64_t word, expected;
    std::memcpy(&word, bytes.data(), 8);
    std::memcpy(&expected, Lower(bytes).data(), 8);
    RC_ASSERT(FoldWord(word) == expected);
  }));
}

TEST(FoldedTextTest, EqualityAndHashAgreeWithLowerCase) {
  EXPECT_TRUE(rc::check("equal", [] {
    const std::string a = *Text();
    std::string b = *rc::gen::oneOf(Text(), rc::gen::just(a));
    if (*rc::gen::arbitrary<bool>()) b = Lower(b);
    const bool equal = Lower(a) == Lower(b);
    RC_ASSERT(EqualFolded(a, b) == equal);
    RC_ASSERT(TextEqual<true>()(a, b) == equal);
    RC_ASSERT(TextEqual<false>()(a, b) == (a == b));
    if (equal) RC_ASSERT(TextHash<true>()(a) == TextHash<true>()(b));
    if (a == b) RC_ASSERT(TextHash<false>()(a) == TextHash<false>()(b));
  }));
}

TEST(FoldedTextTest, HashTellsTextsApart) {
  EXPECT_NE(TextHash<false>()("a"), TextHash<false>()("A"));
  EXPECT_NE(TextHash<true>()("a"), TextHash<true>()(std::string_view("a\0", 2)));
  EXPECT_NE(TextHash<true>()("12345678a"), TextHash<true>()("a12345678"));
}

TEST(FoldedTextTest, PartsOfText) {
  EXPECT_TRUE(StartsWithFolded("Content-Type", "content"));
  EXPECT_FALSE(StartsWithFolded("con", "content"));
  EXPECT_TRUE(EndsWithFolded("a.EXAMPLE.com", ".example.COM"));
  EXPECT_FALSE(EndsWithFolded("com", ".com"));
  EXPECT_TRUE(ContainsFolded("xxAbCyy", "abc"));
  EXPECT_TRUE(ContainsFolded("", ""));
  EXPECT_TRUE(ContainsFolded("abC", "c"));
  EXPECT_FALSE(ContainsFolded("ab", "abc"));
}

}  // namespace
}  // namespace weir::routing
