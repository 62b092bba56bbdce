// SIGTERM and SIGINT as an event of the loop. They are blocked in every thread; a descriptor
// reports them.
#pragma once

#include <functional>

#include "source/event/fd_event.h"
#include "source/event/loop.h"

namespace weir::control {

class StopSignals final : private event::FdHandler {
 public:
  // Before any other thread is started: threads inherit what is blocked.
  static void Block();

  StopSignals(event::Loop& loop, std::function<void()> on_stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void OnReadable() override;
  void OnWritable() override {}

  const std::function<void()> on_stop_;
  const int fd_;
  event::FdEvent event_;
};

}  // namespace weir::control
