// One downstream connection on a worker: the socket, what is known of it, and the filters of the
// chain that took it. Lives in its chain's list until its terminal filter is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/filter/network_filter.h"
#include "source/net/connection.h"
#include "source/server/listener_config.h"

namespace weir::server {

class ActiveConnection;

// Why a connection ended before its transport socket was ready.
enum class TransportFault : uint8_t { kNotMade, kTimeout };

// A filter chain on one worker, with the connections it has. When the chain leaves the
// configuration it drains: its connections end gently, what is left at the deadline is cut.
class WorkerChain {
 public:
  // Told when a connection is gone; `connection` is destroyed at the turn's end.
  class Listener {
   public:
    virtual void OnConnectionGone(WorkerChain& chain, const ActiveConnection& connection) = 0;
    // The connection is being closed for it.
    virtual void OnTransportFault(TransportFault fault) = 0;

   protected:
    ~Listener() = default;
  };

  WorkerChain(event::Loop& loop, std::string listener_name,
              std::shared_ptr<const FilterChain> chain, Listener& listener);
  ~WorkerChain();

  // Takes over `socket.fd`. `names`: see ListenerConfig::match_names.
  void Accept(const ListenerConfig& config, const filter::AcceptedSocket& socket,
              std::shared_ptr<const std::vector<std::string>> names = nullptr);
  // What is left after `patience_ms` is cut.
  void Drain(int64_t patience_ms);
  void CloseAll();

  const std::shared_ptr<const FilterChain>& chain() const { return chain_; }
  bool is_draining() const { return is_draining_; }
  bool empty() const { return connections_.empty(); }

 private:
  friend class ActiveConnection;

  event::Loop& loop_;
  const std::string listener_name_;  // its own copy: connections outlive configurations
  const std::shared_ptr<const FilterChain> chain_;
  Listener& listener_;
  event::Timer cut_timer_;
  bool is_draining_ = false;
  base::IntrusiveList<ActiveConnection> connections_;
};

//   at the gates (nothing is read, no terminal filter yet) ─all passed─► served ─► gone
//            └──────────────────── a gate closed it, or it was cut ────────────────┘
//
// A transport socket's handshake begins when it is served and is bounded in time.
class ActiveConnection final : public base::ListNode<ActiveConnection>,
                               public event::Deletable,
                               private net::ConnectionHandler,
                               private filter::ConnectionOwner {
 public:
  ActiveConnection(WorkerChain& chain, const ListenerConfig& config,
                   const filter::AcceptedSocket& socket,
                   std::shared_ptr<const std::vector<std::string>> names);
  ~ActiveConnection() override;

  void Start();
  void Drain();
  void Cut() { connection_->Close(net::CloseMode::kReset); }

  // Once it is gone: what the listener's access log and statistics say of it.
  filter::StreamInfo Describe() const;
  int64_t lived_ms() const { return (chain_.loop_.now_ns() - opened_ns_) / 1'000'000; }

 private:
  // net::ConnectionHandler, while gates decide.
  size_t OnRead(std::string_view) override { return 0; }
  void OnReadEnd() override {}
  void OnClosed(net::CloseReason) override { OnConnectionEnded(); }
  // filter::ConnectionOwner
  void OnConnectionEnded() override;

  void AskGates(size_t from);
  void Serve();
  std::unique_ptr<net::TransportSocket> CreateTransport();
  void BoundHandshake();
  void OnHandshakeTimer();

  WorkerChain& chain_;
  filter::ConnectionInfo info_;
  const int64_t opened_ns_;
  std::vector<std::unique_ptr<filter::GateFilter>> gates_;
  std::unique_ptr<filter::TerminalFilter> terminal_;  // null until every gate let it pass
  std::unique_ptr<net::Connection> connection_;
  std::unique_ptr<event::Timer> handshake_timer_;  // null for plaintext, and once it is over
  bool has_transport_fault_ = false;
};

}  // namespace weir::server
