// Signals as events of the main loop. They are blocked in every thread; a descriptor reports them.
//
// SIGTERM drains, and ends at once when it comes again; SIGINT ends at once; SIGUSR1 reopens log
// files; SIGHUP and SIGPIPE do nothing.
#pragma once

#include <functional>
#include <memory>

#include "source/event/fd_event.h"
#include "source/event/loop.h"

namespace weir::server {

class Signals final : private event::FdHandler {
 public:
  struct Actions {
    std::function<void()> terminate;
    std::function<void()> interrupt;
    std::function<void()> reopen_logs;
  };

  // Before any other thread is started: threads inherit what is blocked.
  static void Block();

  Signals(event::Loop& loop, Actions actions);
  ~Signals();

 private:
  void OnReadable() override;
  void OnWritable() override {}

  const Actions actions_;
  const int fd_;
  event::FdEvent event_;
};

}  // namespace weir::server
