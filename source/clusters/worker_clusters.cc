#include "source/clusters/worker_clusters.h"

#include <utility>

#include "source/clusters/named_slot.h"

namespace weir::clusters {

WorkerClusters::~WorkerClusters() {
  for (Entry& entry : entries_) delete entry.cluster;
  while (!retired_.empty()) delete &retired_.PopFront();
}

upstream::LocalCluster* WorkerClusters::Find(const NamedSlot& slot) {
  if (slot.index() < entries_.size()) {
    Entry& entry = entries_[slot.index()];
    if (entry.generation == slot.generation()) return entry.cluster;
    return Update(slot, entry);
  }
  if (slot.generation() == 0 || is_shut_down_) return nullptr;
  entries_.resize(slot.index() + 1);
  return Update(slot, entries_[slot.index()]);
}

upstream::WorkerCluster* WorkerClusters::Update(const NamedSlot& slot, Entry& entry) {
  if (is_shut_down_) return nullptr;
  // Read first: should a newer one be published in between, the next look finds out.
  entry.generation = slot.generation();
  std::shared_ptr<const upstream::Cluster> cluster = slot.live().Load();
  if (entry.cluster != nullptr && &entry.cluster->cluster() == cluster.get()) return entry.cluster;
  Retire(entry);
  if (cluster != nullptr)
    entry.cluster = new upstream::WorkerCluster(loop_, std::move(cluster), grpc_stats_);
  return entry.cluster;
}

void WorkerClusters::Retire(Entry& entry) {
  if (entry.cluster == nullptr) return;
  upstream::WorkerCluster& cluster = *std::exchange(entry.cluster, nullptr);
  retired_.PushBack(cluster);
  cluster.Retire();
}

// Not made here: a worker that did not use the old one need not know the new one.
void WorkerClusters::Refresh(const NamedSlot& slot) {
  if (slot.index() >= entries_.size()) return;
  Entry& entry = entries_[slot.index()];
  if (entry.cluster == nullptr) return;
  const std::shared_ptr<const upstream::Cluster> cluster = slot.live().Load();
  if (&entry.cluster->cluster() == cluster.get()) return;
  Retire(entry);
  entry.generation = 0;
}

void WorkerClusters::OnHostsChanged(const NamedSlot& slot, const upstream::Cluster* cluster,
                                    const std::vector<balancing::HostPtr>& removed) {
  VisitClusters(slot, [&](upstream::WorkerCluster& local) {
    local.OnHealthChanged();
    if (&local.cluster() != cluster) return;
    local.OnHostsRemoved(removed);
    if (local.config().options->drains_on_host_change) local.DrainConnections();
  });
}

void WorkerClusters::OnConnectionsFree(const NamedSlot& slot, int priority) {
  VisitClusters(slot, [&](upstream::WorkerCluster& local) { local.OnConnectionsFree(priority); });
}

void WorkerClusters::CloseOneIdle(const NamedSlot& slot, int priority,
                                  const balancing::Host* host) {
  VisitClusters(slot, [&](upstream::WorkerCluster& local) {
    const bool is_wanted =
        host != nullptr ? host->is_waited_for() : local.cluster().breakers().HasWaiters(priority);
    if (is_wanted) local.CloseOneIdle(priority, host);
  });
}

template <class Visit>
void WorkerClusters::VisitClusters(const NamedSlot& slot, Visit&& visit) {
  if (slot.index() < entries_.size()) {
    if (upstream::WorkerCluster* const live = entries_[slot.index()].cluster) visit(*live);
  }
  retired_.ForEach([&](upstream::WorkerCluster& local) {
    if (local.config().name == slot.name()) visit(local);
  });
}

void WorkerClusters::ShutDown() {
  is_shut_down_ = true;
  for (Entry& entry : entries_) {
    Retire(entry);
    entry.generation = UINT64_MAX;
  }
}

}  // namespace weir::clusters
