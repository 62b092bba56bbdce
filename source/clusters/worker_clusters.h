// All clusters as one worker sees them: which slot has which LocalCluster here, and those that are
// retired but still in use. What is O(workers) is only what a worker really used.
// The worker's thread only, except where noted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/upstream/worker_cluster.h"

namespace weir::clusters {

class NamedSlot;

class WorkerClusters {
 public:
  // `grpc_stats` outlives it; null: clusters have none.
  explicit WorkerClusters(event::Loop& loop, upstream::GrpcStatsBook* grpc_stats = nullptr)
      : loop_(loop), grpc_stats_(grpc_stats) {}
  // On main, once the worker's thread has ended and before its loop is destroyed.
  ~WorkerClusters();

  event::Loop& loop() { return loop_; }

  // The local view of the cluster in `slot` now; null when there is none.
  upstream::LocalCluster* Find(const NamedSlot& slot);
  // What main and other workers post. A cluster that was not used here is left alone.
  void Refresh(const NamedSlot& slot);
  void OnHostsChanged(const NamedSlot& slot, const upstream::Cluster* cluster,
                      const std::vector<balancing::HostPtr>& removed);
  void OnConnectionsFree(const NamedSlot& slot, int priority);
  void CloseOneIdle(const NamedSlot& slot, int priority, const balancing::Host* host);
  // The end of a drain: idle connections close, no cluster is found any more.
  void ShutDown();

 private:
  struct Entry {
    uint64_t generation = 0;
    upstream::WorkerCluster* cluster = nullptr;
  };

  upstream::WorkerCluster* Update(const NamedSlot& slot, Entry& entry);
  void Retire(Entry& entry);
  // Calls visit(WorkerCluster&) for the live and the retired clusters of a slot.
  template <class Visit>
  void VisitClusters(const NamedSlot& slot, Visit&& visit);

  event::Loop& loop_;
  upstream::GrpcStatsBook* const grpc_stats_;
  std::vector<Entry> entries_;  // by the slot's index
  base::IntrusiveList<upstream::WorkerCluster> retired_;
  bool is_shut_down_ = false;
};

}  // namespace weir::clusters
