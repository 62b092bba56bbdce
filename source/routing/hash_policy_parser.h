// RouteAction.hash_policy → HashPolicy. Main thread.
#pragma once

#include <vector>

#include "source/config/faults.h"
#include "source/routing/hash_policy.h"

namespace envoy::config::route::v3 {
class RouteAction;
}

namespace weir::routing {

std::vector<HashPolicy> ParseHashPolicies(const envoy::config::route::v3::RouteAction& proto,
                                          config::Faults& faults);

}  // namespace weir::routing
