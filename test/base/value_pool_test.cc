#include "source/base/value_pool.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::base {
namespace {

// Hashes by its first half alone.
struct Value {
  int hashed = 0;
  std::string other;

  friend bool operator==(const Value&, const Value&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Value& value) {
    return H::combine(std::move(h), value.hashed);
  }
};

TEST(ValuePoolTest, EqualValuesAreOneObject) {
  ValuePool<Value> pool;
  const auto one = pool.Share({1, "a"});
  EXPECT_EQ(pool.Share({1, "a"}), one);
  EXPECT_NE(pool.Share({2, "a"}), one);
  EXPECT_EQ(*one, (Value{1, "a"}));
}

TEST(ValuePoolTest, WhatDiffersIsApartEvenWithOneHash) {
  ValuePool<Value> pool;
  const auto one = pool.Share({1, "a"});
  const auto other = pool.Share({1, "b"});
  EXPECT_EQ(one->other, "a");
  EXPECT_EQ(other->other, "b");
  EXPECT_EQ(pool.Share({1, "b"}), other);
}

TEST(ValuePoolTest, KeepsNothingAlive) {
  ValuePool<Value> pool;
  std::weak_ptr<const Value> gone = pool.Share({1, "a"});
  EXPECT_TRUE(gone.expired());
  for (int i = 0; i < 10'000; ++i) pool.Share({i, ""});
  EXPECT_LE(pool.size(), 64u);
}

}  // namespace
}  // namespace weir::base
