// ClusterSlot as it is: a name's stable place, through which main publishes the cluster of that
// name and workers find it. Also carries word between the workers that use it: see
// ConnectionBroker. Here() is for main and workers; publishing for main.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/clusters/cluster_manager.h"
#include "source/event/published.h"
#include "source/upstream/circuit_breakers.h"
#include "source/upstream/cluster.h"

namespace weir::clusters {

class WorkerClusters;

// One for main and each worker, by thread index.
using ClusterThreads = std::vector<std::unique_ptr<WorkerClusters>>;

class NamedSlot final : public ClusterSlot, public upstream::ConnectionBroker {
 public:
  // `threads` does not change any more and outlives the slot. `index`: small, unique.
  NamedSlot(std::string name, uint32_t index, event::Loop* main, const ClusterThreads& threads);

  const std::string& name() const override { return name_; }
  upstream::LocalCluster* Here() override;

  uint32_t index() const { return index_; }
  // Grows with every change; 0 as long as there never was a cluster.
  uint64_t generation() const { return live_.generation(); }
  const event::Published<upstream::Cluster>& live() const { return live_; }

  // Main. From now on new streams see `cluster` (null: none); those who use the old one retire it.
  void Publish(std::unique_ptr<upstream::Cluster> cluster);
  // Main. Tells those who use the live cluster that hosts left it or that their health changed.
  void TellHostsChanged(std::vector<balancing::HostPtr> removed);

  // ConnectionBroker
  void OnConnectionWanted(int priority, const balancing::HostPtr& host) override;
  void OnConnectionFree(uint64_t thread_bits, int priority) override;

 private:
  template <class Work>
  void Post(uint64_t thread_bits, const Work& work);

  const std::string name_;
  const uint32_t index_;
  const ClusterThreads& threads_;
  event::Published<upstream::Cluster> live_;
};

}  // namespace weir::clusters
