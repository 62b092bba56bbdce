#include "source/upstream/cluster.h"

#include <utility>

#include "source/base/thread.h"

namespace weir::upstream {

Cluster::Cluster(event::Loop* main, std::shared_ptr<const ClusterConfig> config,
                 std::shared_ptr<CircuitBreakers> breakers, Origin origin,
                 Http2StatsGroup http2_stats)
    : config_(std::move(config)),
      balancer_(balancing::Balancer::Create(config_->options->balancer)),
      breakers_(std::move(breakers)),
      origin_(std::move(origin)),
      http2_stats_(std::move(http2_stats)),
      hosts_(main) {
  hosts_.Publish(std::make_unique<balancing::HostSet>());
}

void Cluster::MarkUsedHere() const { users_.fetch_or(ThreadBit(base::ThreadIndex())); }

}  // namespace weir::upstream
