// Where the proxy stands among its peers: the hosts of the cluster that it is itself of. Pure.
#pragma once

#include "source/balancing/host_set.h"
#include "source/balancing/locality_shares.h"

namespace weir::clusters {

// `healthy_panic_percent` (0 to 100): with a smaller part of `peers` healthy, they are panicking.
balancing::OwnZone OwnZoneAmong(const balancing::HostSet& peers, double healthy_panic_percent,
                                const balancing::Locality& locality);

}  // namespace weir::clusters
