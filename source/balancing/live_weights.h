// Weights that change by themselves: of hosts that ramp up, and of hosts that report their load.
// Main thread. Whoever has them makes the groups anew as often as NextTickMs() says.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/balancer_config.h"
#include "source/balancing/host.h"
#include "source/balancing/slow_start.h"

namespace weir::balancing {

class LiveWeights {
 public:
  // `config` outlives it.
  explicit LiveWeights(const BalancerConfig& config);
  // Whether weights are ever others than those of the endpoints.
  static bool AreNeeded(const BalancerConfig& config);

  // `added` joined others that serve already.
  void OnJoined(absl::Span<const HostPtr> added, int64_t now_ms);
  // The moment that weights are for. Before groups are made of `hosts`, all of the cluster. False:
  // the weights are what they were.
  bool Advance(absl::Span<const HostPtr> hosts, int64_t now_ms);
  // When to look again, counted from Advance(); unset: when a host changes.
  std::optional<int64_t> NextTickMs() const;
  // False: they are those of the endpoints at this moment.
  bool do_differ() const { return goes_by_reports() || slow_start_.is_ramping(); }

  // Of a group of hosts, > 0 each.
  std::vector<double> Of(absl::Span<const HostPtr> hosts) const;

 private:
  bool goes_by_reports() const {
    return config_.policy == BalancerPolicy::kClientSideWeightedRoundRobin;
  }
  double ReportedBy(const Host& host) const;
  std::vector<double> ReportedWeights(absl::Span<const HostPtr> hosts) const;

  const BalancerConfig& config_;
  SlowStart slow_start_;
  int64_t now_ms_ = 0;
  size_t reported_ = 0;  // tells apart what was reported
};

}  // namespace weir::balancing
