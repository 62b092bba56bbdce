// The process that serves when this one starts, as this one sees it: asked for its sockets one by
// one, and told to drain once this one serves. Nothing of it changes before that.
//
// Main thread. Requests block until the answer is there, for kAnswerMs at most: this process does
// not serve yet. One that dies or is silent is treated as gone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/event/fd_event.h"
#include "source/event/timer.h"
#include "source/restart/packet.h"
#include "source/restart/socket_source.h"

namespace weir::restart {

class Predecessor final : public SocketSource, private event::FdHandler {
 public:
  static constexpr int kAnswerMs = 5'000;

  // Null: nobody serves at `path`. An error: whoever does must not be taken over from, and why.
  // `user`: whom this process is going to run as, besides who it runs as now.
  static absl::StatusOr<std::unique_ptr<Predecessor>> Find(event::Loop& loop,
                                                           const std::string& path,
                                                           std::string_view version, uid_t user);
  Predecessor(event::Loop& loop, base::Descriptor socket);
  ~Predecessor() override;
  // What it says to a process of this version; Find() has done so.
  absl::Status Greet(std::string_view version);

  int pid() const { return pid_; }
  uint64_t epoch() const { return epoch_; }
  TakenSockets Take(std::string_view listener, const net::Address& address) override;
  // Tells it that this process serves. `done` runs once it takes no more connections, is gone, or
  // has not answered in time.
  void TakeOver(std::function<void()> done);

 private:
  absl::StatusOr<Packet> Ask(absl::Span<const std::string_view> fields);
  void OnReadable() override;
  void OnWritable() override {}
  void Finish();

  event::Loop& loop_;
  base::Descriptor socket_;
  const int pid_;
  uint64_t epoch_ = 0;
  std::function<void()> done_;
  event::Timer answer_timer_;
  std::unique_ptr<event::FdEvent> event_;  // while it is taken over from
};

}  // namespace weir::restart
