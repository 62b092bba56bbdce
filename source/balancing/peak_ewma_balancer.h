// The host that answers soonest, of two drawn by weight: the one for which (time it takes to
// answer) × (requests running + 1) is less. Both are of the whole proxy. A failed answer counts as
// a slow one, so that a host that fails fast attracts nothing.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class PeakEwmaBalancer final : public Balancer {
 public:
  explicit PeakEwmaBalancer(const PeakEwmaConfig& config);

  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
  bool learns() const override { return true; }
  void OnResponse(const Host& host, const Outcome& outcome, int64_t now_ns) const override;

 private:
  double CostOf(const Host& host, int64_t now_ns) const;

  const int64_t decay_ns_;
  const double default_ns_;
  const int64_t penalty_ns_;
};

}  // namespace weir::balancing
