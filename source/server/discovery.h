// What the control plane sends of its own accord, put where it belongs: clusters to the cluster
// manager, listeners to the listener manager. What those name (endpoints, routes, secrets) they ask
// for themselves. Every resource is taken or refused by itself, and the dump shows which. Main
// thread.
#pragma once

#include <functional>
#include <memory>

#include "source/admin/config_dump.h"
#include "source/clusters/cluster_manager.h"
#include "source/discovery/config_sources.h"
#include "source/server/listener_manager.h"
#include "source/xds/resource_origin.h"

namespace weir::server {

class Discovery {
 public:
  // `refuses_empty_sets`: see xds::ResourceType.
  Discovery(bool refuses_empty_sets, discovery::ConfigSources& sources,
            clusters::ClusterManager& clusters, ListenerManager& listeners,
            admin::ConfigDump& dump);
  ~Discovery();

  // Subscribe to all that there is; parents before children.
  void BeginClusters(const xds::ResourceOrigin& origin);
  void BeginListeners(const xds::ResourceOrigin& origin);

  // The first answer (or time-out) of everything begun has come.
  bool has_first_answers() const { return unanswered_ == 0; }
  void SetAnswered(std::function<void()> answered) { answered_ = std::move(answered); }

 private:
  class CompleteSet;
  class Clusters;
  class Listeners;

  void OnFirstAnswer();

  const bool refuses_empty_sets_;
  discovery::ConfigSources& sources_;
  clusters::ClusterManager& cluster_manager_;
  ListenerManager& listener_manager_;
  admin::ConfigDump& dump_;
  std::unique_ptr<Clusters> clusters_;
  std::unique_ptr<Listeners> listeners_;
  int unanswered_ = 0;
  std::function<void()> answered_;
};

}  // namespace weir::server
