#include "source/health/success_rate.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace weir::health {
namespace {

TEST(BoundOf, IsStandardDeviationsBelowTheMean) {
  // Mean 90, deviations 10, 10, 10, 30 → variance (3 × 100 + 900) / 4 = 300.
  const SuccessRateBound bound = BoundOf({100, 100, 100, 60}, 1900);
  EXPECT_DOUBLE_EQ(bound.mean, 90);
  EXPECT_NEAR(bound.threshold, 90 - 1.9 * 17.3205, 0.001);
}

TEST(BoundOf, EqualRatesHaveNoOutlier) {
  const SuccessRateBound bound = BoundOf({50, 50, 50}, 1900);
  EXPECT_DOUBLE_EQ(bound.mean, 50);
  EXPECT_DOUBLE_EQ(bound.threshold, 50);
}

TEST(BoundOf, IsNeverAboveTheMeanNorDependsOnOrder) {
  EXPECT_TRUE(rc::check("bound", [] {
    const auto percents = *rc::gen::nonEmpty<std::vector<uint8_t>>();
    std::vector<double> rates;
    for (const uint8_t percent : percents) rates.push_back(percent % 101);
    const auto permille = *rc::gen::inRange<uint32_t>(0, 5000);
    const SuccessRateBound bound = BoundOf(rates, permille);
    RC_ASSERT(bound.threshold <= bound.mean + 1e-9);
    // Whoever is best of all is never out.
    RC_ASSERT(*std::max_element(rates.begin(), rates.end()) >= bound.threshold - 1e-9);
    std::reverse(rates.begin(), rates.end());
    const SuccessRateBound other = BoundOf(rates, permille);
    RC_ASSERT(std::abs(other.threshold - bound.threshold) < 1e-6);
  }));
}

}  // namespace
}  // namespace weir::health
