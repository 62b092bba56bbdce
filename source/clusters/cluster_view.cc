// Tested by test/clusters/cluster_registry_test.cc.
#include "source/clusters/cluster_view.h"

#include "source/balancing/host_set.h"

namespace weir::clusters {

std::shared_ptr<ClusterView> ViewOf(const upstream::Cluster& cluster) {
  auto view = std::make_shared<ClusterView>();
  view->config = cluster.config();
  view->added_via_api = cluster.origin().via_api;
  view->version_info = std::string(cluster.origin().version.view());
  view->last_updated_us = cluster.origin().updated_us;
  const std::shared_ptr<const balancing::HostSet> hosts = cluster.hosts().Load();
  view->hosts.reserve(hosts->hosts().size());
  for (uint32_t priority = 0; priority < hosts->priority_count(); ++priority) {
    for (const balancing::HostPtr& host : hosts->hosts_of(priority))
      view->hosts.push_back({host, priority});
  }
  return view;
}

}  // namespace weir::clusters
