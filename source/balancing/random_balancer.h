// Any host, as likely as its weight says.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class RandomBalancer final : public Balancer {
 public:
  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
};

// A host of `group` drawn by weight.
uint32_t DrawHost(const HostGroup& group, base::Random& random);
// Another one beside `first`, of a group of two at least; by weight, it may be the same.
uint32_t DrawOther(const HostGroup& group, uint32_t first, base::Random& random);

}  // namespace weir::balancing
