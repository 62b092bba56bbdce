#include "source/stats/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace weir::stats {
namespace {

Histogram::Totals TotalsOf(const std::vector<uint64_t>& values) {
  Histogram histogram;
  for (uint64_t value : values) histogram.Record(value);
  Histogram::Totals totals;
  histogram.AddTo(totals);
  return totals;
}

TEST(HistogramTest, BucketsJoinWithoutGaps) {
  for (int bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const uint64_t first = Histogram::LowerBound(bucket);
    EXPECT_EQ(Histogram::BucketOf(first), bucket);
    EXPECT_TRUE(first == 0 || Histogram::BucketOf(first - 1) == bucket - 1);
  }
  EXPECT_EQ(Histogram::BucketOf(~uint64_t{0}), Histogram::kBuckets - 1);
}

TEST(HistogramTest, BucketsAreAnEighthWideAtMost) {
  for (int bucket = 8; bucket + 1 < Histogram::kBuckets; ++bucket) {
    const uint64_t first = Histogram::LowerBound(bucket);
    EXPECT_LE((Histogram::LowerBound(bucket + 1) - first) * 8, first);
  }
}

TEST(HistogramTest, EmptyHasNoQuantiles) {
  const Histogram::Totals totals = TotalsOf({});
  EXPECT_EQ(totals.count, 0u);
  EXPECT_EQ(totals.Quantile(0.5), 0);
  EXPECT_EQ(totals.CountUpTo(1e9), 0u);
}

TEST(HistogramTest, SmallValuesAreExact) {
  const Histogram::Totals totals = TotalsOf({3, 3, 3, 7});
  EXPECT_EQ(totals.count, 4u);
  EXPECT_EQ(totals.sum, 16u);
  EXPECT_EQ(totals.Quantile(0), 3);
  EXPECT_EQ(totals.Quantile(0.75), 3);
  EXPECT_EQ(totals.Quantile(1), 7);
  EXPECT_EQ(totals.CountUpTo(0.5), 0u);
  EXPECT_EQ(totals.CountUpTo(3), 3u);
  EXPECT_EQ(totals.CountUpTo(6.9), 3u);
  EXPECT_EQ(totals.CountUpTo(7), 4u);
}

TEST(HistogramTest, SumsAdd) {
  Histogram a, b;
  a.Record(1);
  a.Record(1'000);
  b.Record(1'000'000);
  Histogram::Totals totals;
  a.AddTo(totals);
  b.AddTo(totals);
  EXPECT_EQ(totals.count, 3u);
  EXPECT_EQ(totals.sum, 1'001'001u);
  EXPECT_EQ(totals.CountUpTo(2'000), 2u);
}

// The exact answer comes from sorting the values.
TEST(HistogramTest, QuantilesAreWithinABucket) {
  EXPECT_TRUE(rc::check("a quantile is within an eighth of the exact one", [] {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<uint64_t>>(
        rc::gen::inRange<uint64_t>(0, *rc::gen::element<uint64_t>(20, 5'000, 90'000'000))));
    const Histogram::Totals totals = TotalsOf(values);
    std::sort(values.begin(), values.end());
    for (double fraction : {0.0, 0.25, 0.5, 0.9, 0.99, 1.0}) {
      const double rank = fraction * static_cast<double>(values.size());
      const size_t index = rank <= 0 ? 0 : static_cast<size_t>(std::ceil(rank)) - 1;
      const auto exact = static_cast<double>(values[index]);
      const double found = totals.Quantile(fraction);
      RC_ASSERT(found >= exact * 0.875 - 1e-9);
      RC_ASSERT(found <= exact * 1.125 + 1e-9);
    }
  }));
}

TEST(HistogramTest, CountsUpToAreMonotonic) {
  EXPECT_TRUE(rc::check("counts rise with the bound and with the records", [] {
    const auto values =
        *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(0, 10'000'000));
    Histogram histogram;
    std::vector<uint64_t> before(5);
    for (uint64_t value : values) {
      histogram.Record(value);
      Histogram::Totals totals;
      histogram.AddTo(totals);
      uint64_t lower = 0;
      int i = 0;
      for (double bound : {0.5, 25.0, 1'000.0, 60'000.0, 3'600'000.0}) {
        const uint64_t count = totals.CountUpTo(bound);
        RC_ASSERT(count >= lower);
        RC_ASSERT(count >= before[i]);
        RC_ASSERT(count <= totals.count);
        before[i++] = lower = count;
      }
    }
  }));
}

}  // namespace
}  // namespace weir::stats
