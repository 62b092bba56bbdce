#include "source/xds/token_bucket.h"

#include <gtest/gtest.h>

namespace weir::xds {
namespace {

TEST(TokenBucketTest, ABurstAndThenTheRate) {
  TokenBucket bucket({.max_tokens = 3, .tokens_per_second = 10});
  int64_t now_ms = 1'000'000;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(now_ms));
  EXPECT_FALSE(bucket.Take(now_ms));
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(bucket.Take(now_ms));
    EXPECT_LE(bucket.WaitMs(), 101);
    now_ms += bucket.WaitMs();
    EXPECT_TRUE(bucket.Take(now_ms));
  }
}

TEST(TokenBucketTest, SavesUpNoMoreThanItHolds) {
  TokenBucket bucket({.max_tokens = 2, .tokens_per_second = 1000});
  EXPECT_TRUE(bucket.Take(0));
  EXPECT_TRUE(bucket.Take(1'000'000));
  EXPECT_TRUE(bucket.Take(1'000'000));
  EXPECT_FALSE(bucket.Take(1'000'000));
}

}  // namespace
}  // namespace weir::xds
