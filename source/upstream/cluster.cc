#include "source/upstream/cluster.h"

#include <utility>

namespace weir::upstream {

Cluster::Cluster(event::Loop* main, std::shared_ptr<const ClusterConfig> config,
                 std::shared_ptr<CircuitBreakers> breakers, ClusterStatsGroup stats, Origin origin)
    : config_(std::move(config)),
      balancer_(Balancer::Create(config_->balancer)),
      breakers_(std::move(breakers)),
      stats_(std::move(stats)),
      origin_(std::move(origin)),
      hosts_(main) {
  hosts_.Publish(std::make_unique<HostSet>());
}

void Cluster::MarkUsedHere() const {
  const int thread = base::ThreadIndex();
  used_by_[thread / 64].fetch_or(uint64_t{1} << (thread % 64));
}

bool Cluster::IsUsedBy(int thread_index) const {
  return (used_by_[thread_index / 64].load() >> (thread_index % 64) & 1) != 0;
}

}  // namespace weir::upstream
