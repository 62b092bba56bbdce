// One definition of a cluster that all threads share: what it is configured to be and which hosts
// it has now. Workers reach it through their LocalCluster; main changes the hosts.
//
// What outlives a definition (limits in use, statistics) is handed from one to the next by whoever
// makes them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "source/balancing/balancer.h"
#include "source/balancing/host_set.h"
#include "source/base/shared_text.h"
#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/upstream/circuit_breakers.h"
#include "source/upstream/cluster_config.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/traffic_findings.h"

namespace weir::upstream {

class Cluster {
 public:
  struct Origin {
    bool via_api = false;
    base::SharedText version;
    int64_t updated_us = 0;  // wall time
  };

  // Starts with an empty set of hosts. `main` destroys what is replaced.
  Cluster(event::Loop* main, std::shared_ptr<const ClusterConfig> config,
          std::shared_ptr<CircuitBreakers> breakers, Origin origin,
          Http2StatsGroup http2_stats = nullptr);

  const std::shared_ptr<const ClusterConfig>& config() const { return config_; }
  const balancing::Balancer& balancer() const { return *balancer_; }
  CircuitBreakers& breakers() const { return *breakers_; }
  const std::shared_ptr<CircuitBreakers>& shared_breakers() const { return breakers_; }
  const ClusterStatsGroup& stats() const { return breakers_->stats(); }
  // Null where HTTP/2 is never spoken.
  const Http2StatsGroup& http2_stats() const { return http2_stats_; }
  const Origin& origin() const { return origin_; }
  const event::Published<balancing::HostSet>& hosts() const { return hosts_; }

  // Main thread.
  void SetHosts(std::unique_ptr<const balancing::HostSet> hosts) {
    hosts_.Publish(std::move(hosts));
  }

  // Before it is shared. Null: nobody asks what requests find out.
  void SetFindings(std::unique_ptr<TrafficFindings> findings) { findings_ = std::move(findings); }
  TrafficFindings* findings() const { return findings_.get(); }

  // Which threads keep state of their own for this cluster, and thus want to hear of changes: a
  // set by ThreadBit. A thread marks itself before it looks at the hosts, so that it sees them or
  // is told.
  void MarkUsedHere() const;
  uint64_t users() const { return users_.load(); }

 private:
  const std::shared_ptr<const ClusterConfig> config_;
  const std::shared_ptr<const balancing::Balancer> balancer_;
  const std::shared_ptr<CircuitBreakers> breakers_;
  const Origin origin_;
  const Http2StatsGroup http2_stats_;
  std::unique_ptr<TrafficFindings> findings_;
  event::Published<balancing::HostSet> hosts_;
  mutable std::atomic<uint64_t> users_{0};
};

}  // namespace weir::upstream
