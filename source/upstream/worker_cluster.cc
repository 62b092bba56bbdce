#include "source/upstream/worker_cluster.h"

#include <utility>

#include "source/base/random.h"
#include "source/upstream/tcp_request.h"
#include "source/upstream/upstream_errors.h"

namespace weir::upstream {

WorkerCluster::WorkerCluster(event::Loop& loop, std::shared_ptr<const Cluster> cluster)
    : cluster_(std::move(cluster)),
      context_{loop, *cluster_, cluster_->stats()->Here(), *this},
      hosts_(cluster_->hosts()) {
  cluster_->MarkUsedHere();
}

WorkerCluster::~WorkerCluster() { is_ending_ = true; }

std::unique_ptr<PendingStream> WorkerCluster::RequestStream(const PickContext& context,
                                                            int priority, base::Arena& arena,
                                                            StreamRequester& requester) {
  const HostPtr* const host = Pick(context);
  if (host == nullptr) {
    requester.OnStreamFailed(kNoHostError, nullptr);
    return nullptr;
  }
  return PoolOf(*host, priority).RequestStream(arena, requester);
}

std::unique_ptr<PendingStream> WorkerCluster::RequestConnection(const PickContext& context,
                                                                int priority,
                                                                ConnectionRequester& requester) {
  const HostPtr* const host = Pick(context);
  if (host == nullptr) {
    requester.OnConnectionFailed(kNoHostError, nullptr);
    return nullptr;
  }
  // A copy: a set that the requester's answer makes us refresh may have been its last owner.
  const HostPtr picked = *host;
  return TcpRequest::Start(context_, picked, AddressOf(*picked), priority, requester);
}

const HostPtr* WorkerCluster::Pick(const PickContext& context) {
  const Picked picked =
      PickHost(*hosts_.Get(), cluster_->balancer(), context, base::Random::OfThread());
  if (picked.host == nullptr) context_.stats.upstream_cx_none_healthy.Add();
  if (picked.is_panicking) context_.stats.lb_healthy_panic.Add();
  return picked.host;
}

HostPool& WorkerCluster::PoolOf(const HostPtr& host, int priority) {
  std::unique_ptr<HostPool>& pool = pools_[priority][host.get()];
  if (pool == nullptr) {
    pool = std::make_unique<HostPool>(context_, static_cast<HostPoolOwner&>(*this), host, priority);
    if (is_retired_) pool->Retire();
  }
  return *pool;
}

const net::Address& WorkerCluster::AddressOf(const Host& host) {
  const net::Address* const logical = hosts_.Get()->logical_address();
  return logical != nullptr ? *logical : host.address();
}

HostPool* WorkerCluster::PickPool(int priority) {
  const HostPtr* const host = Pick({});
  return host == nullptr ? nullptr : &PoolOf(*host, priority);
}

void WorkerCluster::OnBlocked(HostPool& pool) {
  const int priority = pool.priority();
  if (pool.base::ListNode<HostPool, BlockedTag>::is_linked()) return;
  blocked_[priority].PushBack(pool);
  if (cluster_->breakers().WaitForConnection(priority)) {
    OnConnectionsFree(priority);
  } else {
    context_.stats.upstream_cx_overflow.Add();
  }
}

void WorkerCluster::OnConnectionsFree(int priority) {
  base::IntrusiveList<HostPool, BlockedTag> trying;
  while (!blocked_[priority].empty()) trying.PushBack(blocked_[priority].PopFront());
  while (!trying.empty()) trying.PopFront().RetryConnecting();
}

void WorkerCluster::CloseOneIdle(int priority) {
  for (auto& [host, pool] : pools_[priority]) {
    if (pool->CloseOneIdle()) return;
  }
}

void WorkerCluster::OnEmpty(HostPool& pool) {
  if (is_ending_) return;
  auto node = pools_[pool.priority()].extract(pool.host().get());
  if (!node.empty()) context_.loop.DeleteLater(std::move(node.mapped()));
}

void WorkerCluster::OnHostsRemoved(const std::vector<HostPtr>& removed) {
  for (const HostPtr& host : removed) {
    for (Pools& pools : pools_) {
      const auto found = pools.find(host.get());
      if (found != pools.end()) found->second->RemoveHost();
    }
  }
}

// Closing is reported at the end of the turn: the maps do not change meanwhile.
void WorkerCluster::DrainConnections() {
  for (Pools& pools : pools_) {
    for (auto& [host, pool] : pools) pool->DrainConnections();
  }
}

bool WorkerCluster::has_connections() const { return !pools_[0].empty() || !pools_[1].empty(); }

void WorkerCluster::Retire() {
  is_retired_ = true;
  for (Pools& pools : pools_) {
    for (auto& [host, pool] : pools) pool->Retire();
  }
  Ref();
  Unref();
}

bool WorkerCluster::StartRetry(int priority) {
  return cluster_->breakers().TryTake(Resource::kRetries, priority);
}

void WorkerCluster::FinishRetry(int priority) {
  cluster_->breakers().Release(Resource::kRetries, priority);
}

void WorkerCluster::Unref() {
  if (--refs_ > 0 || !is_retired_ || is_ending_) return;
  is_ending_ = true;
  Unlink();
  context_.loop.DeleteLater(std::unique_ptr<event::Deletable>(this));
}

}  // namespace weir::upstream
