// Which cluster a request goes to, by its route: the router asks, and so does any filter that keeps
// something of the cluster's. Pure function.
#pragma once

#include <string_view>

#include "source/clusters/cluster_manager.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace weir::filter {

struct ClusterChoice {
  std::string_view name;                  // the head's or the route's; empty: none
  clusters::ClusterSlot* slot = nullptr;  // null: nobody ever made a cluster of that name
};

// `chosen` among the route's weighted clusters; null: it has none, or none could be chosen.
ClusterChoice ChooseCluster(const routing::ForwardAction& action,
                            const routing::WeightedCluster* chosen, const http::RequestHead& head,
                            const clusters::ClusterManager* clusters);

}  // namespace weir::filter
