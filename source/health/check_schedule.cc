#include "source/health/check_schedule.h"

#include <algorithm>

namespace weir::health {
namespace {

int64_t Below(base::Random& random, int64_t bound) {
  return bound <= 0 ? 0 : static_cast<int64_t>(random.Below(static_cast<uint64_t>(bound)));
}

}  // namespace

CheckSchedule::Change CheckSchedule::Note(const HealthCheckConfig& config, Verdict verdict) {
  const Change change = verdict == Verdict::kSuccess
                            ? NoteSuccess(config)
                            : NoteFailure(config, verdict == Verdict::kFailureAtOnce);
  is_pending_ = false;
  has_just_changed_ = change != Change::kNone;
  return change;
}

CheckSchedule::Change CheckSchedule::NoteSuccess(const HealthCheckConfig& config) {
  if (is_healthy_) {
    streak_ = 0;
    return Change::kNone;
  }
  if (!is_pending_ && ++streak_ < config.healthy_threshold) return Change::kNone;
  streak_ = 0;
  is_healthy_ = true;
  return Change::kBecameHealthy;
}

CheckSchedule::Change CheckSchedule::NoteFailure(const HealthCheckConfig& config, bool at_once) {
  if (!is_healthy_) {
    streak_ = 0;
    return is_pending_ ? Change::kBecameUnhealthy : Change::kNone;
  }
  if (!at_once && ++streak_ < config.unhealthy_threshold) return Change::kNone;
  NoteUnhealthy();
  return Change::kBecameUnhealthy;
}

void CheckSchedule::NoteUnhealthy() {
  streak_ = 0;
  is_healthy_ = false;
  is_pending_ = false;
}

int64_t CheckSchedule::FirstDelayMs(const HealthCheckConfig& config, base::Random& random) {
  return Below(random, config.initial_jitter_ms);
}

int64_t CheckSchedule::NextDelayMs(const HealthCheckConfig& config, bool is_used,
                                   base::Random& random) const {
  const int64_t interval_ms = IntervalMs(config, is_used);
  // A percentage of years, or of more than all, stays a number.
  const double share = static_cast<double>(interval_ms) * config.interval_jitter_percent / 100;
  const auto share_ms = static_cast<int64_t>(std::min(share, 1e15));
  const int64_t jitter_ms = Below(random, config.interval_jitter_ms) + Below(random, share_ms);
  return std::max<int64_t>(1, interval_ms + jitter_ms);
}

int64_t CheckSchedule::IntervalMs(const HealthCheckConfig& config, bool is_used) const {
  if (!is_used) {
    return is_healthy_ ? config.no_traffic_healthy_interval_ms : config.no_traffic_interval_ms;
  }
  if (has_just_changed_) {
    return is_healthy_ ? config.healthy_edge_interval_ms : config.unhealthy_edge_interval_ms;
  }
  return is_healthy_ ? config.interval_ms : config.unhealthy_interval_ms;
}

}  // namespace weir::health
