#include "test/bench/latency_histogram.h"

#include <gtest/gtest.h>

namespace weir::bench {
namespace {

TEST(LatencyHistogramTest, EmptyHasNoQuantile) { EXPECT_EQ(LatencyHistogram().Quantile(0.5), 0u); }

TEST(LatencyHistogramTest, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (uint64_t ns = 0; ns < 32; ++ns) histogram.Record(ns);
  EXPECT_EQ(histogram.Quantile(0), 0u);
  EXPECT_EQ(histogram.Quantile(0.5), 16u);
  EXPECT_EQ(histogram.Quantile(0.99), 31u);
}

TEST(LatencyHistogramTest, LargeValuesAreWithinThreePercent) {
  for (uint64_t ns : {33ul, 1000ul, 123456ul, 7'654'321'987ul, ~0ul}) {
    LatencyHistogram histogram;
    histogram.Record(ns);
    const uint64_t found = histogram.Quantile(0.5);
    EXPECT_LE(found, ns);
    EXPECT_GE(static_cast<double>(found), static_cast<double>(ns) * 0.968);
  }
}

TEST(LatencyHistogramTest, QuantilesSplitTwoGroups) {
  LatencyHistogram histogram;
  for (int i = 0; i < 98; ++i) histogram.Record(10);
  histogram.Record(1024);
  histogram.Record(1024);
  EXPECT_EQ(histogram.Quantile(0.97), 10u);
  EXPECT_EQ(histogram.Quantile(0.99), 1024u);
}

}  // namespace
}  // namespace weir::bench
