// LocalCluster as it is: one definition of a cluster on one worker, with a pool for each host that
// has connections here. Worker's thread only.
//
// Owned by the worker's WorkerClusters while it serves; once it is replaced or removed (Retire) by
// the references to it: requests that wait, connections, routers. The last one destroys it.
#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/upstream/host_pool.h"
#include "source/upstream/local_cluster.h"
#include "source/upstream/tcp_leases.h"
#include "source/upstream/worker_context.h"
#include "source/upstream/worker_destinations.h"

namespace weir::upstream {

class WorkerCluster final : public LocalCluster,
                            public event::Deletable,
                            public base::ListNode<WorkerCluster>,
                            private HostPoolOwner {
 public:
  // `grpc_stats` outlives it; null: it has none.
  WorkerCluster(event::Loop& loop, std::shared_ptr<const Cluster> cluster,
                GrpcStatsBook* grpc_stats = nullptr);
  ~WorkerCluster() override;

  // LocalCluster
  const ClusterConfig& config() const override { return *cluster_->config(); }
  ClusterStats& stats() override { return context_.stats; }
  HostCounts host_counts() override;
  GrpcStats* grpc_stats() override;
  const balancing::Balancer* learner() override {
    return cluster_->balancer().learns() ? &cluster_->balancer() : nullptr;
  }
  const balancing::Balancer* load_listener() override {
    return cluster_->balancer().wants_load_reports() ? &cluster_->balancer() : nullptr;
  }
  TrafficFindings* findings() override { return cluster_->findings(); }
  std::unique_ptr<PendingStream> RequestStream(const balancing::PickContext& context, int priority,
                                               base::Arena& arena,
                                               StreamRequester& requester) override;
  std::unique_ptr<PendingStream> RequestConnection(const balancing::PickContext& context,
                                                   int priority,
                                                   ConnectionRequester& requester) override;
  bool StartRetry(int priority) override;
  void FinishRetry(int priority) override;
  void Unref() override;

  const Cluster& cluster() const { return *cluster_; }
  // Hosts left the cluster.
  void OnHostsRemoved(const std::vector<balancing::HostPtr>& removed);
  // Hosts may have failed.
  void OnHealthChanged();
  // New requests get new connections.
  void DrainConnections();
  // Connections were given back somewhere: blocked pools try again.
  void OnConnectionsFree(int priority);
  // Somebody is blocked: give up a connection that is idle, to `host`; null: to any.
  void CloseOneIdle(int priority, const balancing::Host* host = nullptr);
  // It serves no new streams from now on and destroys itself when nobody refers to it.
  void Retire();

  bool has_connections() const;

 private:
  // Pools are looked up by their keys.
  static PoolKey KeyOf(const PoolKey& key) { return key; }
  static PoolKey KeyOf(const std::unique_ptr<HostPool>& pool) { return pool->key(); }
  struct PoolHash {
    using is_transparent = void;
    template <class T>
    size_t operator()(const T& keyed) const {
      return HashOf(KeyOf(keyed));
    }
  };
  struct PoolEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return KeyOf(a) == KeyOf(b);
    }
  };
  using Pools = absl::flat_hash_set<std::unique_ptr<HostPool>, PoolHash, PoolEqual>;

  // HostPoolOwner
  const net::Address& AddressOf(const balancing::Host& host) override;
  void OnBlocked(HostPool& pool) override;
  HostPool* PickPoolLike(const HostPool& pool) override;
  void OnEmpty(HostPool& pool) override;

  // Whether the control plane wants this request refused.
  bool IsDropped();
  const balancing::HostPtr* Pick(const balancing::PickContext& asked);
  uint32_t LoadNow(bool is_tcp) const;
  HostPool& PoolOf(const balancing::HostPtr& host, int priority, PoolKey key);
  HttpProtocol ProtocolFor(const http::RequestHead* head) const;

  const std::shared_ptr<const Cluster> cluster_;
  WorkerContext context_;
  const HttpConfig& http_;
  event::View<balancing::HostSet> hosts_;
  // Null where hosts are picked from those that there are.
  const std::unique_ptr<WorkerDestinations> destinations_;
  Pools pools_[kPriorities];
  // Null where connections to hosts that fail are left alone.
  const std::unique_ptr<TcpLeases> tcp_leases_;
  base::IntrusiveList<HostPool, BlockedTag> blocked_[kPriorities];
  GrpcStatsBook* const grpc_stats_book_;
  std::shared_ptr<GrpcStats> grpc_stats_;  // once somebody asked
  bool is_retired_ = false;
  bool is_ending_ = false;
};

}  // namespace weir::upstream
