// The least busy of a few hosts drawn at random ("power of two choices"), by the requests that the
// whole proxy has running on them; or of all hosts.
//
// With unequal weights hosts are drawn by weight and compared by requests ^ bias per weight.
// An idle cluster is then shared by weight alone, since a tie goes to the first draw; a busy one
// settles where every host carries requests in proportion to its weight. A bias of 0 leaves weights
// alone: that is round robin.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class LeastRequestBalancer final : public Balancer {
 public:
  explicit LeastRequestBalancer(const BalancerConfig& config)
      : choice_count_(config.choice_count),
        scans_all_(config.scans_all),
        bias_(config.active_request_bias) {}
  // Whether `config` says nothing of its own.
  static bool AreDefault(const BalancerConfig& config);

  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;

 private:
  uint32_t PickOfAll(const HostGroup& group, base::Random& random) const;
  bool IsLessBusy(const HostGroup& group, uint32_t a, uint32_t b) const;

  const uint32_t choice_count_;  // ≥ 2
  const bool scans_all_;
  const double bias_;
};

}  // namespace weir::balancing
