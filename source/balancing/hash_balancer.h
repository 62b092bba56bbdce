// RING_HASH and MAGLEV: requests of one key go to one host for as long as the hosts stay, through
// any worker and any proxy. Requests without a hash go anywhere.
//
// A host that was tried is passed over as if it were not in the table: each of its keys goes to a
// host of its own. With a balance factor a host that is too busy is passed over as well
// (load_bound.h).
#pragma once

#include <memory>

#include "source/balancing/balancer.h"
#include "source/balancing/hash_table.h"

namespace weir::balancing {

class HashBalancer final : public Balancer {
 public:
  // Of policy kRingHash or kMaglev.
  explicit HashBalancer(const BalancerConfig& config)
      : policy_(config.policy), config_(config.hashing) {}

  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
  std::unique_ptr<const PickTable> Prepare(absl::Span<const HostPtr> hosts,
                                           absl::Span<const uint32_t> weights) const override;
  bool is_by_hash() const override { return true; }
  bool wants_load() const override { return config_.balance_percent > 0; }

 private:
  const BalancerPolicy policy_;
  const HashingConfig config_;
};

}  // namespace weir::balancing
