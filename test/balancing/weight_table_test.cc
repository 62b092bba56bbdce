#include "source/balancing/weight_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace weir::balancing {
namespace {

std::vector<uint64_t> CountCycle(const WeightTable& table, size_t hosts, uint64_t from) {
  std::vector<uint64_t> picks(hosts);
  for (uint64_t i = 0; i < table.total(); ++i) ++picks[table.At(from + i)];
  return picks;
}

std::vector<uint32_t> SomeWeights(uint32_t most) {
  auto weights = *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(1, most));
  if (weights.empty()) weights.push_back(1);
  return weights;
}

TEST(WeightTable, EveryCycleIsExactWhereverItStarts) {
  EXPECT_TRUE(rc::check("cycle", [] {
    const std::vector<uint32_t> weights = SomeWeights(200);
    const WeightTable table(weights);
    const uint32_t divisor =
        std::accumulate(weights.begin(), weights.end(), 0U, std::gcd<int, int>);
    const auto picks = CountCycle(table, weights.size(), *rc::gen::inRange<uint64_t>(0, 1'000'000));
    for (size_t i = 0; i < weights.size(); ++i) RC_ASSERT(picks[i] == weights[i] / divisor);
  }));
}

TEST(WeightTable, FindsTheOwnerOfEveryUnit) {
  EXPECT_TRUE(rc::check("find", [] {
    const std::vector<uint32_t> weights = SomeWeights(50);
    const WeightTable table(weights);
    uint32_t unit = 0;
    for (uint32_t host = 0; host < weights.size(); ++host) {
      for (uint32_t i = 0; i < table.weight(host); ++i) RC_ASSERT(table.Find(unit++) == host);
    }
    RC_ASSERT(unit == table.total());
  }));
}

TEST(WeightTable, AnyStretchIsNearlyFair) {
  EXPECT_TRUE(rc::check("stretch", [] {
    const std::vector<uint32_t> weights = SomeWeights(100);
    const WeightTable table(weights);
    const uint64_t from = *rc::gen::inRange<uint64_t>(0, 1'000'000);
    const uint64_t length = *rc::gen::inRange<uint64_t>(1, 2000);
    std::vector<uint64_t> picks(weights.size());
    for (uint64_t i = 0; i < length; ++i) ++picks[table.At(from + i)];
    for (uint32_t host = 0; host < weights.size(); ++host) {
      const double fair = double(length) * table.weight(host) / table.total();
      RC_ASSERT(std::abs(double(picks[host]) - fair) < 4);
    }
  }));
}

TEST(WeightTable, ACanaryOfTenPercentComesOnceInTen) {
  const WeightTable table(std::vector<uint32_t>{10, 90});
  EXPECT_EQ(table.total(), 10U);
  for (uint64_t start = 0; start < 100; start += 10) {
    EXPECT_EQ(CountCycle(table, 2, start), (std::vector<uint64_t>{1, 9}));
  }
}

TEST(WeightTable, OneHostIsAlwaysIt) {
  const WeightTable table(std::vector<uint32_t>{7});
  EXPECT_EQ(table.total(), 1U);
  EXPECT_EQ(table.At(0), 0U);
  EXPECT_EQ(table.At(UINT64_MAX), 0U);
}

TEST(WeightTable, ExtremesKeepTheirProportion) {
  const WeightTable table(std::vector<uint32_t>{1, UINT32_MAX - 1});
  EXPECT_EQ(table.total(), UINT32_MAX);
  EXPECT_EQ(table.Find(0), 0U);
  EXPECT_EQ(table.Find(1), 1U);
  EXPECT_EQ(table.Find(UINT32_MAX - 1), 1U);
}

TEST(WeightTable, RoundsWeightsWhoseSumIsTooLong) {
  const WeightTable table(std::vector<uint32_t>{UINT32_MAX, UINT32_MAX, 1});
  EXPECT_EQ(table.weight(0), table.weight(1));
  EXPECT_GE(table.weight(2), 1U);
  EXPECT_GT(table.weight(0), 1'000'000U);
}

TEST(WeightTable, ManyTinyHostsBesideAHugeOne) {
  std::vector<uint32_t> weights(10'000, 1);
  weights[5'000] = 1'000'000;
  const WeightTable table(weights);
  EXPECT_EQ(table.Find(4'999), 4'999U);
  EXPECT_EQ(table.Find(5'000), 5'000U);
  EXPECT_EQ(table.Find(1'004'999), 5'000U);
  EXPECT_EQ(table.Find(1'005'000), 5'001U);
  EXPECT_EQ(table.Find(table.total() - 1), 9'999U);
}

}  // namespace
}  // namespace weir::balancing
