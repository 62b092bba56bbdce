#include "source/upstream/circuit_breakers.h"

#include <algorithm>
#include <utility>

#include "source/base/thread.h"

namespace weir::upstream {
namespace {

struct GaugePair {
  stats::Gauge& open;
  stats::Gauge& remaining;
};

GaugePair GaugesOf(BreakerGauges& gauges, Resource resource) {
  switch (resource) {
    case Resource::kConnections:
      return {gauges.cx_open, gauges.remaining_cx};
    case Resource::kPendingRequests:
      return {gauges.rq_pending_open, gauges.remaining_pending};
    case Resource::kRequests:
      return {gauges.rq_open, gauges.remaining_rq};
    case Resource::kRetries:
      break;
  }
  return {gauges.rq_retry_open, gauges.remaining_retries};
}

}  // namespace

CircuitBreakers::CircuitBreakers(ClusterStatsGroup stats,
                                 const BreakerLimits (&limits)[kPriorities],
                                 ConnectionBroker* broker)
    : stats_(std::move(stats)), broker_(broker) {
  // A zero word would count as open before its limit is set.
  for (auto& priority : words_) {
    for (auto& word : priority) {
      word.store(uint64_t{kMaxLimit} << kLimitShift, std::memory_order_relaxed);
    }
  }
  SetLimits(limits);
}

void CircuitBreakers::SetLimits(const BreakerLimits (&limits)[kPriorities]) {
  for (int priority = 0; priority < kPriorities; ++priority) {
    const BreakerLimits& limit = limits[priority];
    const bool tracks = limit.tracks_remaining;
    SetLimit(Resource::kConnections, priority, limit.max_connections, tracks);
    SetLimit(Resource::kPendingRequests, priority, limit.max_pending_requests, tracks);
    SetLimit(Resource::kRequests, priority, limit.max_requests, tracks);
    // A budget has no fixed limit, hence no gauges.
    const bool has_budget = limit.retry_budget.has_value();
    SetLimit(Resource::kRetries, priority, has_budget ? kMaxLimit : limit.max_retries,
             tracks && !has_budget);
    Budget& budget = budgets_[priority];
    budget.min_retries.store(has_budget ? limit.retry_budget->min_retries : 0,
                             std::memory_order_relaxed);
    budget.percent.store(has_budget ? limit.retry_budget->percent : -1, std::memory_order_relaxed);
    WakeWaiters(priority);
  }
}

void CircuitBreakers::SetLimit(Resource resource, int priority, uint32_t limit,
                               bool tracks_remaining) {
  std::atomic<uint64_t>& word = words_[priority][static_cast<int>(resource)];
  const uint64_t top =
      uint64_t{std::min(limit, kMaxLimit)} << kLimitShift | (tracks_remaining ? kTracksBit : 0);
  uint64_t before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, top | (before & kCountMask))) {
  }
  Changed(resource, priority, before, top | (before & kCountMask));
}

bool CircuitBreakers::TryTake(Resource resource, int priority) {
  std::atomic<uint64_t>& word = words_[priority][static_cast<int>(resource)];
  uint64_t before = word.load(std::memory_order_seq_cst);
  do {
    if (CountOf(before) >= LimitNow(resource, priority, before)) return false;
  } while (!word.compare_exchange_weak(before, before + 1));
  Changed(resource, priority, before, before + 1);
  return true;
}

void CircuitBreakers::Release(Resource resource, int priority) {
  const uint64_t before = words_[priority][static_cast<int>(resource)].fetch_sub(1);
  Changed(resource, priority, before, before - 1);
  if (resource == Resource::kConnections) WakeWaiters(priority);
}

uint32_t CircuitBreakers::count(Resource resource, int priority) const {
  return CountOf(words_[priority][static_cast<int>(resource)].load(std::memory_order_relaxed));
}

uint32_t CircuitBreakers::LimitNow(Resource resource, int priority, uint64_t word) const {
  if (resource != Resource::kRetries) return LimitOf(word);
  const double percent = budgets_[priority].percent.load(std::memory_order_relaxed);
  if (percent < 0) return LimitOf(word);
  const double traffic = uint64_t{count(Resource::kRequests, priority)} +
                         uint64_t{count(Resource::kPendingRequests, priority)};
  return std::max(budgets_[priority].min_retries.load(std::memory_order_relaxed),
                  static_cast<uint32_t>(traffic * percent / 100));
}

int64_t CircuitBreakers::Remaining(uint64_t word) {
  if ((word & kTracksBit) == 0) return 0;
  return std::max<int64_t>(0, int64_t{LimitOf(word)} - int64_t{CountOf(word)});
}

// Gauges are sums over threads: each thread adds the change that its own step made.
void CircuitBreakers::Changed(Resource resource, int priority, uint64_t before, uint64_t after) {
  const int open = int{IsOpen(after)} - int{IsOpen(before)};
  const int64_t remaining = Remaining(after) - Remaining(before);
  if (open == 0 && remaining == 0) return;
  const GaugePair gauges = GaugesOf(stats_->Here().breakers[priority], resource);
  gauges.open.Add(open);
  gauges.remaining.Add(remaining);
}

bool CircuitBreakers::WaitForConnection(int priority) {
  const uint64_t bit = ThreadBit(base::ThreadIndex());
  if ((waiters_[priority].fetch_or(bit) & bit) != 0) return false;
  if (broker_ != nullptr) broker_->OnConnectionWanted(priority, nullptr);
  return true;
}

bool CircuitBreakers::HasWaiters(int priority) const { return waiters_[priority].load() != 0; }

bool CircuitBreakers::WaitForHost(int priority, const balancing::HostPtr& host) {
  const uint64_t bit = ThreadBit(base::ThreadIndex());
  if ((host->activity().connection_waiters.fetch_or(bit) & bit) != 0) return false;
  if (broker_ != nullptr) broker_->OnConnectionWanted(priority, host);
  return true;
}

void CircuitBreakers::WakeForHost(int priority, const balancing::Host& host) {
  if (!host.is_waited_for()) return;
  const uint64_t bits = host.activity().connection_waiters.exchange(0);
  if (bits != 0 && broker_ != nullptr) broker_->OnConnectionFree(bits, priority);
}

void CircuitBreakers::WakeWaiters(int priority) {
  if (waiters_[priority].load() == 0) return;
  const uint64_t bits = waiters_[priority].exchange(0);
  if (bits != 0 && broker_ != nullptr) broker_->OnConnectionFree(bits, priority);
}

}  // namespace weir::upstream
