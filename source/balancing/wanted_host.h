// The host that a request asks for by its address, when the cluster has it and its health allows.
// Any thread.
#pragma once

#include "source/balancing/balancer_config.h"
#include "source/balancing/host_set.h"
#include "source/balancing/pick_context.h"

namespace weir::balancing {

// Which of the bits of OverrideHealth the host has.
OverrideHealth OverrideHealthOf(const Host& host);

// Null when the request wants none, or cannot have it. One that it tried without success it gets
// again only where no other will do.
const HostPtr* FindWanted(const HostSet& hosts, const BalancerConfig& config,
                          const PickContext& context);

}  // namespace weir::balancing
