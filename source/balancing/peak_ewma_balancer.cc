#include "source/balancing/peak_ewma_balancer.h"

#include <algorithm>

#include "source/balancing/random_balancer.h"

namespace weir::balancing {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kLongestPenaltyNs = 300'000 * kNsPerMs;

}  // namespace

PeakEwmaBalancer::PeakEwmaBalancer(const PeakEwmaConfig& config)
    : decay_ns_(config.decay_ms * kNsPerMs),
      default_ns_(static_cast<double>(config.default_rtt_ms * kNsPerMs)),
      penalty_ns_(config.failure_penalty_ms * kNsPerMs) {}

uint32_t PeakEwmaBalancer::Pick(const HostGroup& group, const PickContext& context,
                                base::Random& random) const {
  if (group.size() == 1) return 0;
  const uint32_t first = DrawHost(group, random);
  const uint32_t second = DrawOther(group, first, random);
  if (first == second) return first;
  const absl::Span<const HostPtr> hosts = group.hosts();
  const double a = CostOf(*hosts[first], context.now_ns);
  const double b = CostOf(*hosts[second], context.now_ns);
  return b < a ? second : first;
}

double PeakEwmaBalancer::CostOf(const Host& host, int64_t now_ns) const {
  const HostActivity* const activity = host.activity_if_any();
  double rtt_ns = activity == nullptr ? 0 : activity->latency.At(now_ns, decay_ns_);
  if (rtt_ns == 0) rtt_ns = default_ns_;
  return rtt_ns * (host.active_requests.load(std::memory_order_relaxed) + 1);
}

void PeakEwmaBalancer::OnResponse(const Host& host, const Outcome& outcome, int64_t now_ns) const {
  int64_t sample_ns = outcome.latency_ns;
  if (!outcome.is_success) {
    const int64_t asked_ns = std::min(outcome.retry_after_ns, kLongestPenaltyNs);
    sample_ns = std::max({sample_ns, penalty_ns_, asked_ns});
  }
  host.activity().latency.Record(sample_ns, now_ns, decay_ns_);
}

}  // namespace weir::balancing
