// The least busy of a few hosts drawn at random ("power of two choices"), by the requests that the
// whole proxy has running on them.
//
// With unequal weights hosts are drawn by weight and compared by requests per weight. An idle
// cluster is then shared by weight alone, since a tie goes to the first draw; a busy one settles
// where every host carries requests in proportion to its weight.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class LeastRequestBalancer final : public Balancer {
 public:
  // `choice_count` ≥ 2.
  explicit LeastRequestBalancer(uint32_t choice_count) : choice_count_(choice_count) {}

  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;

 private:
  uint32_t DrawOther(const HostGroup& group, uint32_t first, base::Random& random) const;

  const uint32_t choice_count_;
};

}  // namespace weir::balancing
