// How many steps of handshakes that cost something a worker takes in one turn of its loop. A
// signature takes most of a millisecond of a core, a certificate's verification not much less: a
// flood of ClientHellos, or of last words of handshakes begun before, must not make everyone else's
// requests wait for all of them. Those over the budget wait for later turns, and go on in the order
// they came. One object a thread; a thread that runs no loop is not bounded.
#pragma once

#include <cstdint>
#include <set>

#include "source/event/loop.h"

namespace weir::tls {

class HandshakeBudget {
 public:
  static constexpr int kPerTurn = 4;

  static HandshakeBudget& OfThread() {
    static thread_local HandshakeBudget budget;
    return budget;
  }

 private:
  friend class HandshakeTurn;

  // How many may still go on in this turn.
  int Room() {
    const uint64_t turn = event::Loop::TurnOfThisThread();
    if (turn != turn_ || turn == 0) {
      turn_ = turn;
      taken_ = 0;
    }
    return kPerTurn - taken_;
  }
  bool IsAmongTheFirst(int count, uint64_t ticket) const {
    for (auto each = waiting_.begin(); count > 0 && each != waiting_.end(); ++each, --count) {
      if (*each == ticket) return true;
    }
    return false;
  }

  uint64_t turn_ = 0;
  int taken_ = 0;  // in that turn
  uint64_t last_ticket_ = 0;
  std::set<uint64_t> waiting_;
};

// One handshake's claim to the budget of its thread.
class HandshakeTurn {
 public:
  HandshakeTurn() = default;
  HandshakeTurn(const HandshakeTurn&) = delete;
  HandshakeTurn& operator=(const HandshakeTurn&) = delete;
  ~HandshakeTurn() { GiveUp(); }

  bool is_waiting() const { return ticket_ != 0; }
  // Of one that waits.
  bool HasCome() const {
    HandshakeBudget& budget = HandshakeBudget::OfThread();
    return budget.IsAmongTheFirst(budget.Room(), ticket_);
  }
  // False: not in this turn; it waits from now on, until it has taken one or given up.
  bool Take() {
    HandshakeBudget& budget = HandshakeBudget::OfThread();
    const bool may_go_on =
        is_waiting() ? HasCome() : static_cast<int64_t>(budget.waiting_.size()) < budget.Room();
    if (may_go_on) {
      GiveUp();
      ++budget.taken_;
    } else if (!is_waiting()) {
      ticket_ = ++budget.last_ticket_;
      budget.waiting_.insert(ticket_);
    }
    return may_go_on;
  }
  // A worker that has ended leaves its connections to another thread, where this does nothing.
  void GiveUp() {
    if (is_waiting()) HandshakeBudget::OfThread().waiting_.erase(ticket_);
    ticket_ = 0;
  }

 private:
  uint64_t ticket_ = 0;  // 0: it does not wait
};

}  // namespace weir::tls
