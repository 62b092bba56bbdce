#include "source/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace weir::base {
namespace {

TEST(RandomTest, EqualSeedsGiveEqualNumbers) {
  Random a(7), b(7), c(8);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(a.Next(), c.Next());
}

TEST(RandomTest, BelowStaysBelowAndIsEven) {
  Random random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen.at(random.Below(7));
  for (int count : seen) EXPECT_NEAR(count, 10'000, 500);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.Below(1), 0u);
}

TEST(RandomTest, BelowHandlesHugeBounds) {
  Random random(2);
  const uint64_t bound = (uint64_t{1} << 63) + 1;
  int upper_half = 0;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t value = random.Below(bound);
    EXPECT_LT(value, bound);
    if (value > bound / 2) ++upper_half;
  }
  EXPECT_NEAR(upper_half, 5'000, 300);
}

TEST(RandomTest, FractionFillsTheUnitInterval) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Fraction();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(RandomTest, EachThreadHasItsOwnGenerator) {
  Random* mine = &Random::OfThread();
  EXPECT_EQ(mine, &Random::OfThread());
  const uint64_t first = mine->Next();
  std::thread([&] {
    EXPECT_NE(mine, &Random::OfThread());
    EXPECT_NE(first, Random::OfThread().Next());
  }).join();
}

}  // namespace
}  // namespace weir::base
