// Restarts that lose no connection: takes the listening sockets of the process that serves at
// --hot-restart-path, tells it to drain once this one is live, and is then the one that hands over
// to the next. Sockets that the supervisor passed are found here as well. Main thread.
#pragma once

#include <functional>
#include <memory>

#include "source/config/faults.h"
#include "source/event/loop.h"
#include "source/restart/handover.h"
#include "source/restart/predecessor.h"
#include "source/restart/supervisor_sockets.h"
#include "source/server/options.h"

namespace weir::server {

class HotRestart final : public restart::SocketSource {
 public:
  HotRestart(event::Loop& loop, const Options& options);

  // Looks for who serves now. A fault: it is there, and must not be taken over from.
  void FindPredecessor(config::Faults& faults);
  bool has_predecessor() const { return predecessor_ != nullptr; }
  // How many processes served before this one, one after the other.
  uint64_t epoch() const { return epoch_; }

  restart::TakenSockets Take(std::string_view listener, const net::Address& address) override;

  // This process can serve the next one. Where there is a predecessor, that one does until
  // OnLive().
  void Start(restart::Handover::Owner& owner);
  // `taken_over` runs once the predecessor takes no more connections; at once where there is none.
  void OnLive(restart::Handover::Owner& owner, std::function<void()> taken_over);

 private:
  void Serve(restart::Handover::Owner& owner);

  event::Loop& loop_;
  const std::string path_;
  const uid_t user_;
  restart::SupervisorSockets supervisor_;
  std::unique_ptr<restart::Predecessor> predecessor_;
  uint64_t epoch_ = 0;
  std::unique_ptr<restart::Handover> handover_;
};

}  // namespace weir::server
