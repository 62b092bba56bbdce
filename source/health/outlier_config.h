// How a cluster looks for hosts that fail: envoy.config.cluster.v3.OutlierDetection as plain data.
// Immutable.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::health {

// Who saw the failure: the host said so (a status), or the proxy noticed (no connection, a reset, a
// timeout). Told apart only where split_external_local_origin_errors says so.
enum class Origin : uint8_t { kExternal, kLocal };
inline constexpr size_t kOrigins = 2;

// What a host may be ejected for, as envoy.data.cluster.v3.OutlierEjectionType numbers it.
enum class EjectionCause : uint8_t {
  kConsecutive5xx,
  kConsecutiveGatewayFailure,
  kSuccessRate,
  kConsecutiveLocalOriginFailure,
  kSuccessRateLocalOrigin,
  kFailurePercentage,
  kFailurePercentageLocalOrigin,
};
inline constexpr size_t kEjectionCauses = 7;

// Failures in a row.
enum class Streak : uint8_t { k5xx, kGatewayFailure, kLocalOriginFailure };
inline constexpr size_t kStreaks = 3;

struct OutlierConfig {
  int64_t interval_ms = 10'000;
  int64_t base_ejection_ms = 30'000;
  int64_t max_ejection_ms = 300'000;
  int64_t max_jitter_ms = 0;

  // Of all hosts, how many may be ejected at once.
  uint32_t max_ejection_percent = 10;
  bool always_ejects_one = false;
  bool passed_check_unejects = true;
  bool splits_origins = false;

  uint32_t streak_limits[kStreaks] = {5, 5, 5};  // 0: never
  // In how many of 100 cases a finding is acted upon, by EjectionCause.
  uint32_t enforced_percent[kEjectionCauses] = {100, 0, 100, 100, 100, 0, 0};

  uint32_t success_rate_min_hosts = 5;
  uint32_t success_rate_min_requests = 100;
  uint32_t success_rate_stdev_permille = 1900;
  uint32_t failure_percent_threshold = 85;
  uint32_t failure_percent_min_hosts = 5;
  uint32_t failure_percent_min_requests = 50;

  uint32_t enforced(EjectionCause cause) const {
    return enforced_percent[static_cast<size_t>(cause)];
  }
};

}  // namespace weir::health
