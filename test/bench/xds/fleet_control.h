// The control plane of the xDS benchmark: serves a Fleet over ADS, state of the world and delta,
// whichever a client opens. It answers what is asked at once, pushes what an edit touched, and
// never waits for an answer: the order in which things arrive is the caller's.
//
// Has a thread of its own, on which the fleet lives; the calls below are for another one.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"
#include "test/bench/xds/fleet.h"

namespace weir::bench {

class ControlSession;

class FleetControl {
 public:
  explicit FleetControl(const FleetPlan& plan);
  ~FleetControl();

  // "127.0.0.1:1234"
  const std::string& address() const { return server_->address(); }

  // Makes an edit and pushes it, in the edit's order. Returns when it is made; the pushes follow.
  using MakeEdit = absl::AnyInvocable<Edit(Fleet&)>;
  Edit Apply(MakeEdit make);
  // Makes an edit and pushes nothing of it yet.
  Edit Make(MakeEdit make);
  // Pushes one part of an edit. `is_whole`: with everything else of the kind.
  void Send(Push push, bool is_whole = false);

  // When a client first opened a stream; 0: none has.
  uint64_t opened_ns() const { return opened_ns_; }
  uint64_t sent_bytes() const { return sent_bytes_; }
  uint64_t refusals() const { return refusals_; }
  std::string last_refusal() const;

 private:
  friend class ControlSession;

  void OnStream(std::unique_ptr<rpc::IncomingStream> stream);
  void PushToAll(const Push& push, bool is_whole);
  void NoteRefusal(std::string_view text);

  event::Loop loop_;
  Fleet fleet_;
  std::list<std::unique_ptr<ControlSession>> sessions_;
  std::unique_ptr<rpc::Server> server_;
  std::atomic<uint64_t> opened_ns_{0}, sent_bytes_{0}, refusals_{0};
  mutable std::mutex mutex_;
  std::string last_refusal_;
  std::thread thread_;
};

}  // namespace weir::bench
