#include "source/balancing/random_balancer.h"

namespace weir::balancing {

uint32_t DrawHost(const HostGroup& group, base::Random& random) {
  if (const WeightTable* weights = group.weights()) {
    return weights->Find(static_cast<uint32_t>(random.Below(weights->total())));
  }
  return static_cast<uint32_t>(random.Below(group.size()));
}

uint32_t RandomBalancer::Pick(const HostGroup& group, const PickContext& context,
                              base::Random& random) const {
  return DrawHost(group, random);
}

}  // namespace weir::balancing
