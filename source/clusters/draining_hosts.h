// Hosts that left their clusters while their connections still had requests: shown until they have
// none. The main thread writes, any thread reads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "source/balancing/host.h"
#include "source/clusters/cluster_manager.h"

namespace weir::clusters {

class DrainingHosts {
 public:
  // Those of `removed` that are in use. Forgets those of the cluster that no longer are.
  void Note(const ClusterSlot& cluster, absl::Span<const balancing::HostPtr> removed);
  std::vector<balancing::HostPtr> Of(const ClusterSlot& cluster) const;

 private:
  // Weak: what keeps a host is its connections.
  using WeakHosts = std::vector<std::weak_ptr<balancing::Host>>;

  mutable std::mutex mutex_;
  absl::flat_hash_map<const ClusterSlot*, WeakHosts> hosts_;  // of the few clusters with any
};

}  // namespace weir::clusters
