// Any host, as likely as its weight says.
#pragma once

#include "source/upstream/balancer.h"

namespace weir::upstream {

class RandomBalancer final : public Balancer {
 public:
  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
};

// A host of `group` drawn by weight.
uint32_t DrawHost(const HostGroup& group, base::Random& random);

}  // namespace weir::upstream
