// What the control plane sends, put where it belongs: clusters and endpoints to the cluster
// manager, listeners to the listener manager (route tables go to the route manager by themselves).
// Every resource is taken or refused by itself, and the dump shows which. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "source/admin/config_dump.h"
#include "source/server/listener_manager.h"
#include "source/upstream/cluster_manager.h"
#include "source/xds/subscription.h"

namespace weir::server {

class Discovery {
 public:
  struct Wants {
    bool clusters = false;
    bool listeners = false;
    int64_t clusters_timeout_ms = 15'000;
    int64_t listeners_timeout_ms = 15'000;
  };
  Discovery(upstream::ClusterManager& clusters, ListenerManager& listeners, RouteManager& routes,
            admin::ConfigDump& dump);
  ~Discovery();

  // Subscribes to what is wanted, parents before children.
  void Begin(xds::ResourceSource& source, const Wants& wants);
  // The first answer (or time-out) of everything wanted has come.
  bool has_first_answers() const { return unanswered_ == 0; }
  void SetAnswered(std::function<void()> answered) { answered_ = std::move(answered); }

 private:
  class Clusters;
  class Endpoints;
  class Listeners;

  void OnFirstAnswer();

  std::unique_ptr<Clusters> clusters_;
  std::unique_ptr<Endpoints> endpoints_;
  std::unique_ptr<Listeners> listeners_;
  RouteManager& routes_;
  int unanswered_ = 0;
  std::function<void()> answered_;
};

}  // namespace weir::server
