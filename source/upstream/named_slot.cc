#include "source/upstream/named_slot.h"

#include <utility>

#include "source/base/thread.h"
#include "source/upstream/worker_clusters.h"

namespace weir::upstream {

NamedSlot::NamedSlot(std::string name, uint32_t index, event::Loop* main,
                     const ClusterThreads& threads)
    : name_(std::move(name)), index_(index), threads_(threads), live_(main) {}

LocalCluster* NamedSlot::Here() {
  const auto thread = static_cast<size_t>(base::ThreadIndex());
  return thread < threads_.size() ? threads_[thread]->Find(*this) : nullptr;
}

// Calls work(WorkerClusters&) on every thread that has state of its own for `cluster`.
template <class Work>
void NamedSlot::PostToUsers(const Cluster* cluster, const Work& work) {
  if (cluster == nullptr) return;
  for (size_t thread = 0; thread < threads_.size(); ++thread) {
    if (!cluster->IsUsedBy(static_cast<int>(thread))) continue;
    WorkerClusters* const clusters = threads_[thread].get();
    if (clusters == nullptr) continue;  // the end of the process
    clusters->loop().Post([work, clusters] { work(*clusters); });
  }
}

void NamedSlot::Publish(std::unique_ptr<Cluster> cluster) {
  const std::shared_ptr<const Cluster> old = live_.Load();
  live_.Publish(std::move(cluster));
  PostToUsers(old.get(), [this](WorkerClusters& clusters) { clusters.Refresh(*this); });
}

void NamedSlot::TellHostsChanged(std::vector<HostPtr> removed, bool drains_connections) {
  const std::shared_ptr<const Cluster> cluster = live_.Load();
  auto shared = std::make_shared<const std::vector<HostPtr>>(std::move(removed));
  PostToUsers(cluster.get(), [=, this, id = cluster.get()](WorkerClusters& clusters) {
    clusters.OnHostsChanged(*this, id, *shared, drains_connections);
  });
}

void NamedSlot::OnConnectionWanted(int priority) {
  const std::shared_ptr<const Cluster> cluster = live_.Load();
  PostToUsers(cluster.get(), [this, priority](WorkerClusters& clusters) {
    clusters.CloseOneIdle(*this, priority);
  });
}

void NamedSlot::OnConnectionFree(int thread_index, int priority) {
  WorkerClusters* const clusters = threads_[thread_index].get();
  if (clusters == nullptr) return;  // the end of the process
  clusters->loop().Post(
      [this, clusters, priority] { clusters->OnConnectionsFree(*this, priority); });
}

}  // namespace weir::upstream
