// "cluster.NAME.outlier_detection", under Envoy's names. Written by main.
//
// detected: a host was found; enforced: and ejected; overflow: it was not, since too many are.
#pragma once

#include "source/health/outlier_config.h"
#include "source/stats/stats.h"

namespace weir::health {

struct OutlierStats {
  stats::Gauge ejections_active;
  stats::Counter ejections_enforced_total, ejections_overflow;
  stats::Counter ejections_detected_consecutive_5xx, ejections_enforced_consecutive_5xx;
  stats::Counter ejections_detected_consecutive_gateway_failure,
      ejections_enforced_consecutive_gateway_failure;
  stats::Counter ejections_detected_success_rate, ejections_enforced_success_rate;
  stats::Counter ejections_detected_consecutive_local_origin_failure,
      ejections_enforced_consecutive_local_origin_failure;
  stats::Counter ejections_detected_local_origin_success_rate,
      ejections_enforced_local_origin_success_rate;
  stats::Counter ejections_detected_failure_percentage, ejections_enforced_failure_percentage;
  stats::Counter ejections_detected_failure_percentage_local_origin,
      ejections_enforced_failure_percentage_local_origin;

  stats::Counter& Detected(EjectionCause cause) {
    stats::Counter* const counters[kEjectionCauses] = {
        &ejections_detected_consecutive_5xx,
        &ejections_detected_consecutive_gateway_failure,
        &ejections_detected_success_rate,
        &ejections_detected_consecutive_local_origin_failure,
        &ejections_detected_local_origin_success_rate,
        &ejections_detected_failure_percentage,
        &ejections_detected_failure_percentage_local_origin};
    return *counters[static_cast<size_t>(cause)];
  }
  stats::Counter& Enforced(EjectionCause cause) {
    stats::Counter* const counters[kEjectionCauses] = {
        &ejections_enforced_consecutive_5xx,
        &ejections_enforced_consecutive_gateway_failure,
        &ejections_enforced_success_rate,
        &ejections_enforced_consecutive_local_origin_failure,
        &ejections_enforced_local_origin_success_rate,
        &ejections_enforced_failure_percentage,
        &ejections_enforced_failure_percentage_local_origin};
    return *counters[static_cast<size_t>(cause)];
  }

  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(OutlierStats, ejections_active),
      WEIR_METRIC(OutlierStats, ejections_enforced_total),
      WEIR_METRIC(OutlierStats, ejections_overflow),
      WEIR_METRIC(OutlierStats, ejections_detected_consecutive_5xx),
      WEIR_METRIC(OutlierStats, ejections_enforced_consecutive_5xx),
      WEIR_METRIC(OutlierStats, ejections_detected_consecutive_gateway_failure),
      WEIR_METRIC(OutlierStats, ejections_enforced_consecutive_gateway_failure),
      WEIR_METRIC(OutlierStats, ejections_detected_success_rate),
      WEIR_METRIC(OutlierStats, ejections_enforced_success_rate),
      WEIR_METRIC(OutlierStats, ejections_detected_consecutive_local_origin_failure),
      WEIR_METRIC(OutlierStats, ejections_enforced_consecutive_local_origin_failure),
      WEIR_METRIC(OutlierStats, ejections_detected_local_origin_success_rate),
      WEIR_METRIC(OutlierStats, ejections_enforced_local_origin_success_rate),
      WEIR_METRIC(OutlierStats, ejections_detected_failure_percentage),
      WEIR_METRIC(OutlierStats, ejections_enforced_failure_percentage),
      WEIR_METRIC(OutlierStats, ejections_detected_failure_percentage_local_origin),
      WEIR_METRIC(OutlierStats, ejections_enforced_failure_percentage_local_origin)};
};

}  // namespace weir::health
