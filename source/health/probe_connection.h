// The connection of a probe: TCP, then the transport's handshake where the cluster has one. Limits
// of time are the checker's. Its user may let go of it from inside any call, by Release(). The
// thread of its loop.
//
//   connecting ──► [handshake ──►] OnConnected ──► OnRead … ──► OnLost
//        └──────────────┴───────────────────────────────────────► OnLost
#pragma once

#include <memory>
#include <string_view>

#include "source/balancing/probe_report.h"
#include "source/event/loop.h"
#include "source/health/probe.h"
#include "source/net/connection.h"
#include "source/net/connector.h"

namespace weir::health {

class ProbeConnection final : public event::Deletable,
                              private net::ConnectionHandler,
                              private event::TurnEndHook {
 public:
  class User {
   public:
    virtual void OnConnected() = 0;
    // As ConnectionHandler::OnRead.
    virtual size_t OnRead(std::string_view bytes) = 0;
    virtual void OnReadEnd() = 0;
    // The last call. `why`: what stopped it, as far as a probe tells such things apart.
    virtual void OnLost(balancing::ProbeAnswer why) = 0;

   protected:
    ~User() = default;
  };

  ProbeConnection(const ProbeTarget& target, User& user);
  ~ProbeConnection() override;

  // Null before OnConnected.
  net::Connection* connection() { return connection_.get(); }
  // Its user hears nothing more.
  void Detach();
  // Likewise, and it ends with this turn.
  static void Release(std::unique_ptr<ProbeConnection> connection);

 private:
  // net::ConnectionHandler
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnEstablished() override;
  void OnClosed(net::CloseReason reason) override;
  // event::TurnEndHook: outside of the connection's own calls.
  void OnTurnEnd() override;

  bool MakeTransport(const ProbeTarget& target);
  void OnSocket(absl::StatusOr<int> fd);
  void Lose(balancing::ProbeAnswer why);

  event::Loop& loop_;
  User* user_;
  std::unique_ptr<net::TransportSocket> transport_;  // until there is a connection
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::Connection> connection_;
  bool has_failed_ = false;  // to make the transport
  bool is_connected_ = false;
};

}  // namespace weir::health
