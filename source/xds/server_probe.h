// Finds out whether a control plane is back: connects, asks for something, waits for an answer.
// What it answers is dropped; the connection is not. Loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/rpc/bidi_stream.h"

namespace weir::xds {

// Makes a connection to the control plane and says how that went, on the loop, at once or later but
// exactly once. Dialling through an upstream cluster or to a target is up to it, and so is giving
// up after a while. An answer that comes when nobody waits for it any more is dropped.
using DialResult = absl::StatusOr<std::unique_ptr<rpc::Channel>>;
using ControlPlaneDialer = absl::AnyInvocable<void(absl::AnyInvocable<void(DialResult)>)>;

struct ControlPlaneServer {
  std::string name;  // for people
  ControlPlaneDialer dialer;
  rpc::Metadata initial_metadata;
};

class ServerProbe final : private rpc::BidiStreamHandler {
 public:
  struct Question {
    std::string method;
    std::string request;  // empty: that the method can be called is answer enough
    int64_t timeout_ms = 15'000;
  };
  // Hears once, and may destroy the probe: a connection to a server that answers, or why not.
  using OnDone = absl::AnyInvocable<void(DialResult)>;

  // `server` outlives it.
  ServerProbe(event::Loop& loop, ControlPlaneServer& server, Question question, OnDone on_done);
  ~ServerProbe() override;
  ServerProbe(const ServerProbe&) = delete;
  ServerProbe& operator=(const ServerProbe&) = delete;

  void Start();

 private:
  void OnOpen() override;
  void OnMessage(std::string /*bytes*/) override { Finish(std::move(channel_)); }
  void OnEnd(absl::Status status) override { Finish(std::move(status)); }

  void OnDialled(DialResult channel);
  void Finish(DialResult result);

  ControlPlaneServer& server_;
  const Question question_;
  OnDone on_done_;
  event::Timer timer_;
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<rpc::BidiStream> stream_;
  // What a dialer holds of us, weakly.
  std::shared_ptr<ServerProbe*> self_;
};

}  // namespace weir::xds
