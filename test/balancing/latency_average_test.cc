#include "source/balancing/latency_average.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weir::balancing {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kDecay = 10'000 * kMs;

TEST(LatencyAverage, BeginsWithTheFirstSample) {
  LatencyAverage latency;
  EXPECT_EQ(latency.At(5, kDecay), 0);
  latency.Record(20 * kMs, 1'000, kDecay);
  EXPECT_EQ(latency.At(1'000, kDecay), 20.0 * kMs);
}

TEST(LatencyAverage, APeakReplacesItAtOnceAndIsForgottenSlowly) {
  LatencyAverage latency;
  int64_t now = 1'000;
  latency.Record(20 * kMs, now, kDecay);
  latency.Record(500 * kMs, now += kMs, kDecay);
  EXPECT_EQ(latency.At(now, kDecay), 500.0 * kMs);
  latency.Record(20 * kMs, now += kDecay, kDecay);
  EXPECT_NEAR(latency.At(now, kDecay), (500 / std::exp(1) + 20 * (1 - 1 / std::exp(1))) * kMs, 1);
}

TEST(LatencyAverage, FadesWhileNothingIsHeard) {
  LatencyAverage latency;
  latency.Record(500 * kMs, 1'000, kDecay);
  EXPECT_NEAR(latency.At(1'000 + kDecay, kDecay), 500 / std::exp(1) * kMs, 1);
  EXPECT_NEAR(latency.At(500, kDecay), 500 * kMs, 1) << "time of another thread, a little behind";
}

}  // namespace
}  // namespace weir::balancing
