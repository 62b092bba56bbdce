#include "source/balancing/round_robin_balancer.h"

namespace weir::balancing {

uint32_t NextHost(const HostGroup& group) {
  const uint64_t position = group.NextInSequence();
  if (group.weights() != nullptr) return group.weights()->At(position);
  return static_cast<uint32_t>(position % group.size());
}

uint32_t RoundRobinBalancer::Pick(const HostGroup& group, const PickContext& context,
                                  base::Random& random) const {
  return NextHost(group);
}

}  // namespace weir::balancing
