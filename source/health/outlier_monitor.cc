#include "source/health/outlier_monitor.h"

#include <algorithm>
#include <utility>

namespace weir::health {
namespace {

using balancing::LocalOutcome;

constexpr auto kRelaxed = std::memory_order_relaxed;

bool IsGatewayFailure(int status) { return status >= 502 && status <= 504; }

}  // namespace

OutlierMonitor::OutlierMonitor(event::Loop& main, std::weak_ptr<balancing::Host> host)
    : main_(main), host_(std::move(host)) {}

OutlierMonitor& OutlierMonitor::Of(event::Loop& main, const balancing::HostPtr& host) {
  balancing::HostActivity& activity = host->activity();
  if (activity.monitor.load(kRelaxed) == nullptr) {
    activity.SetMonitor(std::make_unique<OutlierMonitor>(main, host));
  }
  // There is no other kind.
  return static_cast<OutlierMonitor&>(*activity.monitor.load(kRelaxed));
}

void OutlierMonitor::Attach(Observer& observer, const OutlierConfig& config) {
  observer_ = &observer;
  for (size_t i = 0; i < kStreaks; ++i) limits_[i].store(config.streak_limits[i], kRelaxed);
  splits_origins_.store(config.splits_origins, kRelaxed);
  counts_here_.store(true, kRelaxed);
}

void OutlierMonitor::Detach() {
  observer_ = nullptr;
  counts_here_.store(false, kRelaxed);
  ResetStreaks();
  for (const Origin origin : {Origin::kExternal, Origin::kLocal}) {
    TakeTally(origin);
    SetSuccessRate(origin, -1);
  }
}

// Where origins are told apart, a host that answers at all could be reached: a connection alone is
// no success yet, since what follows may be a reset or a timeout, each time.
void OutlierMonitor::OnResponse(int status) {
  if (!counts_here_.load(kRelaxed)) return;
  if (splits_origins_.load(kRelaxed)) CountLocal(true);
  CountResponse(status);
}

void OutlierMonitor::CountResponse(int status) {
  const bool is_success = status < 500;
  Count(Origin::kExternal, is_success);
  if (is_success) {
    End(Streak::k5xx);
    return End(Streak::kGatewayFailure);
  }
  if (IsGatewayFailure(status)) {
    Extend(Streak::kGatewayFailure);
  } else {
    End(Streak::kGatewayFailure);
  }
  Extend(Streak::k5xx);
}

// Where origins are not told apart, it is as if the host had answered.
void OutlierMonitor::OnLocalOutcome(LocalOutcome outcome) {
  if (!counts_here_.load(kRelaxed)) return;
  const bool is_success = outcome == LocalOutcome::kTcpConnected;
  if (splits_origins_.load(kRelaxed)) return CountLocal(is_success);
  CountResponse(is_success ? 200 : outcome == LocalOutcome::kTimeout ? 504 : 503);
}

void OutlierMonitor::CountLocal(bool is_success) {
  Count(Origin::kLocal, is_success);
  if (is_success) {
    End(Streak::kLocalOriginFailure);
  } else {
    Extend(Streak::kLocalOriginFailure);
  }
}

void OutlierMonitor::Count(Origin origin, bool is_success) {
  Counts& counts = counts_[static_cast<size_t>(origin)];
  counts.total.fetch_add(1, kRelaxed);
  if (is_success) counts.success.fetch_add(1, kRelaxed);
}

void OutlierMonitor::Extend(Streak streak) {
  const uint32_t length = StreakOf(streak).fetch_add(1, kRelaxed) + 1;
  if (length == limits_[static_cast<size_t>(streak)].load(kRelaxed)) Report(streak);
}

// Nothing is written as a rule: other workers read the line.
void OutlierMonitor::End(Streak streak) {
  if (StreakOf(streak).load(kRelaxed) != 0) ResetStreak(streak);
}

void OutlierMonitor::Report(Streak streak) {
  balancing::HostPtr host = host_.lock();
  if (host == nullptr) return;
  main_.Post([this, host = std::move(host), streak] {
    if (observer_ != nullptr) observer_->OnStreak(*host, streak);
  });
}

// Of a request that a worker counts meanwhile, one half may belong to the next interval.
OutlierMonitor::Tally OutlierMonitor::TakeTally(Origin origin) {
  Counts& counts = counts_[static_cast<size_t>(origin)];
  Tally tally;
  tally.success = counts.success.exchange(0, kRelaxed);
  tally.total = counts.total.exchange(0, kRelaxed);
  tally.success = std::min(tally.success, tally.total);
  return tally;
}

void OutlierMonitor::ResetStreaks() {
  for (const Streak streak : {Streak::k5xx, Streak::kGatewayFailure, Streak::kLocalOriginFailure}) {
    ResetStreak(streak);
  }
}

balancing::HostMonitor::SuccessRates OutlierMonitor::success_rates() const {
  return {rates_[0].load(kRelaxed), rates_[1].load(kRelaxed)};
}

}  // namespace weir::health
