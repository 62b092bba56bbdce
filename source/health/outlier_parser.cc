#include "source/health/outlier_parser.h"

#include <algorithm>

#include "envoy/config/cluster/v3/outlier_detection.pb.h"

namespace weir::health {
namespace {

using envoy::config::cluster::v3::OutlierDetection;
using google::protobuf::Duration;

// Rounded up, so that a short one does not become none.
int64_t MillisecondsOf(const Duration& proto) {
  return proto.seconds() * 1000 + (proto.nanos() + 999'999) / 1'000'000;
}

void Take(const google::protobuf::UInt32Value& proto, bool is_set, uint32_t& value) {
  if (is_set) value = proto.value();
}

#define WEIR_TAKE(field, value) Take(proto.field(), proto.has_##field(), value)

void ParseTimes(const OutlierDetection& proto, OutlierConfig& config, config::Faults& faults) {
  if (proto.has_interval()) config.interval_ms = MillisecondsOf(proto.interval());
  if (proto.has_base_ejection_time()) {
    config.base_ejection_ms = MillisecondsOf(proto.base_ejection_time());
  }
  config.max_ejection_ms = std::max(config.max_ejection_ms, config.base_ejection_ms);
  if (proto.has_max_ejection_time()) {
    config.max_ejection_ms = MillisecondsOf(proto.max_ejection_time());
    if (config.max_ejection_ms < config.base_ejection_ms) {
      faults.Add("max_ejection_time", "must not be less than base_ejection_time");
    }
  }
  if (!proto.has_max_ejection_time_jitter()) return;
  config.max_jitter_ms = MillisecondsOf(proto.max_ejection_time_jitter());
  if (config.max_jitter_ms < 0) faults.Add("max_ejection_time_jitter", "must not be negative");
}

void ParseStreaks(const OutlierDetection& proto, OutlierConfig& config) {
  const auto limit = [&config](Streak streak) -> uint32_t& {
    return config.streak_limits[static_cast<size_t>(streak)];
  };
  WEIR_TAKE(consecutive_5xx, limit(Streak::k5xx));
  WEIR_TAKE(consecutive_gateway_failure, limit(Streak::kGatewayFailure));
  WEIR_TAKE(consecutive_local_origin_failure, limit(Streak::kLocalOriginFailure));
}

void ParseEnforcement(const OutlierDetection& proto, OutlierConfig& config) {
  const auto percent = [&config](EjectionCause cause) -> uint32_t& {
    return config.enforced_percent[static_cast<size_t>(cause)];
  };
  WEIR_TAKE(enforcing_consecutive_5xx, percent(EjectionCause::kConsecutive5xx));
  WEIR_TAKE(enforcing_consecutive_gateway_failure,
            percent(EjectionCause::kConsecutiveGatewayFailure));
  WEIR_TAKE(enforcing_consecutive_local_origin_failure,
            percent(EjectionCause::kConsecutiveLocalOriginFailure));
  WEIR_TAKE(enforcing_success_rate, percent(EjectionCause::kSuccessRate));
  WEIR_TAKE(enforcing_local_origin_success_rate, percent(EjectionCause::kSuccessRateLocalOrigin));
  WEIR_TAKE(enforcing_failure_percentage, percent(EjectionCause::kFailurePercentage));
  WEIR_TAKE(enforcing_failure_percentage_local_origin,
            percent(EjectionCause::kFailurePercentageLocalOrigin));
}

void ParseRates(const OutlierDetection& proto, OutlierConfig& config) {
  WEIR_TAKE(success_rate_minimum_hosts, config.success_rate_min_hosts);
  WEIR_TAKE(success_rate_request_volume, config.success_rate_min_requests);
  WEIR_TAKE(success_rate_stdev_factor, config.success_rate_stdev_permille);
  WEIR_TAKE(failure_percentage_threshold, config.failure_percent_threshold);
  WEIR_TAKE(failure_percentage_minimum_hosts, config.failure_percent_min_hosts);
  WEIR_TAKE(failure_percentage_request_volume, config.failure_percent_min_requests);
}

}  // namespace

OutlierConfig ParseOutlierDetection(const OutlierDetection& proto, config::Faults& faults) {
  OutlierConfig config;
  ParseTimes(proto, config, faults);
  ParseStreaks(proto, config);
  ParseEnforcement(proto, config);
  ParseRates(proto, config);
  WEIR_TAKE(max_ejection_percent, config.max_ejection_percent);
  config.always_ejects_one = proto.always_eject_one_host().value();
  config.splits_origins = proto.split_external_local_origin_errors();
  if (proto.has_successful_active_health_check_uneject_host()) {
    config.passed_check_unejects = proto.successful_active_health_check_uneject_host().value();
  }
  return config;
}

}  // namespace weir::health
