// How many handshakes a worker begins in one turn of its loop. A signature takes most of a
// millisecond of a core: a flood of ClientHellos must not make everyone else's requests wait for
// all of them. Those over the budget wait for the next turn, in the order they came. One object a
// thread; a thread that runs no loop is not bounded.
#pragma once

#include <cstdint>

#include "source/event/loop.h"

namespace weir::tls {

class HandshakeBudget {
 public:
  static constexpr int kPerTurn = 4;

  static HandshakeBudget& OfThread() {
    static constinit thread_local HandshakeBudget budget;
    return budget;
  }
  bool has_room() {
    const uint64_t turn = event::Loop::TurnOfThisThread();
    if (turn != turn_ || turn == 0) {
      turn_ = turn;
      begun_ = 0;
    }
    return begun_ < kPerTurn;
  }
  // False: over the budget.
  bool Take() {
    if (!has_room()) return false;
    ++begun_;
    return true;
  }

 private:
  uint64_t turn_ = 0;
  int begun_ = 0;
};

}  // namespace weir::tls
