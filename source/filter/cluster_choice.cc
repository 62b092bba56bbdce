// Tested by test/extensions/http_filters/router/router_filter_test.cc
#include "source/filter/cluster_choice.h"

namespace weir::filter {

ClusterChoice ChooseCluster(const routing::ForwardAction& action,
                            const routing::WeightedCluster* chosen, const http::RequestHead& head,
                            const clusters::ClusterManager* clusters) {
  if (!action.cluster_header.empty()) {
    const std::string_view name = head.headers.Value(action.cluster_header);
    return {name, name.empty() ? nullptr : clusters->FindSlot(name)};
  }
  if (!action.weighted.empty() && chosen == nullptr) return {};
  const routing::ClusterRef& cluster = chosen != nullptr ? chosen->cluster : action.cluster;
  return {cluster.name, cluster.slot};
}

}  // namespace weir::filter
