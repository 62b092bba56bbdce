#include "source/upstream/worker_cluster.h"

#include <utility>

#include "source/balancing/wanted_host.h"
#include "source/base/random.h"
#include "source/upstream/tcp_request.h"
#include "source/upstream/upstream_errors.h"
#include "source/upstream/upstream_names.h"

namespace weir::upstream {
namespace {

http2::Stats* Http2StatsHere(const Cluster& cluster) {
  return cluster.http2_stats() == nullptr ? nullptr : &cluster.http2_stats()->Here();
}

std::unique_ptr<WorkerDestinations> DestinationsOf(const Cluster& cluster) {
  balancing::DestinationTable* const table = cluster.balancer().destinations();
  if (table == nullptr) return nullptr;
  return std::make_unique<WorkerDestinations>(cluster.config()->options->destinations, *table);
}

std::unique_ptr<TcpLeases> LeasesOf(event::Loop& loop, const Cluster& cluster) {
  if (!cluster.config()->options->closes_failed_hosts) return nullptr;
  return std::make_unique<TcpLeases>(loop);
}

}  // namespace

WorkerCluster::WorkerCluster(event::Loop& loop, std::shared_ptr<const Cluster> cluster,
                             GrpcStatsBook* grpc_stats)
    : cluster_(std::move(cluster)),
      context_{loop, *cluster_, cluster_->stats()->Here(), *this, Http2StatsHere(*cluster_)},
      http_(cluster_->config()->http_config()),
      hosts_(cluster_->hosts()),
      destinations_(DestinationsOf(*cluster_)),
      tcp_leases_(LeasesOf(loop, *cluster_)),
      grpc_stats_book_(grpc_stats) {
  cluster_->MarkUsedHere();
}

WorkerCluster::~WorkerCluster() { is_ending_ = true; }

HostCounts WorkerCluster::host_counts() {
  const balancing::HostSet& hosts = *hosts_.Get();
  return {static_cast<uint32_t>(hosts.hosts().size()), hosts.healthy_count(),
          hosts.degraded_count()};
}

GrpcStats* WorkerCluster::grpc_stats() {
  if (grpc_stats_ == nullptr && grpc_stats_book_ != nullptr) {
    grpc_stats_ = grpc_stats_book_->Of(cluster_->stats());
  }
  return grpc_stats_.get();
}

std::unique_ptr<PendingStream> WorkerCluster::RequestStream(const balancing::PickContext& context,
                                                            int priority, base::Arena& arena,
                                                            StreamRequester& requester) {
  if (IsDropped()) {
    requester.OnStreamFailed(kDroppedError, nullptr);
    return nullptr;
  }
  const balancing::HostPtr* const host = Pick(context);
  if (host == nullptr) {
    requester.OnStreamFailed(kNoHostError, nullptr);
    return nullptr;
  }
  PoolKey key;
  key.protocol = ProtocolFor(context.head);
  if (!http_.wants_names() || !config().is_secure()) {
    return PoolOf(*host, priority, key).RequestStream(arena, requester);
  }
  char buffer[kMaxNameBytes + 8];
  key.name = NameOf(context.head, http_, buffer);
  if (key.name.empty() && http_.auto_san_validation) {
    requester.OnTransportFailure("the request names no host to check the certificate for");
    // A copy, as below.
    requester.OnStreamFailed(kConnectFailedError, balancing::HostPtr(*host));
    return nullptr;
  }
  return PoolOf(*host, priority, key).RequestStream(arena, requester);
}

HttpProtocol WorkerCluster::ProtocolFor(const http::RequestHead* head) const {
  switch (http_.protocol) {
    case HttpProtocol::kByDownstream:
      return head != nullptr && head->version == http::Version::kHttp2 ? HttpProtocol::kHttp2
                                                                       : HttpProtocol::kHttp1;
    case HttpProtocol::kByAlpn:
      return config().is_secure() ? HttpProtocol::kByAlpn : HttpProtocol::kHttp1;
    default:
      return http_.protocol;
  }
}

std::unique_ptr<PendingStream> WorkerCluster::RequestConnection(
    const balancing::PickContext& context, int priority, ConnectionRequester& requester) {
  if (IsDropped()) {
    requester.OnConnectionFailed(kDroppedError, nullptr);
    return nullptr;
  }
  const balancing::HostPtr* const host = Pick(context);
  if (host == nullptr) {
    requester.OnConnectionFailed(kNoHostError, nullptr);
    return nullptr;
  }
  // A copy: a set that the requester's answer makes us refresh may have been its last owner.
  const balancing::HostPtr picked = *host;
  return TcpRequest::Start(context_, picked, AddressOf(*picked), priority, tcp_leases_.get(),
                           requester);
}

bool WorkerCluster::IsDropped() {
  const float fraction = hosts_.Get()->drop_fraction();
  if (fraction == 0 || base::Random::OfThread().Fraction() >= fraction) return false;
  context_.stats.upstream_rq_drop_overload.Add();
  return true;
}

const balancing::HostPtr* WorkerCluster::Pick(const balancing::PickContext& asked) {
  const balancing::HostSet& hosts = *hosts_.Get();
  if (asked.wanted_host != nullptr) {
    const balancing::HostPtr* const wanted =
        balancing::FindWanted(hosts, config().options->balancer, asked);
    if (wanted != nullptr || asked.wants_no_other) return wanted;
  }
  const balancing::Balancer& balancer = cluster_->balancer();
  balancing::PickContext context = asked;
  context.now_ns = context_.loop.now_ns();
  if (balancer.wants_load()) context.cluster_requests = LoadNow(asked.head == nullptr);
  balancing::Picked picked =
      balancing::PickHost(hosts, balancer, context, base::Random::OfThread());
  // The set of one whose requests say where they go has nothing to pick from.
  if (picked.host == nullptr && destinations_ != nullptr) {
    picked.host = destinations_->HostFor(context);
  }
  if (picked.host == nullptr) context_.stats.upstream_cx_none_healthy.Add();
  if (picked.is_panicking) context_.stats.lb_healthy_panic.Add();
  if (picked.by_subset) {
    ClusterStats& stats = context_.stats;
    (picked.fell_back ? stats.lb_subsets_fallback : stats.lb_subsets_selected).Add();
  }
  return picked.host;
}

// Of the whole proxy: what hosts count as active.
uint32_t WorkerCluster::LoadNow(bool is_tcp) const {
  const CircuitBreakers& breakers = cluster_->breakers();
  uint32_t load = 0;
  for (int priority = 0; priority < kPriorities; ++priority) {
    if (is_tcp) {
      load += breakers.count(Resource::kConnections, priority);
    } else {
      load += breakers.count(Resource::kRequests, priority);
      load += breakers.count(Resource::kPendingRequests, priority);
    }
  }
  return load;
}

HostPool& WorkerCluster::PoolOf(const balancing::HostPtr& host, int priority, PoolKey key) {
  key.host = host.get();
  Pools& pools = pools_[priority];
  const auto found = pools.find(key);
  if (found != pools.end()) return **found;
  auto pool =
      std::make_unique<HostPool>(context_, static_cast<HostPoolOwner&>(*this), host, priority, key);
  if (is_retired_) pool->Retire();
  return **pools.insert(std::move(pool)).first;
}

const net::Address& WorkerCluster::AddressOf(const balancing::Host& host) {
  const net::Address* const logical = hosts_.Get()->logical_address();
  return logical != nullptr ? *logical : host.address();
}

HostPool* WorkerCluster::PickPoolLike(const HostPool& pool) {
  const balancing::HostPtr* const host =
      destinations_ != nullptr ? destinations_->HostAt(pool.host()->address()) : Pick({});
  return host == nullptr ? nullptr : &PoolOf(*host, pool.priority(), pool.key());
}

void WorkerCluster::OnBlocked(HostPool& pool) {
  const int priority = pool.priority();
  if (pool.base::ListNode<HostPool, BlockedTag>::is_linked()) return;
  blocked_[priority].PushBack(pool);
  CircuitBreakers& breakers = cluster_->breakers();
  const bool is_host_full = ConnectionSlot::IsHostFull(context_, *pool.host(), priority);
  if (is_host_full ? breakers.WaitForHost(priority, pool.host())
                   : breakers.WaitForConnection(priority)) {
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

// A host's connections count for both priorities together, those of the cluster for each.
void WorkerCluster::CloseOneIdle(int priority, const balancing::Host* host) {
  for (int i = 0; i < kPriorities; ++i) {
    if (host == nullptr && i != priority) continue;
    for (const auto& pool : pools_[i]) {
      if (host != nullptr && pool->host().get() != host) continue;
      if (pool->CloseOneIdle()) return;
    }
  }
}

void WorkerCluster::OnEmpty(HostPool& pool) {
  if (is_ending_) return;
  auto node = pools_[pool.priority()].extract(pool.key());
  if (!node.empty()) context_.loop.DeleteLater(std::move(node.value()));
}

// The sets change while requests move to other hosts. A pool that becomes empty meanwhile lives
// until the turn ends.
void WorkerCluster::OnHostsRemoved(const std::vector<balancing::HostPtr>& removed) {
  if (destinations_ != nullptr) destinations_->Forget(removed);
  absl::flat_hash_set<const balancing::Host*> gone;
  for (const balancing::HostPtr& host : removed) gone.insert(host.get());
  std::vector<HostPool*> affected;
  for (const Pools& pools : pools_) {
    for (const auto& pool : pools) {
      if (gone.contains(pool->host().get())) affected.push_back(pool.get());
    }
  }
  for (HostPool* pool : affected) pool->RemoveHost();
}

void WorkerCluster::OnHealthChanged() {
  if (tcp_leases_ != nullptr) tcp_leases_->CloseLost();
}

// Closing is reported at the end of the turn: the maps do not change meanwhile.
void WorkerCluster::DrainConnections() {
  for (Pools& pools : pools_) {
    for (const auto& pool : pools) pool->DrainConnections();
  }
}

bool WorkerCluster::has_connections() const { return !pools_[0].empty() || !pools_[1].empty(); }

void WorkerCluster::Retire() {
  is_retired_ = true;
  for (Pools& pools : pools_) {
    for (const auto& pool : pools) pool->Retire();
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
