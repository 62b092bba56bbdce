// Keeps one stream to a control plane: dials, opens the method, and when it ends dials again after
// a jittered backoff that the first message of a stream resets. Knows nothing of what is said.
//
//   kIdle ──Start()──► kDialing ──channel──► kOpening ──OnOpen──► kOpen
//                         ▲  └────failed───┐        └─OnEnd─┐  ┌─OnEnd or Disconnect()
//                         └──timer───── kWaiting ◄──────────┴──┘
//
// Of several servers the first that answers is used: one that cannot be reached, or ends the stream
// without having said anything, gives way to the next, and after the last comes the first. While a
// later one serves, those before it are asked from time to time, in order, whether they are back;
// the first that answers takes over. Main loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/base/random.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/rpc/bidi_stream.h"
#include "source/xds/backoff.h"
#include "source/xds/server_probe.h"

namespace weir::xds {

class ControlPlaneStreamHandler {
 public:
  virtual void OnStreamOpen() = 0;
  // One of these, by whether there is a decoder.
  virtual void OnStreamMessage(std::string /*bytes*/) {}
  virtual void OnStreamDecoded(std::unique_ptr<rpc::Decoded> /*message*/) {}
  // Nothing that was sent waits here any more (rpc::BidiStreamHandler::OnAllSent).
  virtual void OnStreamAllSent() {}
  // It is over, or did not come about; another will be tried.
  virtual void OnStreamEnd(const absl::Status& status) = 0;
  // Something to ask a server for, which it answers if it is well; empty: nothing.
  virtual std::string ProbeRequest() = 0;

 protected:
  ~ControlPlaneStreamHandler() = default;
};

class ControlPlaneStream final : private rpc::BidiStreamHandler {
 public:
  struct Options {
    std::string method;  // "/envoy.service.discovery.v3.AggregatedDiscoveryService/…"
    BackoffOptions reconnect;
    // How often earlier servers are asked whether they are back: 30 s to 60 s after having lost
    // them, then more and more seldom.
    BackoffOptions go_back = {60'000, 600'000};
    rpc::Decoder decoder = nullptr;  // of messages; null: they come as bytes
  };

  // At least one server.
  ControlPlaneStream(event::Loop& loop, Options options, std::vector<ControlPlaneServer> servers,
                     base::Random& random, ControlPlaneStreamHandler& handler);
  ~ControlPlaneStream() override;
  ControlPlaneStream(const ControlPlaneStream&) = delete;
  ControlPlaneStream& operator=(const ControlPlaneStream&) = delete;

  void Start();
  bool is_open() const { return state_ == State::kOpen; }
  // The server that is connected, or was last, or is being tried: its number and its name.
  size_t server() const { return current_; }
  const std::string& server_name() const { return servers_[current_].name; }

  // The following do nothing unless it is open.
  void Send(std::string bytes);
  void PauseReading();
  void ResumeReading();
  // The server makes no sense: the stream ends with `status`, as if the server had ended it.
  void Disconnect(const absl::Status& status);

 private:
  enum class State { kIdle, kDialing, kOpening, kOpen, kWaiting };

  rpc::Decoder MakeDecoder() override { return options_.decoder; }
  void OnOpen() override;
  void OnMessage(std::string bytes) override;
  void OnDecoded(std::unique_ptr<rpc::Decoded> message) override;
  void OnAllSent() override { handler_.OnStreamAllSent(); }
  void OnEnd(absl::Status status) override { Disconnect(status); }

  void NoteAnswer();
  void Dial();
  void OnDialled(DialResult channel);
  void Open(std::unique_ptr<rpc::Channel> channel);

  void Probe(size_t server);
  void OnProbed(size_t server, DialResult channel);
  void GoBack(size_t server, std::unique_ptr<rpc::Channel> channel);

  event::Loop& loop_;
  const Options options_;
  std::vector<ControlPlaneServer> servers_;
  ControlPlaneStreamHandler& handler_;
  State state_ = State::kIdle;
  size_t current_ = 0;
  bool was_answered_ = true;  // by the current server, on its last stream
  Backoff backoff_;
  event::Timer reconnect_timer_;
  std::shared_ptr<void> threads_;  // gRPC's, over reconnects
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<rpc::BidiStream> stream_;
  Backoff go_back_backoff_;
  event::Timer go_back_timer_;
  std::unique_ptr<ServerProbe> probe_;
  // What a dialer holds of us, weakly.
  std::shared_ptr<ControlPlaneStream*> self_;
};

}  // namespace weir::xds
