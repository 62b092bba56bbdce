#include "source/health/outlier_parser.h"

#include <gtest/gtest.h>

#include <string_view>

#include "envoy/config/cluster/v3/outlier_detection.pb.h"
#include "source/config/load.h"

namespace weir::health {
namespace {

OutlierConfig Parse(std::string_view yaml) {
  envoy::config::cluster::v3::OutlierDetection proto;
  config::Faults faults;
  EXPECT_TRUE(config::LoadText(yaml, proto, faults)) << faults.ToString();
  const OutlierConfig config = ParseOutlierDetection(proto, faults);
  EXPECT_EQ(faults.ToString(), "");
  return config;
}

TEST(ParseOutlierDetection, DefaultsAreThoseOfTheReference) {
  const OutlierConfig config = Parse("{}");
  EXPECT_EQ(config.interval_ms, 10'000);
  EXPECT_EQ(config.base_ejection_ms, 30'000);
  EXPECT_EQ(config.max_ejection_ms, 300'000);
  EXPECT_EQ(config.max_jitter_ms, 0);
  EXPECT_EQ(config.max_ejection_percent, 10U);
  EXPECT_FALSE(config.always_ejects_one);
  EXPECT_TRUE(config.passed_check_unejects);
  EXPECT_FALSE(config.splits_origins);
  for (const uint32_t limit : config.streak_limits) EXPECT_EQ(limit, 5U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutive5xx), 100U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutiveGatewayFailure), 0U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutiveLocalOriginFailure), 100U);
  EXPECT_EQ(config.enforced(EjectionCause::kSuccessRate), 100U);
  EXPECT_EQ(config.enforced(EjectionCause::kSuccessRateLocalOrigin), 100U);
  EXPECT_EQ(config.enforced(EjectionCause::kFailurePercentage), 0U);
  EXPECT_EQ(config.enforced(EjectionCause::kFailurePercentageLocalOrigin), 0U);
  EXPECT_EQ(config.success_rate_min_hosts, 5U);
  EXPECT_EQ(config.success_rate_min_requests, 100U);
  EXPECT_EQ(config.success_rate_stdev_permille, 1900U);
  EXPECT_EQ(config.failure_percent_threshold, 85U);
  EXPECT_EQ(config.failure_percent_min_hosts, 5U);
  EXPECT_EQ(config.failure_percent_min_requests, 50U);
}

TEST(ParseOutlierDetection, EveryField) {
  const OutlierConfig config = Parse(R"(
consecutive_5xx: 1
interval: 0.0005s
base_ejection_time: 2s
max_ejection_percent: 3
enforcing_consecutive_5xx: 4
enforcing_success_rate: 5
success_rate_minimum_hosts: 6
success_rate_request_volume: 7
success_rate_stdev_factor: 8
consecutive_gateway_failure: 9
enforcing_consecutive_gateway_failure: 10
split_external_local_origin_errors: true
consecutive_local_origin_failure: 11
enforcing_consecutive_local_origin_failure: 12
enforcing_local_origin_success_rate: 13
failure_percentage_threshold: 14
enforcing_failure_percentage: 15
enforcing_failure_percentage_local_origin: 16
failure_percentage_minimum_hosts: 17
failure_percentage_request_volume: 18
max_ejection_time: 19s
max_ejection_time_jitter: 0.020s
successful_active_health_check_uneject_host: false
always_eject_one_host: true
)");
  EXPECT_EQ(config.streak_limits[0], 1U);
  EXPECT_EQ(config.interval_ms, 1);
  EXPECT_EQ(config.base_ejection_ms, 2000);
  EXPECT_EQ(config.max_ejection_percent, 3U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutive5xx), 4U);
  EXPECT_EQ(config.enforced(EjectionCause::kSuccessRate), 5U);
  EXPECT_EQ(config.success_rate_min_hosts, 6U);
  EXPECT_EQ(config.success_rate_min_requests, 7U);
  EXPECT_EQ(config.success_rate_stdev_permille, 8U);
  EXPECT_EQ(config.streak_limits[1], 9U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutiveGatewayFailure), 10U);
  EXPECT_TRUE(config.splits_origins);
  EXPECT_EQ(config.streak_limits[2], 11U);
  EXPECT_EQ(config.enforced(EjectionCause::kConsecutiveLocalOriginFailure), 12U);
  EXPECT_EQ(config.enforced(EjectionCause::kSuccessRateLocalOrigin), 13U);
  EXPECT_EQ(config.failure_percent_threshold, 14U);
  EXPECT_EQ(config.enforced(EjectionCause::kFailurePercentage), 15U);
  EXPECT_EQ(config.enforced(EjectionCause::kFailurePercentageLocalOrigin), 16U);
  EXPECT_EQ(config.failure_percent_min_hosts, 17U);
  EXPECT_EQ(config.failure_percent_min_requests, 18U);
  EXPECT_EQ(config.max_ejection_ms, 19'000);
  EXPECT_EQ(config.max_jitter_ms, 20);
  EXPECT_FALSE(config.passed_check_unejects);
  EXPECT_TRUE(config.always_ejects_one);
}

TEST(ParseOutlierDetection, LongestTimeIsNeverShorterThanTheFirst) {
  EXPECT_EQ(Parse("base_ejection_time: 400s").max_ejection_ms, 400'000);
  envoy::config::cluster::v3::OutlierDetection proto;
  proto.mutable_base_ejection_time()->set_seconds(20);
  proto.mutable_max_ejection_time()->set_seconds(10);
  proto.mutable_max_ejection_time_jitter()->set_seconds(-1);
  config::Faults all;
  ParseOutlierDetection(proto, all);
  const std::string faults = all.ToString();
  EXPECT_NE(faults.find("max_ejection_time: must not be less than base_ejection_time"),
            std::string::npos)
      << faults;
  EXPECT_NE(faults.find("max_ejection_time_jitter: must not be negative"), std::string::npos)
      << faults;
}

TEST(ParseOutlierDetection, RulesAreBesideTheFields) {
  for (const char* const yaml :
       {"interval: 0s", "base_ejection_time: 0s", "max_ejection_time: -1s",
        "max_ejection_percent: 101", "enforcing_consecutive_5xx: 101", "monitors: [{}]"}) {
    envoy::config::cluster::v3::OutlierDetection proto;
    config::Faults faults;
    EXPECT_FALSE(config::LoadText(yaml, proto, faults)) << yaml;
  }
}

}  // namespace
}  // namespace weir::health
