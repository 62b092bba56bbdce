#include "source/balancing/live_weights.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"

namespace weir::balancing {

LiveWeights::LiveWeights(const BalancerConfig& config)
    : config_(config), slow_start_(config.slow_start) {}

bool LiveWeights::AreNeeded(const BalancerConfig& config) {
  return config.slow_start.window_ms > 0 ||
         config.policy == BalancerPolicy::kClientSideWeightedRoundRobin;
}

void LiveWeights::OnJoined(absl::Span<const HostPtr> added, int64_t now_ms) {
  if (config_.slow_start.window_ms == 0) return;
  for (const HostPtr& host : added) {
    if (host->is_usable()) slow_start_.Begin(host, now_ms);
  }
}

bool LiveWeights::Advance(absl::Span<const HostPtr> hosts, int64_t now_ms) {
  now_ms_ = now_ms;
  bool have_changed = slow_start_.is_ramping();
  if (config_.slow_start.window_ms > 0) {
    slow_start_.BeginForRecovered(hosts, now_ms);
    have_changed |= slow_start_.Advance(now_ms);
  }
  if (goes_by_reports()) {
    size_t reported = 0;
    for (const HostPtr& host : hosts) {
      reported = absl::HashOf(reported, ReportedBy(*host));
    }
    have_changed |= std::exchange(reported_, reported) != reported;
  }
  return have_changed;
}

std::optional<int64_t> LiveWeights::NextTickMs() const {
  std::optional<int64_t> next;
  if (goes_by_reports()) next = config_.client_side_weights.update_ms;
  if (slow_start_.is_ramping()) {
    next = std::min(next.value_or(slow_start_.TickMs()), slow_start_.TickMs());
  }
  return next;
}

std::vector<double> LiveWeights::Of(absl::Span<const HostPtr> hosts) const {
  std::vector<double> weights;
  if (goes_by_reports()) {
    weights = ReportedWeights(hosts);
  } else {
    weights.reserve(hosts.size());
    for (const HostPtr& host : hosts) weights.push_back(host->weight());
  }
  if (!slow_start_.is_ramping()) return weights;
  for (size_t i = 0; i < hosts.size(); ++i) weights[i] *= slow_start_.FactorOf(*hosts[i]);
  return weights;
}

// 0: nothing that counts.
double LiveWeights::ReportedBy(const Host& host) const {
  const HostActivity* const activity = host.activity_if_any();
  if (activity == nullptr) return 0;
  return activity->reported_weight.At(now_ms_, config_.client_side_weights);
}

// Hosts of which nothing is known have the average of the others; where fewer than two are known
// there is nothing to compare.
std::vector<double> LiveWeights::ReportedWeights(absl::Span<const HostPtr> hosts) const {
  std::vector<double> weights;
  weights.reserve(hosts.size());
  double sum = 0;
  size_t known = 0;
  for (const HostPtr& host : hosts) {
    const double weight = weights.emplace_back(ReportedBy(*host));
    sum += weight;
    known += weight > 0;
  }
  if (known < 2) return std::vector<double>(hosts.size(), 1);
  std::replace(weights.begin(), weights.end(), 0.0, sum / static_cast<double>(known));
  return weights;
}

}  // namespace weir::balancing
