// A plain connection wanted by a TCP proxy, while it is being opened. What the proxy then gets has
// a lease, which keeps the connection's place under max_connections and its weight in balancing.
// Worker's thread only.
#pragma once

#include <memory>

#include "source/upstream/connect_attempt.h"
#include "source/upstream/local_cluster.h"
#include "source/upstream/tcp_leases.h"
#include "source/upstream/worker_context.h"

namespace weir::upstream {

class TcpRequest final : public PendingStream, private ConnectOwner {
 public:
  // Connects to `to`, `host`'s address; null when a limit refused, which the requester was told.
  // `leases`: who is to know of the lease; null: nobody.
  static std::unique_ptr<PendingStream> Start(const WorkerContext& context,
                                              const balancing::HostPtr& host,
                                              const net::Address& to, int priority,
                                              TcpLeases* leases, ConnectionRequester& requester);
  ~TcpRequest() override;

 private:
  TcpRequest(const WorkerContext& context, const balancing::HostPtr& host, TcpLeases* leases,
             ConnectionRequester& requester);

  // ConnectOwner
  void OnConnected(ConnectAttempt& attempt, std::unique_ptr<net::Connection> connection) override;
  void OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error,
                       std::string_view reason) override;

  const WorkerContext& context_;
  const balancing::HostPtr host_;
  const bool host_was_well_;
  TcpLeases* const leases_;
  ConnectionRequester& requester_;
  std::unique_ptr<ConnectAttempt> attempt_;  // null once answered
};

}  // namespace weir::upstream
