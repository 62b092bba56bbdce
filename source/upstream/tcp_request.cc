#include "source/upstream/tcp_request.h"

#include <utility>

#include "source/net/connection.h"
#include "source/upstream/upstream_errors.h"

namespace weir::upstream {

std::unique_ptr<PendingStream> TcpRequest::Start(const WorkerContext& context,
                                                 const balancing::HostPtr& host,
                                                 const net::Address& to, int priority,
                                                 TcpLeases* leases,
                                                 ConnectionRequester& requester) {
  ConnectionSlot slot = ConnectionSlot::TryTake(context, host, priority);
  if (!slot) {
    context.stats.upstream_cx_overflow.Add();
    requester.OnConnectionFailed(kOverflowError, host);
    return nullptr;
  }
  std::unique_ptr<TcpRequest> request(new TcpRequest(context, host, leases, requester));
  request->attempt_ =
      std::make_unique<ConnectAttempt>(context, std::move(slot), to, net::ClientTransportOptions(),
                                       static_cast<ConnectOwner&>(*request));
  return request;
}

TcpRequest::TcpRequest(const WorkerContext& context, const balancing::HostPtr& host,
                       TcpLeases* leases, ConnectionRequester& requester)
    : context_(context),
      host_(host),
      host_was_well_(!host->has_failed()),
      leases_(leases),
      requester_(requester) {
  host_->active_requests.fetch_add(1, std::memory_order_relaxed);
}

TcpRequest::~TcpRequest() {
  if (attempt_ != nullptr) host_->active_requests.fetch_sub(1, std::memory_order_relaxed);
}

// The requester may destroy this in its callback: nothing is touched afterwards.
void TcpRequest::OnConnected(ConnectAttempt& attempt, std::unique_ptr<net::Connection> connection) {
  host_->activity().requests_total.fetch_add(1, std::memory_order_relaxed);
  if (balancing::HostMonitor* const monitor = host_->monitor()) {
    monitor->OnLocalOutcome(balancing::LocalOutcome::kTcpConnected);
  }
  connection->set_handler(requester_.handler());
  auto lease = std::make_unique<TcpLease>(attempt.TakeSlot(), *connection, host_was_well_);
  if (leases_ != nullptr) leases_->Add(*lease);
  context_.loop.DeleteLater(std::move(attempt_));
  requester_.OnConnectionReady(std::move(connection), host_, std::move(lease));
}

void TcpRequest::OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error,
                                 std::string_view reason) {
  host_->active_requests.fetch_sub(1, std::memory_order_relaxed);
  if (balancing::HostMonitor* const monitor = host_->monitor()) {
    monitor->OnLocalOutcome(balancing::LocalOutcome::kFailed);
  }
  const balancing::HostPtr host = host_;
  // The place of the failed connection is free before the requester tries again.
  { ConnectionSlot released = attempt.TakeSlot(); }
  context_.loop.DeleteLater(std::move(attempt_));
  if (!reason.empty()) requester_.OnTransportFailure(reason);
  requester_.OnConnectionFailed(error, host);
}

}  // namespace weir::upstream
