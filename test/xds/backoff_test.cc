#include "source/xds/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "source/base/random.h"

namespace weir::xds {
namespace {

// case 20
TEST(BackoffTest, DoublesUpToTheBound) {
  base::Random random(1);
  Backoff backoff({500, 30'000}, random);
  for (const int64_t interval : {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000}) {
    const int64_t wait = backoff.NextMs();
    EXPECT_GE(wait, interval / 2);
    EXPECT_LT(wait, interval);
  }
}

// case 20
TEST(BackoffTest, ResetBeginsAnew) {
  base::Random random(1);
  Backoff backoff({500, 30'000}, random);
  for (int i = 0; i < 10; ++i) backoff.NextMs();
  backoff.Reset();
  EXPECT_LT(backoff.NextMs(), 500);
}

// A fleet whose proxies lost their server at one moment comes back spread over the interval.
// case 20
TEST(BackoffTest, JitterIsUniform) {
  base::Random random(7);
  constexpr int kProxies = 10'000, kSlices = 10;
  std::vector<int> slices(kSlices);
  for (int i = 0; i < kProxies; ++i) {
    Backoff backoff({1000, 30'000}, random);
    ++slices[(backoff.NextMs() - 500) * kSlices / 500];
  }
  for (const int count : slices) EXPECT_NEAR(count, kProxies / kSlices, 150);
}

TEST(BackoffTest, StaysInBoundsWhateverTheOptions) {
  EXPECT_TRUE(rc::check("bounds", [](uint64_t seed) {
    base::Random random(seed);
    const auto base_ms = *rc::gen::inRange<int64_t>(-10, 100'000);
    const auto max_ms = *rc::gen::inRange<int64_t>(-10, 1'000'000);
    Backoff backoff({base_ms, max_ms}, random);
    for (int i = 0; i < 80; ++i) {
      const int64_t wait = backoff.NextMs();
      RC_ASSERT(wait >= 1);
      RC_ASSERT(wait <= std::max({base_ms, max_ms, int64_t{1}}));
    }
  }));
}

}  // namespace
}  // namespace weir::xds
