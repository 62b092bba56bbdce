#include "source/upstream/connection_slot.h"

#include <utility>

namespace weir::upstream {
namespace {

uint32_t HostLimit(const WorkerContext& context, int priority) {
  return context.cluster.config()->options->breakers[priority].max_connections_per_host;
}

// Never over the limit, not even for a moment.
bool CountAtHost(balancing::Host& host, uint32_t limit) {
  uint32_t count = host.active_connections.load();
  do {
    if (count >= limit) return false;
  } while (!host.active_connections.compare_exchange_weak(count, count + 1));
  return true;
}

}  // namespace

bool ConnectionSlot::IsHostFull(const WorkerContext& context, const balancing::Host& host,
                                int priority) {
  return host.active_connections.load() >= HostLimit(context, priority);
}

ConnectionSlot ConnectionSlot::TryTake(const WorkerContext& context, const balancing::HostPtr& host,
                                       int priority) {
  ConnectionSlot slot;
  if (!CountAtHost(*host, HostLimit(context, priority))) return slot;
  if (!context.cluster.breakers().TryTake(Resource::kConnections, priority)) {
    host->active_connections.fetch_sub(1);
    return slot;
  }
  slot.context_ = &context;
  context.owner.Ref();
  slot.host_ = host;
  slot.start_ms_ = context.loop.now_ms();
  slot.priority_ = priority;
  context.stats.upstream_cx_total.Add();
  context.stats.upstream_cx_active.Add();
  host->activity().connects_total.fetch_add(1, std::memory_order_relaxed);
  return slot;
}

ConnectionSlot& ConnectionSlot::operator=(ConnectionSlot&& other) noexcept {
  if (this == &other) return *this;
  Release();
  context_ = std::exchange(other.context_, nullptr);
  host_ = std::move(other.host_);
  start_ms_ = other.start_ms_;
  priority_ = other.priority_;
  ended_by_peer_ = other.ended_by_peer_;
  cut_request_ = other.cut_request_;
  return *this;
}

void ConnectionSlot::NoteEnd(bool by_peer, bool with_active_request) {
  ended_by_peer_ = by_peer;
  cut_request_ = with_active_request;
}

void ConnectionSlot::Release() {
  if (context_ == nullptr) return;
  ClusterStats& stats = context_->stats;
  stats.upstream_cx_active.Sub();
  stats.upstream_cx_length_ms.Record(context_->loop.now_ms() - start_ms_);
  stats.upstream_cx_destroy.Add();
  (ended_by_peer_ ? stats.upstream_cx_destroy_remote : stats.upstream_cx_destroy_local).Add();
  if (cut_request_) {
    stats.upstream_cx_destroy_with_active_rq.Add();
    (ended_by_peer_ ? stats.upstream_cx_destroy_remote_with_active_rq
                    : stats.upstream_cx_destroy_local_with_active_rq)
        .Add();
  }
  host_->active_connections.fetch_sub(1);
  const WorkerContext& context = *std::exchange(context_, nullptr);
  context.cluster.breakers().Release(Resource::kConnections, priority_);
  context.cluster.breakers().WakeForHost(priority_, *host_);
  context.owner.Unref();
}

}  // namespace weir::upstream
