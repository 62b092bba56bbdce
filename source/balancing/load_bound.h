// Keeps hashing from overloading a host that has a popular key (consistent hashing with bounded
// loads): no host gets more than its share of the running requests times a factor; what is over
// goes to other hosts, the same ones for the same key. Pure function, any thread.
//
// Hosts are tried in an order that the hash decides, not one after the other, so that one host's
// surplus does not all fall on its neighbour. So many are looked at, at most, that the cost stays
// bounded; in a large group whose factor leaves next to no room, the least loaded of those is taken
// then, although it is over the bound.
#pragma once

#include <cstdint>

#include "source/balancing/host_set.h"
#include "source/balancing/pick_context.h"

namespace weir::balancing {

// `picked` or, where that is at its bound, another host. `percent` ≥ 100: of the mean load.
uint32_t KeepInBound(const HostGroup& group, uint32_t picked, uint64_t hash, uint32_t percent,
                     const PickContext& context);

}  // namespace weir::balancing
