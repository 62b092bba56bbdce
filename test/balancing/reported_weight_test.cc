#include "source/balancing/reported_weight.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir::balancing {
namespace {

const ClientSideWeightsConfig kDefaults;

LoadReport Report(double requests_per_s, double application_utilization) {
  LoadReport report;
  report.requests_per_s = requests_per_s;
  report.application_utilization = application_utilization;
  return report;
}

TEST(ReportedWeight, FollowsFromLoad) {
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(Report(100, 0.5), kDefaults), 200);
  LoadReport report = Report(100, 0.5);
  report.errors_per_s = 50;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, kDefaults), 100);
  ClientSideWeightsConfig without_penalty;
  without_penalty.error_utilization_penalty = 0;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, without_penalty), 200);
}

TEST(ReportedWeight, UtilizationIsWhatIsSaidOfIt) {
  LoadReport report;
  report.requests_per_s = 100;
  report.cpu_utilization = 0.25;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, kDefaults), 400);
  report.application_utilization = 0.5;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, kDefaults), 200);
  ClientSideWeightsConfig named;
  named.metrics = {"named_metrics.queue", "utilization.disk", "mem_utilization", "nobody's"};
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, named), 200) << "none of them is reported";
  report.metrics = {{"named_metrics.queue", 0.8}, {"utilization.disk", 1}};
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, named), 100) << "the largest";
  report.memory_utilization = 2;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, named), 50);
}

TEST(ReportedWeight, NonsenseSaysNothing) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, kNan}) {
    EXPECT_EQ(ReportedWeight::Of(Report(bad, 0.5), kDefaults), 0) << bad;
    EXPECT_EQ(ReportedWeight::Of(Report(100, bad), kDefaults), 0) << bad;
  }
  EXPECT_EQ(ReportedWeight::Of(Report(kInfinity, 0.5), kDefaults), 0);
  EXPECT_EQ(ReportedWeight::Of(Report(100, kInfinity), kDefaults), 0);
  LoadReport report = Report(100, 0.5);
  report.errors_per_s = -50;
  EXPECT_DOUBLE_EQ(ReportedWeight::Of(report, kDefaults), 200);
}

TEST(ReportedWeight, CountsAfterTheBlackoutUntilItExpires) {
  ReportedWeight weight;
  EXPECT_EQ(weight.At(0, kDefaults), 0);
  weight.Record(Report(100, 0.5), kDefaults, 1'000);
  EXPECT_EQ(weight.At(10'999, kDefaults), 0);
  EXPECT_DOUBLE_EQ(weight.At(11'000, kDefaults), 200);
  weight.Record(Report(100, 1), kDefaults, 12'000);
  EXPECT_DOUBLE_EQ(weight.At(12'000, kDefaults), 100);
  weight.Record(Report(0, 0), kDefaults, 13'000);
  EXPECT_DOUBLE_EQ(weight.At(191'999, kDefaults), 100);
  EXPECT_EQ(weight.At(192'000, kDefaults), 0);
}

TEST(ReportedWeight, SilenceStartsABlackoutAnew) {
  ReportedWeight weight;
  weight.Record(Report(100, 0.5), kDefaults, 0);
  weight.Record(Report(100, 0.5), kDefaults, 200'000);
  EXPECT_EQ(weight.At(200'000, kDefaults), 0);
  EXPECT_DOUBLE_EQ(weight.At(210'000, kDefaults), 200);
}

}  // namespace
}  // namespace weir::balancing
