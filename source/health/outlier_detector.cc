#include "source/health/outlier_detector.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/health/success_rate.h"

namespace weir::health {
namespace {

using balancing::HealthFlag;
using balancing::Host;
using balancing::HostPtr;

EjectionCause CauseOf(Streak streak) {
  switch (streak) {
    case Streak::kGatewayFailure:
      return EjectionCause::kConsecutiveGatewayFailure;
    case Streak::kLocalOriginFailure:
      return EjectionCause::kConsecutiveLocalOriginFailure;
    case Streak::k5xx:
      break;
  }
  return EjectionCause::kConsecutive5xx;
}

bool IsEjected(const Host& host) { return host.has(HealthFlag::kFailedOutlierCheck); }

// Unique in the process, so that a mark is of one call alone.
uint64_t NextMark() {
  static uint64_t last = 0;
  return ++last;
}

}  // namespace

// Sweeps of clusters that come at once are spread from the start.
OutlierDetector::OutlierDetector(Context context, const OutlierConfig& config,
                                 std::function<void()> on_change)
    : context_(std::move(context)),
      config_(config),
      on_change_(std::move(on_change)),
      timer_(context_.main, [this] { Sweep(); }) {
  const auto spread_ms = static_cast<uint64_t>(config_.interval_ms / 2 + 1);
  timer_.Arm(config_.interval_ms - static_cast<int64_t>(context_.random.Below(spread_ms)));
}

OutlierDetector::~OutlierDetector() {
  for (const HostPtr& host : hosts_) MonitorOf(host).Detach();
  ejected_count_ = 0;
  ShowEjected();
}

void OutlierDetector::SetHosts(absl::Span<const HostPtr> hosts) {
  const uint64_t mark = NextMark();
  ejected_count_ = 0;
  for (const HostPtr& host : hosts) {
    OutlierMonitor& monitor = MonitorOf(host);
    monitor.Attach(*this, config_);
    monitor.record().mark = mark;
    ejected_count_ += IsEjected(*host);
  }
  for (const HostPtr& host : hosts_) {
    OutlierMonitor& monitor = MonitorOf(host);
    if (monitor.record().mark != mark) monitor.Detach();
  }
  hosts_.assign(hosts.begin(), hosts.end());
  ShowEjected();
}

void OutlierDetector::OnActiveCheckPassed(Host& host) {
  if (!config_.passed_check_unejects || !IsEjected(host)) return;
  if (host.has(HealthFlag::kFailedActiveCheck)) return;
  TakeBack(host, static_cast<OutlierMonitor&>(*host.monitor()));
}

bool OutlierDetector::TakeBackAll(absl::Span<const HostPtr> hosts) {
  bool had_any = false;
  for (const HostPtr& host : hosts) {
    if (!host->SetHealthFlag(HealthFlag::kFailedOutlierCheck, false)) continue;
    had_any = true;
    static_cast<OutlierMonitor&>(*host->monitor()).SetEjectedUntil(0);
  }
  return had_any;
}

// It may have been ejected since a worker noticed.
void OutlierDetector::OnStreak(Host& host, Streak streak) {
  if (IsEjected(host)) return;
  auto& monitor = static_cast<OutlierMonitor&>(*host.monitor());
  Consider(host, monitor, CauseOf(streak), StreakEvidence());
  monitor.ResetStreak(streak);
}

void OutlierDetector::Sweep() {
  for (const HostPtr& host : hosts_) LookAt(*host, MonitorOf(host));
  JudgeRates(Origin::kExternal);
  if (config_.splits_origins) JudgeRates(Origin::kLocal);
  timer_.Arm(config_.interval_ms);
}

// A host that has been well for an interval is ejected for less the next time.
void OutlierDetector::LookAt(Host& host, OutlierMonitor& monitor) {
  if (!IsEjected(host)) {
    uint32_t& multiplier = monitor.record().multiplier;
    if (multiplier > 0) --multiplier;
  } else if (context_.main.now_ms() >= monitor.ejected_until_ms()) {
    TakeBack(host, monitor);
  }
}

// Counts are taken whether they are enough or not: the next interval is for itself.
std::vector<OutlierDetector::Rated> OutlierDetector::RateHosts(Origin origin) {
  const uint64_t enough =
      std::min(config_.success_rate_min_requests, config_.failure_percent_min_requests);
  std::vector<Rated> rated;
  for (const HostPtr& host : hosts_) {
    OutlierMonitor& monitor = MonitorOf(host);
    const OutlierMonitor::Tally tally = monitor.TakeTally(origin);
    const bool is_rated = !IsEjected(*host) && tally.total > 0 && tally.total >= enough;
    const double rate =
        is_rated ? 100 * static_cast<double>(tally.success) / static_cast<double>(tally.total) : -1;
    monitor.SetSuccessRate(origin, rate);
    if (is_rated) rated.push_back({host.get(), &monitor, rate, tally.total});
  }
  return rated;
}

// The worst first: of the others, the cap may spare some.
void OutlierDetector::JudgeRates(Origin origin) {
  std::vector<Rated> rated = RateHosts(origin);
  std::stable_sort(rated.begin(), rated.end(),
                   [](const Rated& a, const Rated& b) { return a.rate < b.rate; });
  JudgeSuccessRates(origin, rated);
  JudgeFailures(origin, rated);
}

void OutlierDetector::JudgeSuccessRates(Origin origin, absl::Span<const Rated> rated) {
  std::vector<double> rates;
  for (const Rated& one : rated) {
    if (one.requests >= config_.success_rate_min_requests) rates.push_back(one.rate);
  }
  SuccessRateBound bound;
  const bool is_enough = !rates.empty() && rates.size() >= config_.success_rate_min_hosts;
  if (is_enough) bound = BoundOf(rates, config_.success_rate_stdev_permille);
  const auto index = static_cast<size_t>(origin);
  rates_->mean[index].store(bound.mean, std::memory_order_relaxed);
  rates_->threshold[index].store(bound.threshold, std::memory_order_relaxed);
  if (!is_enough) return;
  const EjectionCause cause = origin == Origin::kExternal ? EjectionCause::kSuccessRate
                                                          : EjectionCause::kSuccessRateLocalOrigin;
  for (const Rated& one : rated) {
    if (one.requests < config_.success_rate_min_requests || one.rate >= bound.threshold) continue;
    Consider(*one.host, *one.monitor, cause,
             SuccessRateEvidence{one.rate, bound.mean, bound.threshold});
  }
}

void OutlierDetector::JudgeFailures(Origin origin, absl::Span<const Rated> rated) {
  const auto counts = [this](const Rated& one) {
    return one.requests >= config_.failure_percent_min_requests;
  };
  const auto count = static_cast<size_t>(std::count_if(rated.begin(), rated.end(), counts));
  if (count == 0 || count < config_.failure_percent_min_hosts) return;
  const EjectionCause cause = origin == Origin::kExternal
                                  ? EjectionCause::kFailurePercentage
                                  : EjectionCause::kFailurePercentageLocalOrigin;
  for (const Rated& one : rated) {
    if (!counts(one) || 100 - one.rate < config_.failure_percent_threshold) continue;
    Consider(*one.host, *one.monitor, cause, FailurePercentageEvidence{one.rate});
  }
}

bool OutlierDetector::MayEjectOneMore() const {
  if (config_.always_ejects_one && ejected_count_ == 0) return true;
  return (uint64_t{ejected_count_} + 1) * 100 <=
         uint64_t{config_.max_ejection_percent} * hosts_.size();
}

// A host that several findings are about is ejected once.
void OutlierDetector::Consider(Host& host, OutlierMonitor& monitor, EjectionCause cause,
                               const Evidence& evidence) {
  if (IsEjected(host)) return;
  OutlierStats& stats = context_.stats->Here();
  stats.Detected(cause).Add();
  if (!MayEjectOneMore()) {
    stats.ejections_overflow.Add();
    return;
  }
  OutlierEvent event = EventOf(host, monitor.record());
  const bool is_enforced = context_.random.Below(100) < config_.enforced(cause);
  if (is_enforced) {
    Eject(host, monitor, cause);
    event.ejections = monitor.record().ejections;
  }
  if (context_.log != nullptr) context_.log->NoteEjection(event, cause, is_enforced, evidence);
}

void OutlierDetector::Eject(Host& host, OutlierMonitor& monitor, EjectionCause cause) {
  OutlierMonitor::Record& record = monitor.record();
  const int64_t now_ms = context_.main.now_ms();
  ++record.ejections;
  record.last_action_ms = now_ms;
  // No further than to where the longest time is reached.
  if (record.multiplier * config_.base_ejection_ms <
      config_.max_ejection_ms + config_.base_ejection_ms) {
    ++record.multiplier;
  }
  int64_t duration_ms =
      std::min(record.multiplier * config_.base_ejection_ms, config_.max_ejection_ms);
  if (config_.max_jitter_ms > 0) {
    const auto bound = static_cast<uint64_t>(config_.max_jitter_ms) + 1;
    duration_ms += static_cast<int64_t>(context_.random.Below(bound));
  }
  monitor.SetEjectedUntil(now_ms + duration_ms);
  host.SetHealthFlag(HealthFlag::kFailedOutlierCheck, true);
  ++ejected_count_;
  context_.stats->Here().ejections_enforced_total.Add();
  context_.stats->Here().Enforced(cause).Add();
  ShowEjected();
  WEIR_LOG(kInfo, "upstream", "cluster '", context_.cluster_name, "': ", host.address_text(),
           " is ejected for ", duration_ms, " ms");
  on_change_();
}

// Failures that had gathered must not eject it again with the first one that follows.
void OutlierDetector::TakeBack(Host& host, OutlierMonitor& monitor) {
  host.SetHealthFlag(HealthFlag::kFailedOutlierCheck, false);
  monitor.ResetStreaks();
  monitor.SetEjectedUntil(0);
  if (ejected_count_ > 0) --ejected_count_;
  ShowEjected();
  if (context_.log != nullptr) context_.log->NoteReturn(EventOf(host, monitor.record()));
  monitor.record().last_action_ms = context_.main.now_ms();
  on_change_();
}

OutlierEvent OutlierDetector::EventOf(const Host& host,
                                      const OutlierMonitor::Record& record) const {
  OutlierEvent event;
  event.cluster_name = context_.cluster_name;
  event.host = host.address_text();
  event.wall_us = context_.main.wall_us();
  event.ejections = record.ejections;
  if (record.last_action_ms >= 0) {
    event.ms_since_last_action = context_.main.now_ms() - record.last_action_ms;
  }
  return event;
}

void OutlierDetector::ShowEjected() { context_.stats->Here().ejections_active.Set(ejected_count_); }

}  // namespace weir::health
