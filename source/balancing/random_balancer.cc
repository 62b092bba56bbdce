#include "source/balancing/random_balancer.h"

namespace weir::balancing {

uint32_t DrawHost(const HostGroup& group, base::Random& random) {
  if (const WeightTable* weights = group.weights()) {
    return weights->Find(static_cast<uint32_t>(random.Below(weights->total())));
  }
  return static_cast<uint32_t>(random.Below(group.size()));
}

// Drawing the same host twice would be no choice; among equals that is easy to avoid.
uint32_t DrawOther(const HostGroup& group, uint32_t first, base::Random& random) {
  if (group.weights() != nullptr) return DrawHost(group, random);
  const uint32_t step = 1 + static_cast<uint32_t>(random.Below(group.size() - 1));
  const uint32_t other = first + step;
  return other < group.size() ? other : other - group.size();
}

uint32_t RandomBalancer::Pick(const HostGroup& group, const PickContext& context,
                              base::Random& random) const {
  return DrawHost(group, random);
}

}  // namespace weir::balancing
