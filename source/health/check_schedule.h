// What the checks of one host have come to, and when the next one is due: the arithmetic of
// thresholds and intervals, without a clock or a socket.
//
//   A host that was never checked takes its first result for true. Later it takes healthy_threshold
//   successes in a row to come back and unhealthy_threshold failures in a row to go, except where
//   one failure says enough (an unexpected status): then it goes at once.
//
// One thread's.
#pragma once

#include <cstdint>

#include "source/base/random.h"
#include "source/health/check_config.h"

namespace weir::health {

class CheckSchedule {
 public:
  enum class Verdict : uint8_t { kSuccess, kFailure, kFailureAtOnce };
  enum class Change : uint8_t { kNone, kBecameHealthy, kBecameUnhealthy };

  // `is_pending`: never checked, and unhealthy until it was.
  CheckSchedule(bool is_healthy, bool is_pending)
      : is_healthy_(is_healthy && !is_pending), is_pending_(is_pending) {}

  Change Note(const HealthCheckConfig& config, Verdict verdict);
  // Traffic has told so: no threshold.
  void NoteUnhealthy();

  bool is_healthy() const { return is_healthy_; }
  bool is_pending() const { return is_pending_; }

  static int64_t FirstDelayMs(const HealthCheckConfig& config, base::Random& random);
  // After a Note. `is_used`: the cluster has had traffic.
  int64_t NextDelayMs(const HealthCheckConfig& config, bool is_used, base::Random& random) const;

 private:
  Change NoteSuccess(const HealthCheckConfig& config);
  Change NoteFailure(const HealthCheckConfig& config, bool at_once);
  int64_t IntervalMs(const HealthCheckConfig& config, bool is_used) const;

  uint32_t streak_ = 0;  // results in a row against what the host counts as
  bool is_healthy_;
  bool is_pending_;
  bool has_just_changed_ = false;
};

}  // namespace weir::health
