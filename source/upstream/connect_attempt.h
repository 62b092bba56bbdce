// One connection being opened, with its place under max_connections: TCP, then the transport's
// handshake, both within connect_timeout. Its owner hears the outcome once; destroying it before
// that abandons the attempt. Worker's thread only.
//
//   transport made ──► connecting ──► [handshake ──► established] ──► OnConnected
//         └──────────────┴────────────────┴─ failed, or too late ──► OnConnectFailed
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/connection.h"
#include "source/net/connector.h"
#include "source/upstream/connection_slot.h"

namespace weir::upstream {

class ConnectAttempt;

class ConnectOwner {
 public:
  // The connection has no handler yet but the attempt: the owner sets its own and starts it. So is
  // the attempt's slot to be taken. The attempt must not be destroyed in these calls, only given to
  // DeleteLater.
  virtual void OnConnected(ConnectAttempt& attempt,
                           std::unique_ptr<net::Connection> connection) = 0;
  // `reason`: the transport's; empty when it was not the transport that failed.
  virtual void OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error,
                               std::string_view reason) = 0;

 protected:
  ~ConnectOwner() = default;
};

class ConnectAttempt final : public event::Deletable,
                             public base::ListNode<ConnectAttempt>,
                             private net::ConnectionHandler,
                             private event::TurnEndHook {
 public:
  // `names`: for the handshake; read here only.
  ConnectAttempt(const WorkerContext& context, ConnectionSlot slot, const net::Address& to,
                 const net::ClientTransportOptions& names, ConnectOwner& owner);
  ~ConnectAttempt() override;

  using base::ListNode<ConnectAttempt>::Unlink;  // from its owner's list
  const net::Address& address() const { return address_; }
  ConnectionSlot TakeSlot() { return std::move(slot_); }

 private:
  // net::ConnectionHandler, during the handshake
  size_t OnRead(std::string_view) override { return 0; }
  void OnReadEnd() override {}
  void OnEstablished() override;
  void OnClosed(net::CloseReason reason) override;
  // event::TurnEndHook: outside of the connection's own calls, so that whoever gets the connection
  // may do with it what he likes.
  void OnTurnEnd() override;

  void OnSocket(absl::StatusOr<int> fd);
  void OnTimeout();
  void HandOver();
  void Fail(const http::StreamError& error, bool by_peer, std::string_view reason);

  const WorkerContext& context_;
  ConnectOwner& owner_;
  const net::Address address_;
  const int64_t start_ms_;
  ConnectionSlot slot_;
  std::unique_ptr<net::TransportSocket> transport_;  // until there is a connection
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::Connection> connection_;
  std::unique_ptr<event::Timer> handshake_timer_;
  std::string failure_;  // of making the transport
};

}  // namespace weir::upstream
