#include "source/upstream/host_pool.h"

#include <utility>

#include "source/upstream/upstream_errors.h"

namespace weir::upstream {
namespace {

template <class T>
void DestroyAll(base::IntrusiveList<T>& list) {
  while (!list.empty()) delete &list.PopFront();
}

}  // namespace

PendingRequest::~PendingRequest() {
  if (pool_ == nullptr) return;
  HostPool& pool = *pool_;
  pool.Leave(*this);
  pool.context_.stats.upstream_rq_cancelled.Add();
  pool.CountHostRequest(-1);
  pool.CheckEmpty();
}

HostPool::HostPool(const WorkerContext& context, HostPoolOwner& owner, HostPtr host, int priority)
    : context_(context), owner_(owner), host_(std::move(host)), priority_(priority) {}

HostPool::~HostPool() {
  is_empty_reported_ = true;  // nobody is to be told any more
  while (!pending_.empty()) {
    PendingRequest& pending = pending_.front();
    Leave(pending);
    CountHostRequest(-1);
  }
  DestroyAll(idle_);
  DestroyAll(others_);
  DestroyAll(attempts_);
}

std::unique_ptr<PendingStream> HostPool::RequestStream(base::Arena& arena,
                                                       StreamRequester& requester) {
  CircuitBreakers& breakers = context_.cluster.breakers();
  const Resource needed = idle_.empty() ? Resource::kPendingRequests : Resource::kRequests;
  if (!breakers.TryTake(needed, priority_)) {
    context_.stats.upstream_rq_pending_overflow.Add();
    requester.OnStreamFailed(kOverflowError, host_);
    return nullptr;
  }
  CountHostRequest(1);
  if (needed == Resource::kRequests) {
    Start(idle_.PopFront(), arena, requester);
    return nullptr;
  }
  auto pending = std::make_unique<PendingRequest>(context_.owner, arena, requester);
  Enqueue(*pending);
  context_.stats.upstream_rq_pending_total.Add();
  RetryConnecting();
  return pending;
}

// A request that waited for another host.
void HostPool::Adopt(PendingRequest& pending) {
  CountHostRequest(1);
  Enqueue(pending);
  if (idle_.empty()) {
    RetryConnecting();
  } else {
    OnAvailable(idle_.front());
  }
}

void HostPool::RetryConnecting() {
  while (attempt_count_ < pending_count_ && !is_failing_all_) {
    if (!Connect()) return owner_.OnBlocked(*this);
  }
}

bool HostPool::Connect() {
  ConnectionSlot slot = ConnectionSlot::TryTake(context_, host_, priority_);
  if (!slot) return false;
  const net::Address& to = owner_.AddressOf(*host_);
  attempts_.PushBack(*new ConnectAttempt(context_, std::move(slot), to, *this));
  ++attempt_count_;
  return true;
}

void HostPool::OnConnected(ConnectAttempt& attempt, int fd) {
  auto* connection = new HttpConnection(context_, *this, fd, attempt.address(), attempt.TakeSlot());
  EndAttempt(attempt);
  others_.PushBack(*connection);
  OnAvailable(*connection);
}

// Other attempts may still succeed for those who wait; when this was the last, nobody can help
// them here, and their routers may know another host.
void HostPool::OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error) {
  EndAttempt(attempt);
  if (attempt_count_ == 0) FailAll(error);
  CheckEmpty();
}

void HostPool::EndAttempt(ConnectAttempt& attempt) {
  attempt.Unlink();
  --attempt_count_;
  context_.loop.DeleteLater(std::unique_ptr<event::Deletable>(&attempt));
}

void HostPool::OnAvailable(HttpConnection& connection) {
  connection.Unlink();
  CircuitBreakers& breakers = context_.cluster.breakers();
  while (!pending_.empty()) {
    PendingRequest& pending = pending_.front();
    if (!breakers.TryTake(Resource::kRequests, priority_)) {
      context_.stats.upstream_rq_pending_overflow.Add();
      Fail(pending, kOverflowError);
      continue;
    }
    Leave(pending);
    return Start(connection, pending.arena_, pending.requester_);
  }
  if (is_retired_ || breakers.HasWaiters(priority_)) {
    others_.PushBack(connection);
    connection.Drain();
  } else {
    idle_.PushFront(connection);
    connection.Rest();
  }
}

void HostPool::Start(HttpConnection& connection, base::Arena& arena, StreamRequester& requester) {
  others_.PushBack(connection);
  connection.StartStream(arena, requester);
}

void HostPool::OnClosing(HttpConnection& connection) {
  connection.Unlink();
  others_.PushBack(connection);
}

void HostPool::OnClosed(HttpConnection& connection) {
  connection.Unlink();
  context_.loop.DeleteLater(std::unique_ptr<event::Deletable>(&connection));
  // Without it there may be too few attempts for those who hoped for it.
  RetryConnecting();
  CheckEmpty();
}

void HostPool::Enqueue(PendingRequest& pending) {
  pending.pool_ = this;
  pending_.PushBack(pending);
  ++pending_count_;
  context_.stats.upstream_rq_pending_active.Add();
}

// Gives back its place among the pending requests, not its count at the host.
void HostPool::Leave(PendingRequest& pending) {
  pending.pool_ = nullptr;
  pending.Unlink();
  --pending_count_;
  context_.stats.upstream_rq_pending_active.Sub();
  context_.cluster.breakers().Release(Resource::kPendingRequests, priority_);
}

void HostPool::Fail(PendingRequest& pending, const http::StreamError& error) {
  StreamRequester& requester = pending.requester_;
  Leave(pending);
  CountHostRequest(-1);
  requester.OnStreamFailed(error, host_);
}

// A router may try again here at once: only those who wait now fail. They are moved aside but stay
// this pool's, so that one of them can still be taken back while others are told.
void HostPool::FailAll(const http::StreamError& error) {
  base::IntrusiveList<PendingRequest> failing;
  while (!pending_.empty()) failing.PushBack(pending_.PopFront());
  is_failing_all_ = true;
  while (!failing.empty()) {
    context_.stats.upstream_rq_pending_failure_eject.Add();
    Fail(failing.front(), error);
  }
  is_failing_all_ = false;
  RetryConnecting();
}

void HostPool::DrainConnections() {
  while (!idle_.empty()) idle_.front().Drain();
  others_.ForEach([](HttpConnection& connection) { connection.Drain(); });
}

void HostPool::RemoveHost() {
  Retire();
  DestroyAll(attempts_);
  attempt_count_ = 0;
  while (!pending_.empty()) {
    PendingRequest& pending = pending_.front();
    HostPool* const other = owner_.PickPool(priority_);
    if (other == nullptr || other == this) {
      Fail(pending, kNoHostError);
      continue;
    }
    pending.Unlink();
    --pending_count_;
    context_.stats.upstream_rq_pending_active.Sub();
    CountHostRequest(-1);
    other->Adopt(pending);
  }
  CheckEmpty();
}

void HostPool::Retire() {
  is_retired_ = true;
  DrainConnections();
}

bool HostPool::CloseOneIdle() {
  if (idle_.empty()) return false;
  idle_.back().Drain();
  return true;
}

void HostPool::CountHostRequest(int change) {
  host_->active_requests.fetch_add(change, std::memory_order_relaxed);
}

void HostPool::CheckEmpty() {
  if (is_empty_reported_ || pending_count_ > 0 || attempt_count_ > 0) return;
  if (!idle_.empty() || !others_.empty()) return;
  is_empty_reported_ = true;
  owner_.OnEmpty(*this);
}

}  // namespace weir::upstream
