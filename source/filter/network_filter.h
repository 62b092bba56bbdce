// The contract of a network filter. A filter chain has any number of gates, which watch or refuse
// a connection, and ends with one terminal filter, which owns its bytes (http_connection_manager,
// tcp_proxy). Without gates the terminal is the connection's handler itself: no layer in between.
//
// One object a connection; worker's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"
#include "source/filter/stream_info.h"
#include "source/net/connection.h"

namespace weir::filter {

// What a network filter knows of the worker and the listener it runs on.
struct ConnectionContext {
  event::Loop& loop;
  ConnectionInfo& info;
  // True once the listener, or the whole process, drains: finish what runs, take nothing new.
  const bool& is_draining;
};

// Whoever runs a connection on behalf of a listener.
class ConnectionOwner {
 public:
  // The connection and its terminal filter are done with; both are destroyed at the turn's end.
  virtual void OnConnectionEnded() = 0;

 protected:
  ~ConnectionOwner() = default;
};

// The owner of a connection's bytes. Destroyed by its ConnectionOwner after OnEnd.
class TerminalFilter : public net::ConnectionHandler, public event::Deletable {
 public:
  // Called once, before the connection is started and before any other callback.
  virtual void OnConnection(net::Connection& connection) = 0;
  // The listener drains: end gently (the last response says so), close when idle.
  virtual void OnDrain() = 0;
  // The connection has ended, and its listener writes an access log: what the filter knows of it
  // as one stream. `info` has times, addresses and byte counts already.
  virtual void DescribeConnection(StreamInfo& info) const { static_cast<void>(info); }

  void set_owner(ConnectionOwner& owner) { owner_ = &owner; }
  void OnClosed(net::CloseReason reason) final {
    OnEnd(reason);
    owner_->OnConnectionEnded();
  }

 protected:
  // The connection is closed: let go of everything.
  virtual void OnEnd(net::CloseReason reason) = 0;

 private:
  ConnectionOwner* owner_ = nullptr;
};

// Watches the connection before the terminal filter gets its bytes.
class GateFilter {
 public:
  enum class Verdict : uint8_t { kPass, kWait, kClose };
  virtual ~GateFilter() = default;
  // kWait: reading stops until `resume` is called.
  virtual Verdict OnConnection(net::Connection& connection, absl::AnyInvocable<void()> resume) = 0;
};

// A configured network filter: immutable, shared by all workers.
class NetworkFilterConfig {
 public:
  virtual ~NetworkFilterConfig() = default;
  // Exactly one of the two makes an object; the other returns null.
  virtual std::unique_ptr<TerminalFilter> CreateTerminal(const ConnectionContext&) const {
    return nullptr;
  }
  virtual std::unique_ptr<GateFilter> CreateGate(const ConnectionContext&) const { return nullptr; }
  virtual bool is_terminal() const = 0;
};

}  // namespace weir::filter
