// Tested by test/discovery/route_manager_test.cc
#include "source/clusters/cluster_references.h"

#include <algorithm>
#include <utility>

namespace weir::clusters {

ClusterReferences::ClusterReferences(ClusterManager& clusters, std::vector<ClusterSlot*> named)
    : clusters_(&clusters), slots_(std::move(named)) {
  std::sort(slots_.begin(), slots_.end());
  slots_.erase(std::unique(slots_.begin(), slots_.end()), slots_.end());
  for (ClusterSlot* slot : slots_) clusters_->AddReference(*slot);
}

ClusterReferences::~ClusterReferences() {
  for (ClusterSlot* slot : slots_) clusters_->DropReference(*slot);
}

ClusterReferences::ClusterReferences(ClusterReferences&& other) noexcept { Swap(other); }

ClusterReferences& ClusterReferences::operator=(ClusterReferences&& other) noexcept {
  ClusterReferences gone;
  gone.Swap(*this);
  Swap(other);
  return *this;
}

void ClusterReferences::Swap(ClusterReferences& other) noexcept {
  std::swap(clusters_, other.clusters_);
  slots_.swap(other.slots_);
}

bool ClusterReferences::Has(const ClusterSlot& slot) const {
  return std::binary_search(slots_.begin(), slots_.end(), &slot);
}

ClusterWait::ClusterWait(const ClusterManager& clusters, const ClusterReferences& next,
                         const ClusterReferences& live, int64_t deadline_ms)
    : deadline_ms_(deadline_ms) {
  for (ClusterSlot* slot : next.slots()) {
    if (!clusters.Has(slot->name()) && !live.Has(*slot)) missing_.push_back(slot);
  }
}

bool ClusterWait::IsOver(const ClusterManager& clusters, int64_t now_ms) {
  while (!missing_.empty() && clusters.Has(missing_.back()->name())) missing_.pop_back();
  return missing_.empty() || now_ms >= deadline_ms_;
}

}  // namespace weir::clusters
