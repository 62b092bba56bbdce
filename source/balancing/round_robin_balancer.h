// Hosts in turn. The position is one counter for the whole proxy, so that the shares are exact to
// one request whatever the number of workers; unequal weights follow the group's weight table.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class RoundRobinBalancer final : public Balancer {
 public:
  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
};

// The host whose turn it is.
uint32_t NextHost(const HostGroup& group);

}  // namespace weir::balancing
