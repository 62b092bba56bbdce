// Gives gRPC, which speaks plaintext only, a descriptor behind which our own transport speaks TLS:
// one end of a socket pair, whose other end this joins to the secured connection. Main thread.
//
//   gRPC ── socket pair ── local ═══ tunnel ═══ secure ── TLS ── control plane
//
//     new ──► handshake ──► open (bytes both ways) ──one side ends──► the other is flushed ──►
//     ended
//                 └── failed, or too late ──► ended
//
// A side that cannot write pauses the other one's reading, so little is kept here. Destroying it
// cuts both sides.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/connection.h"

namespace weir::discovery {

class SecureTunnel final : public event::Deletable {
 public:
  // gRPC's end, which is the callee's from now on, or why there is none. Called once.
  using OnReady = absl::AnyInvocable<void(absl::StatusOr<int> fd)>;
  // Nothing runs any more: destroy it with DeleteLater.
  using OnEnded = absl::AnyInvocable<void(SecureTunnel& tunnel)>;

  // Over the connected `fd`, whose handshake begins; it may take until `timeout_ms`.
  SecureTunnel(event::Loop& loop, int fd, std::unique_ptr<net::TransportSocket> transport,
               int64_t timeout_ms, OnReady on_ready, OnEnded on_ended);
  ~SecureTunnel() override;

 private:
  // One of the two connections; what it reads goes to the other.
  class Side final : public net::ConnectionHandler {
   public:
    explicit Side(SecureTunnel& tunnel) : tunnel_(tunnel) {}

    size_t OnRead(std::string_view bytes) override;
    void OnReadEnd() override {}  // the connection closes by itself, which ends the other
    void OnEstablished() override { tunnel_.OnEstablished(*this); }
    void OnOutputHigh() override;
    void OnOutputLow() override;
    void OnClosed(net::CloseReason reason) override { tunnel_.OnClosed(*this); }

    std::unique_ptr<net::Connection> connection;
    bool is_over = false;

   private:
    SecureTunnel& tunnel_;
  };

  Side& OtherOf(Side& side) { return &side == &secure_ ? local_ : secure_; }
  void OnEstablished(Side& side);
  void OnClosed(Side& side);
  void OnTimeout();
  absl::StatusOr<int> OpenLocal();
  void Fail(std::string_view reason);

  event::Loop& loop_;
  Side secure_{*this};
  Side local_{*this};
  event::Timer timeout_;
  OnReady on_ready_;  // null once called
  OnEnded on_ended_;
};

}  // namespace weir::discovery
