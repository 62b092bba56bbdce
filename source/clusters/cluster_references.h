// What live configuration names: while a route table or a listener that serves names a cluster, the
// control plane's removal of it waits for a while, so that whichever of the two edits comes first,
// no request is lost; and what newly names clusters can wait until they are there. Main thread.
#pragma once

#include <vector>

#include "source/clusters/cluster_manager.h"

namespace weir::clusters {

// Holds the clusters of one piece of configuration. The manager outlives it.
class ClusterReferences {
 public:
  ClusterReferences() = default;
  // Each slot once, however often it is named.
  ClusterReferences(ClusterManager& clusters, std::vector<ClusterSlot*> named);
  ~ClusterReferences();
  ClusterReferences(ClusterReferences&& other) noexcept;
  ClusterReferences& operator=(ClusterReferences&& other) noexcept;

  bool Has(const ClusterSlot& slot) const;
  const std::vector<ClusterSlot*>& slots() const { return slots_; }

 private:
  void Swap(ClusterReferences& other) noexcept;

  ClusterManager* clusters_ = nullptr;
  std::vector<ClusterSlot*> slots_;  // sorted
};

// Waits for clusters, all of them, up to a time.
class ClusterWait {
 public:
  // How long configuration waits for the clusters that it names.
  static constexpr int64_t kMostMs = 5'000;

  ClusterWait() = default;
  // For those that `next` names and that are not there. Who serves without one of them already
  // (`live`) has waited for that before. The deadline: kMostMs from when the waiting began.
  ClusterWait(const ClusterManager& clusters, const ClusterReferences& next,
              const ClusterReferences& live, int64_t deadline_ms);

  // All are there, or time is up. Each cluster is looked at about once in all.
  bool IsOver(const ClusterManager& clusters, int64_t now_ms);
  int64_t deadline_ms() const { return deadline_ms_; }
  // Null: none.
  const ClusterSlot* missing() const { return missing_.empty() ? nullptr : missing_.back(); }

 private:
  std::vector<ClusterSlot*> missing_;
  int64_t deadline_ms_ = 0;
};

}  // namespace weir::clusters
