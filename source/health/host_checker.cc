// Tested by test/health/active_checks_test.cc.
#include "source/health/host_checker.h"

#include <algorithm>
#include <utility>

namespace weir::health {
namespace {

using balancing::HealthFlag;
using balancing::ProbeAnswer;
using Change = CheckSchedule::Change;
using Verdict = CheckSchedule::Verdict;

net::Address AddressOf(const HealthCheckConfig& config, const balancing::Host& host) {
  const balancing::HostCheck* const own = host.details().check.get();
  net::Address address = host.address();
  uint16_t port = config.alt_port;
  if (own != nullptr) {
    if (own->address.is_set()) {
      address = own->address;
      port = 0;
    }
    if (own->port != 0) port = own->port;
  }
  return port != 0 && address.is_ip() ? address.WithPort(port) : address;
}

std::string AuthorityOf(const CheckedCluster& cluster, const balancing::Host& host) {
  const balancing::HostCheck* const own = host.details().check.get();
  if (own != nullptr && !own->hostname.empty()) return own->hostname;
  return host.hostname().empty() ? cluster.name : host.hostname();
}

Verdict VerdictOf(const ProbeOutcome& outcome) {
  if (outcome.is_success) return Verdict::kSuccess;
  return outcome.counts_towards_threshold ? Verdict::kFailure : Verdict::kFailureAtOnce;
}

ProbeOutcome Timeout() {
  ProbeOutcome outcome = ProbeOutcome::Network(ProbeAnswer::kTimeout);
  outcome.failure = ProbeFailure::kTimeout;
  return outcome;
}

}  // namespace

HostChecker::HostChecker(event::Loop& loop, const CheckedCluster& cluster, uint64_t cluster_number,
                         balancing::HostPtr host, Owner& owner)
    : target_{loop, cluster, AddressOf(*cluster.config, *host), AuthorityOf(cluster, *host),
              host->hostname()},
      cluster_number_(cluster_number),
      host_(std::move(host)),
      owner_(owner),
      timer_(loop, [this] { OnTimer(); }),
      schedule_(!host_->has(HealthFlag::kFailedActiveCheck),
                host_->has(HealthFlag::kPendingActiveCheck)),
      is_degraded_(host_->has(HealthFlag::kDegradedActiveCheck)),
      is_excluded_(host_->has(HealthFlag::kExcluded) &&
                   !host_->has(HealthFlag::kPendingActiveCheck)) {}

HostChecker::~HostChecker() = default;

void HostChecker::Begin(uint32_t place_ms) {
  place_ms_ = place_ms;
  timer_.Arm(CheckSchedule::FirstDelayMs(*target_.cluster.config, base::Random::OfThread()));
}

void HostChecker::OnTimer() {
  if (state_ == State::kProbing) {
    event::TurnEndHook::Unlink();
    probe_->Abandon();
    return Finish(Timeout());
  }
  state_ = State::kQueued;
  owner_.OnDue(*this);
}

void HostChecker::Run() {
  state_ = State::kProbing;
  started_ns_ = target_.loop.clock().MonotonicNs();
  target_.cluster.stats->Here().attempt.Add();
  timer_.Arm(target_.cluster.config->timeout_ms);
  if (probe_ == nullptr) probe_ = CreateProbe(target_, static_cast<ProbeOwner&>(*this));
  probe_->Start();
}

void HostChecker::OnProbeDone(const ProbeOutcome& outcome) {
  outcome_ = outcome;
  const int64_t took_us = (target_.loop.clock().MonotonicNs() - started_ns_) / 1000;
  outcome_.report.latency_us = static_cast<uint32_t>(std::clamp<int64_t>(took_us, 0, UINT32_MAX));
  target_.loop.AtTurnEnd(*this);
}

void HostChecker::OnTurnEnd() {
  const bool keeps = target_.cluster.config->reuses_connection && outcome_.is_success;
  if (!keeps) probe_->Abandon();
  Finish(outcome_);
}

void HostChecker::Finish(ProbeOutcome outcome) {
  if (outcome.failure == ProbeFailure::kTimeout && !outcome.is_success) {
    outcome.report.latency_us = static_cast<uint32_t>(
        std::min<int64_t>(target_.cluster.config->timeout_ms * 1000, UINT32_MAX));
  }
  state_ = State::kWaiting;
  Count(outcome);
  host_->activity().last_probe.store(outcome.report.Pack(), std::memory_order_relaxed);
  const HealthCheckConfig& config = *target_.cluster.config;
  const bool is_first = schedule_.is_pending();
  const bool was_degraded = is_degraded_;
  const Change change = schedule_.Note(config, VerdictOf(outcome));
  // A host that did not answer has not taken back what it said before.
  if (outcome.is_success) is_degraded_ = outcome.is_degraded;
  Report(outcome, was_degraded, change, is_first);
  const int64_t delay_ms =
      schedule_.NextDelayMs(config, target_.cluster.is_used(), base::Random::OfThread());
  timer_.Arm(delay_ms - std::exchange(place_ms_, 0) % delay_ms);
}

void HostChecker::Count(const ProbeOutcome& outcome) {
  CheckStats& stats = target_.cluster.stats->Here();
  if (outcome.is_success) return stats.success.Add();
  stats.failure.Add();
  if (outcome.failure != ProbeFailure::kActive) stats.network_failure.Add();
}

void HostChecker::Report(const ProbeOutcome& outcome, bool was_degraded, Change change,
                         bool is_first) {
  const bool was_excluded = is_excluded_;
  // Only an answer takes it back.
  if (outcome.wants_exclusion || outcome.is_success) is_excluded_ = outcome.wants_exclusion;
  Log(outcome, was_degraded, change, is_first);
  const bool is_news = !has_result_ || change != Change::kNone || was_degraded != is_degraded_ ||
                       was_excluded != is_excluded_ || HasPassedWhileEjected(outcome);
  has_result_ = true;
  if (is_news) owner_.OnResult(ResultNow());
}

// Whoever ejected it wants to know.
bool HostChecker::HasPassedWhileEjected(const ProbeOutcome& outcome) const {
  return outcome.is_success && host_->has(balancing::HealthFlag::kFailedOutlierCheck);
}

CheckResult HostChecker::ResultNow() const {
  CheckResult result;
  result.cluster = cluster_number_;
  result.host = host_;
  result.is_healthy = schedule_.is_healthy();
  result.is_degraded = is_degraded_;
  result.is_excluded = is_excluded_;
  return result;
}

void HostChecker::NoteUnhealthy() {
  if (!schedule_.is_healthy()) return;
  schedule_.NoteUnhealthy();
  is_excluded_ = true;
  ProbeOutcome outcome;
  outcome.failure = ProbeFailure::kPassive;
  LogEvent(CheckEventKind::kEjected, outcome, false);
}

void HostChecker::Log(const ProbeOutcome& outcome, bool was_degraded, Change change,
                      bool is_first) {
  if (target_.cluster.events == nullptr) return;
  const HealthCheckConfig& config = *target_.cluster.config;
  if (!outcome.is_success && (is_first || config.logs_all_failures)) {
    LogEvent(CheckEventKind::kFailure, outcome, is_first);
  }
  if (change == Change::kBecameHealthy) LogEvent(CheckEventKind::kAdded, outcome, is_first);
  if (change == Change::kBecameUnhealthy) LogEvent(CheckEventKind::kEjected, outcome, is_first);
  if (outcome.is_success && config.logs_all_successes) {
    LogEvent(CheckEventKind::kSuccess, outcome, is_first);
  }
  if (is_degraded_ != was_degraded) {
    LogEvent(is_degraded_ ? CheckEventKind::kDegraded : CheckEventKind::kNoLongerDegraded, outcome,
             is_first);
  }
}

void HostChecker::LogEvent(CheckEventKind kind, const ProbeOutcome& outcome, bool is_first) {
  if (target_.cluster.events == nullptr) return;
  CheckEvent event{kind, target_.cluster.config->kind, outcome.failure, 0, is_first};
  if (outcome.report.answer == ProbeAnswer::kHttpStatus) event.http_status = outcome.report.code;
  target_.cluster.events->Write(target_.cluster.name, *host_, event, target_.loop.wall_us());
}

}  // namespace weir::health
