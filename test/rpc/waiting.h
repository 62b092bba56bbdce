// Turning a loop until something that another thread brings about has happened.
#pragma once

#include <sched.h>

#include <chrono>

#include "source/event/loop.h"

namespace weir::test {

// Whether `condition` came true, while the loop turned; gives up after 20 s.
template <class Condition>
bool TurnUntil(event::Loop& loop, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.RunReady();
    sched_yield();
  }
  return true;
}

}  // namespace weir::test
