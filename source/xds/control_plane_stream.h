// Keeps one stream to a control plane: dials, opens the method, and when it ends dials again after
// a jittered backoff that the first message of a stream resets. Knows nothing of what is said.
//
//   kIdle ──Start()──► kDialing ──channel──► kOpening ──OnOpen──► kOpen
//                         ▲  └────failed───┐        └─OnEnd─┐  ┌─OnEnd or Disconnect()
//                         └──timer───── kWaiting ◄──────────┴──┘
//
// Main loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/base/random.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/rpc/bidi_stream.h"
#include "source/xds/backoff.h"

namespace weir::xds {

// Makes a connection to the control plane and says how that went, on the loop, at once or later but
// exactly once. Dialling through an upstream cluster or to a target is up to it, and so is giving
// up after a while. An answer that comes when nobody waits for it any more is dropped.
using DialResult = absl::StatusOr<std::unique_ptr<rpc::Channel>>;
using ControlPlaneDialer = absl::AnyInvocable<void(absl::AnyInvocable<void(DialResult)>)>;

class ControlPlaneStreamHandler {
 public:
  virtual void OnStreamOpen() = 0;
  virtual void OnStreamMessage(std::string bytes) = 0;
  // It is over, or did not come about; another will be tried.
  virtual void OnStreamEnd(const absl::Status& status) = 0;

 protected:
  ~ControlPlaneStreamHandler() = default;
};

class ControlPlaneStream final : private rpc::BidiStreamHandler {
 public:
  struct Options {
    std::string method;  // "/envoy.service.discovery.v3.AggregatedDiscoveryService/…"
    rpc::Metadata initial_metadata;
    BackoffOptions reconnect;
  };

  ControlPlaneStream(event::Loop& loop, Options options, ControlPlaneDialer dialer,
                     base::Random& random, ControlPlaneStreamHandler& handler);
  ~ControlPlaneStream() override;
  ControlPlaneStream(const ControlPlaneStream&) = delete;
  ControlPlaneStream& operator=(const ControlPlaneStream&) = delete;

  void Start();
  bool is_open() const { return state_ == State::kOpen; }

  // The following do nothing unless it is open.
  void Send(std::string bytes);
  void PauseReading();
  void ResumeReading();
  // The server makes no sense: the stream ends with `status`, as if the server had ended it.
  void Disconnect(const absl::Status& status);

 private:
  enum class State { kIdle, kDialing, kOpening, kOpen, kWaiting };

  void OnOpen() override;
  void OnMessage(std::string bytes) override;
  void OnEnd(absl::Status status) override { Disconnect(status); }

  void Dial();
  void OnDialled(DialResult channel);

  event::Loop& loop_;
  const Options options_;
  ControlPlaneDialer dialer_;
  ControlPlaneStreamHandler& handler_;
  State state_ = State::kIdle;
  Backoff backoff_;
  event::Timer reconnect_timer_;
  std::shared_ptr<void> threads_;  // gRPC's, over reconnects
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<rpc::BidiStream> stream_;
  // What a dialer holds of us, weakly.
  std::shared_ptr<ControlPlaneStream*> self_;
};

}  // namespace weir::xds
