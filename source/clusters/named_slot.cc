#include "source/clusters/named_slot.h"

#include <utility>

#include "source/base/thread.h"
#include "source/clusters/worker_clusters.h"

namespace weir::clusters {

NamedSlot::NamedSlot(std::string name, uint32_t index, event::Loop* main,
                     const ClusterThreads& threads)
    : name_(std::move(name)), index_(index), threads_(threads), live_(main) {}

upstream::LocalCluster* NamedSlot::Here() {
  const auto thread = static_cast<size_t>(base::ThreadIndex());
  return thread < threads_.size() ? threads_[thread]->Find(*this) : nullptr;
}

// Calls work(WorkerClusters&) on the threads of these bits.
template <class Work>
void NamedSlot::Post(uint64_t thread_bits, const Work& work) {
  for (size_t thread = 0; thread < threads_.size(); ++thread) {
    if ((thread_bits & upstream::ThreadBit(static_cast<int>(thread))) == 0) continue;
    WorkerClusters* const clusters = threads_[thread].get();
    if (clusters == nullptr) continue;  // the end of the process
    clusters->loop().Post([work, clusters] { work(*clusters); });
  }
}

void NamedSlot::Publish(std::unique_ptr<upstream::Cluster> cluster) {
  const std::shared_ptr<const upstream::Cluster> old = live_.Load();
  live_.Publish(std::move(cluster));
  if (old == nullptr) return;
  Post(old->users(), [this](WorkerClusters& clusters) { clusters.Refresh(*this); });
}

void NamedSlot::TellHostsChanged(std::vector<balancing::HostPtr> removed) {
  const std::shared_ptr<const upstream::Cluster> cluster = live_.Load();
  auto shared = std::make_shared<const std::vector<balancing::HostPtr>>(std::move(removed));
  // A worker may have connections of an older definition only.
  const uint64_t threads =
      cluster->config()->options->closes_failed_hosts ? UINT64_MAX : cluster->users();
  Post(threads, [=, this, id = cluster.get()](WorkerClusters& clusters) {
    clusters.OnHostsChanged(*this, id, *shared);
  });
}

void NamedSlot::OnConnectionWanted(int priority, const balancing::HostPtr& host) {
  const std::shared_ptr<const upstream::Cluster> cluster = live_.Load();
  if (cluster == nullptr) return;
  Post(cluster->users(), [this, priority, host](WorkerClusters& clusters) {
    clusters.CloseOneIdle(*this, priority, host.get());
  });
}

void NamedSlot::OnConnectionFree(uint64_t thread_bits, int priority) {
  Post(thread_bits,
       [this, priority](WorkerClusters& clusters) { clusters.OnConnectionsFree(*this, priority); });
}

}  // namespace weir::clusters
