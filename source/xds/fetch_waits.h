// Initial fetch timeouts of one subscription: who was asked for what, and tells when the time for
// an answer is up. Whether one has come meanwhile is for the owner to know. Main loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::xds {

class FetchWaits {
 public:
  // What request number `ask` asked for; without names: the complete set.
  using OnTimeout = std::function<void(uint32_t ask, const std::vector<std::string>& names)>;

  FetchWaits(event::Loop& loop, OnTimeout on_timeout)
      : loop_(loop), on_timeout_(std::move(on_timeout)) {}

  // Begins a request; what is awaited from now on belongs to it. Its number, from 1.
  uint32_t BeginAsk() { return ++asks_; }
  // `timeout_ms` 0: for ever, nobody is told.
  void Await(const std::vector<std::string>& names, int64_t timeout_ms);
  // What was asked is void.
  void Clear() { waits_.clear(); }

 private:
  struct Wait : event::Deletable {
    Wait(FetchWaits& owner, uint32_t number, const std::vector<std::string>& asked_for);
    std::vector<std::string> Names() const;
    event::Timer timer;
    const uint32_t ask;
    // A line each: they may be ten thousand, and few timers ever ring.
    std::string lines;
  };

  void OnTime(Wait& wait);

  event::Loop& loop_;
  const OnTimeout on_timeout_;
  uint32_t asks_ = 0;
  std::vector<std::unique_ptr<Wait>> waits_;
};

}  // namespace weir::xds
