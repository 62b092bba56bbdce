#include "source/balancing/hash.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace weir::balancing {
namespace {

// Published vectors of the reference implementation.
TEST(HashTest, XxHash64GivesTheReferenceValues) {
  EXPECT_EQ(XxHash64(""), 0xef46db3751d8e999);
  EXPECT_EQ(XxHash64("a"), 0xd24ec4f1a98c6e5b);
  EXPECT_EQ(XxHash64("abc"), 0x44bc2cf5ad770999);
  EXPECT_NE(XxHash64("abc", 1), XxHash64("abc"));
}

// GNU's std::hash of a string is the same function.
TEST(HashTest, MurmurHash2IsThatOfTheStandardLibrary) {
  std::string text;
  for (int length = 0; length < 100; ++length) {
    EXPECT_EQ(MurmurHash2(text), std::hash<std::string>()(text)) << text;
    text.push_back(static_cast<char>('a' + length * 7 % 26));
  }
}

}  // namespace
}  // namespace weir::balancing
