#include "source/upstream/host_pool.h"

#include <algorithm>
#include <utility>

#include "source/upstream/upstream_errors.h"
#include "source/upstream/upstream_names.h"

namespace weir::upstream {
namespace {

// What HTTP/2 may assume of a peer whose settings are not known (RFC 9113 §6.5.2 recommends no
// less).
constexpr uint32_t kHopedHttp2Streams = 100;

template <class T>
void DestroyAll(base::IntrusiveList<T>& list) {
  while (!list.empty()) delete &list.PopFront();
}

absl::Span<const std::string_view> AlpnOf(HttpProtocol protocol) {
  static constexpr std::string_view kBoth[] = {"h2", "http/1.1"};
  if (protocol == HttpProtocol::kHttp1) return absl::MakeConstSpan(kBoth).subspan(1);
  return absl::MakeConstSpan(kBoth).first(protocol == HttpProtocol::kHttp2 ? 1 : 2);
}

http::Version VersionOf(HttpProtocol protocol, net::Connection& connection) {
  if (protocol == HttpProtocol::kHttp2) return http::Version::kHttp2;
  const bool is_chosen = protocol == HttpProtocol::kByAlpn && connection.transport() != nullptr &&
                         connection.transport()->alpn() == "h2";
  return is_chosen ? http::Version::kHttp2 : http::Version::kHttp11;
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

HostPool::HostPool(const WorkerContext& context, HostPoolOwner& owner, balancing::HostPtr host,
                   int priority, const PoolKey& key)
    : context_(context),
      owner_(owner),
      host_(std::move(host)),
      name_(key.name),
      priority_(priority),
      protocol_(key.protocol),
      streams_per_connection_(HopedStreams()) {}

HostPool::~HostPool() {
  is_empty_reported_ = true;  // nobody is to be told any more
  while (!pending_.empty()) {
    PendingRequest& pending = pending_.front();
    Leave(pending);
    CountHostRequest(-1);
  }
  DestroyAll(shared_);
  DestroyAll(idle_);
  DestroyAll(others_);
  DestroyAll(attempts_);
}

std::unique_ptr<PendingStream> HostPool::RequestStream(base::Arena& arena,
                                                       StreamRequester& requester) {
  CircuitBreakers& breakers = context_.cluster.breakers();
  HttpConnection* const connection = FindRoom();
  const Resource needed = connection == nullptr ? Resource::kPendingRequests : Resource::kRequests;
  if (!breakers.TryTake(needed, priority_)) {
    context_.stats.upstream_rq_pending_overflow.Add();
    requester.OnStreamFailed(kOverflowError, host_);
    return nullptr;
  }
  CountHostRequest(1);
  if (connection != nullptr) {
    Start(*connection, arena, requester);
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
  Serve();
  RetryConnecting();
}

void HostPool::RetryConnecting() {
  while (uint64_t{attempt_count_} * streams_per_connection_ < pending_count_ && !is_failing_all_) {
    if (!Connect()) return owner_.OnBlocked(*this);
  }
}

bool HostPool::Connect() {
  ConnectionSlot slot = ConnectionSlot::TryTake(context_, host_, priority_);
  if (!slot) return false;
  const HttpConfig& config = context_.cluster.config()->http_config();
  net::ClientTransportOptions names;
  if (config.auto_sni && !IsIpAddress(name_)) names.server_name = name_;
  if (config.auto_san_validation) names.verified_name = name_;
  names.alpn = AlpnOf(protocol_);
  const net::Address& to = owner_.AddressOf(*host_);
  attempts_.PushBack(*new ConnectAttempt(context_, std::move(slot), to, names, *this));
  ++attempt_count_;
  return true;
}

void HostPool::OnConnected(ConnectAttempt& attempt, std::unique_ptr<net::Connection> connection) {
  const http::Version version = VersionOf(protocol_, *connection);
  auto* const opened = new HttpConnection(context_, *this, std::move(connection), version,
                                          attempt.address(), attempt.TakeSlot());
  if (version == http::Version::kHttp2) opened->LimitUntilSettings(streams_per_connection_);
  EndAttempt(attempt);
  others_.PushBack(*opened);
  OnAvailable(*opened);
}

// Other attempts may still succeed for those who wait; when this was the last, nobody can help
// them here, and their routers may know another host.
void HostPool::OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error,
                               std::string_view reason) {
  EndAttempt(attempt);
  if (attempt_count_ == 0) FailAll(error, reason);
  CheckEmpty();
}

void HostPool::EndAttempt(ConnectAttempt& attempt) {
  attempt.Unlink();
  --attempt_count_;
  context_.loop.DeleteLater(std::unique_ptr<event::Deletable>(&attempt));
}

// A connection that is new, has lost a stream or may bear another number of them.
void HostPool::OnAvailable(HttpConnection& connection) {
  connection.Unlink();
  if (!connection.can_take_stream()) {
    others_.PushBack(connection);
  } else if (connection.is_idle()) {
    idle_.PushFront(connection);
  } else {
    shared_.PushFront(connection);
  }
  LearnCapacity(connection);
  if (pending_count_ > 0) {
    Serve();
    RetryConnecting();
  }
  Settle(connection);
}

// The connection to use next; null when none has room.
HttpConnection* HostPool::FindRoom() {
  while (!shared_.empty()) {
    HttpConnection& connection = shared_.front();
    if (connection.can_take_stream()) return &connection;
    connection.Unlink();
    others_.PushBack(connection);
  }
  while (!idle_.empty()) {
    HttpConnection& connection = idle_.front();
    if (connection.can_take_stream()) return &connection;
    connection.Unlink();
    others_.PushBack(connection);
  }
  return nullptr;
}

// Whoever gets a stream may end it at once, or another one: what this makes free is for the loop
// that runs already.
void HostPool::Serve() {
  if (is_serving_) return;
  is_serving_ = true;
  CircuitBreakers& breakers = context_.cluster.breakers();
  HttpConnection* connection = nullptr;
  while (!pending_.empty() && (connection = FindRoom()) != nullptr) {
    PendingRequest& pending = pending_.front();
    if (!breakers.TryTake(Resource::kRequests, priority_)) {
      context_.stats.upstream_rq_pending_overflow.Add();
      Fail(pending, kOverflowError);
      continue;
    }
    Leave(pending);
    Start(*connection, pending.arena_, pending.requester_);
  }
  is_serving_ = false;
}

void HostPool::Start(HttpConnection& connection, base::Arena& arena, StreamRequester& requester) {
  connection.Unlink();
  if (connection.can_take_two()) {
    shared_.PushFront(connection);
  } else {
    others_.PushBack(connection);
  }
  connection.StartStream(arena, requester);
}

// Of an idle connection that nobody has taken.
void HostPool::Settle(HttpConnection& connection) {
  if (!connection.is_idle() || connection.is_closing()) return;
  const bool is_wanted =
      context_.cluster.breakers().HasWaiters(priority_) || host_->is_waited_for();
  if (is_retired_ || is_wanted) {
    connection.Drain();
  } else {
    connection.Rest();
  }
}

void HostPool::LearnCapacity(const HttpConnection& connection) {
  const uint32_t limit = context_.cluster.config()->options->max_requests_per_connection;
  uint32_t streams = std::max(connection.max_streams(), uint32_t{1});
  if (limit > 0) streams = std::min(streams, limit);
  streams_per_connection_ = streams;
}

uint32_t HostPool::HopedStreams() const {
  if (protocol_ == HttpProtocol::kHttp1) return 1;
  const ClusterConfig& config = *context_.cluster.config();
  const uint32_t hoped =
      std::min(config.http_config().http2.max_concurrent_streams, kHopedHttp2Streams);
  const uint32_t limit = config.options->max_requests_per_connection;
  return limit > 0 ? std::min(hoped, limit) : hoped;
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

void HostPool::Fail(PendingRequest& pending, const http::StreamError& error,
                    std::string_view reason) {
  StreamRequester& requester = pending.requester_;
  Leave(pending);
  CountHostRequest(-1);
  if (!reason.empty()) requester.OnTransportFailure(reason);
  requester.OnStreamFailed(error, host_);
}

// A router may try again here at once: only those who wait now fail. They are moved aside but stay
// this pool's, so that one of them can still be taken back while others are told.
void HostPool::FailAll(const http::StreamError& error, std::string_view reason) {
  base::IntrusiveList<PendingRequest> failing;
  while (!pending_.empty()) failing.PushBack(pending_.PopFront());
  is_failing_all_ = true;
  while (!failing.empty()) {
    context_.stats.upstream_rq_pending_failure_eject.Add();
    Fail(failing.front(), error, reason);
  }
  is_failing_all_ = false;
  RetryConnecting();
}

void HostPool::DrainConnections() {
  while (!idle_.empty()) others_.PushBack(idle_.PopFront());
  while (!shared_.empty()) others_.PushBack(shared_.PopFront());
  others_.ForEach([](HttpConnection& connection) { connection.Drain(); });
}

void HostPool::RemoveHost() {
  Retire();
  DestroyAll(attempts_);
  attempt_count_ = 0;
  while (!pending_.empty()) {
    PendingRequest& pending = pending_.front();
    HostPool* const other = owner_.PickPoolLike(*this);
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
  if (!shared_.empty() || !idle_.empty() || !others_.empty()) return;
  is_empty_reported_ = true;
  owner_.OnEmpty(*this);
}

}  // namespace weir::upstream
