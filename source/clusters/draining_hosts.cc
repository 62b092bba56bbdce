#include "source/clusters/draining_hosts.h"

#include <atomic>
#include <utility>

namespace weir::clusters {
namespace {

bool IsInUse(const balancing::Host& host) {
  return host.active_connections.load(std::memory_order_relaxed) > 0;
}

}  // namespace

void DrainingHosts::Note(const ClusterSlot& cluster, absl::Span<const balancing::HostPtr> removed) {
  WeakHosts draining;
  for (const balancing::HostPtr& host : Of(cluster)) draining.push_back(host);
  for (const balancing::HostPtr& host : removed) {
    if (IsInUse(*host)) draining.push_back(host);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  if (draining.empty()) {
    hosts_.erase(&cluster);
  } else {
    hosts_[&cluster] = std::move(draining);
  }
}

std::vector<balancing::HostPtr> DrainingHosts::Of(const ClusterSlot& cluster) const {
  std::vector<balancing::HostPtr> hosts;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = hosts_.find(&cluster);
  if (found == hosts_.end()) return hosts;
  for (const std::weak_ptr<balancing::Host>& weak : found->second) {
    balancing::HostPtr host = weak.lock();
    if (host != nullptr && IsInUse(*host)) hosts.push_back(std::move(host));
  }
  return hosts;
}

}  // namespace weir::clusters
