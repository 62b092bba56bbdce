// One thread's event loop: descriptors and wake-ups by libevent, timers and turn-end work by us.
//
// A turn is: wait → ready descriptors → posted work → due timers → turn-end hooks (where
// connections flush what the turn produced, once) → deferred deletions. Hooks and deletions that
// those two add belong to the same turn. Only Post() and Stop() may be called from another thread.
// Everything that refers to a loop (timers, descriptors, hooks, Published with it as home) ends
// before it. libevent stays inside loop.cc and fd_event.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/types/span.h"
#include "source/base/clock.h"
#include "source/base/intrusive_list.h"

namespace weir::event {

class TimerQueue;

// Work to be done once at the end of the current turn, e.g. flushing a connection.
class TurnEndHook : public base::ListNode<TurnEndHook> {
 public:
  virtual void OnTurnEnd() = 0;

 protected:
  ~TurnEndHook() = default;
};

// Objects that may be on the call stack when they end derive from this and go to DeleteLater().
class Deletable {
 public:
  virtual ~Deletable() = default;
};

class Loop {
 public:
  // `thread_index`: see base/thread.h. `clock` outlives the loop.
  Loop(std::string name, int thread_index, base::Clock& clock = base::Clock::System());
  // Posted work that did not run and objects of DeleteLater() are destroyed.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Turns until Stop(); the calling thread becomes the loop's and gets its thread index. What was
  // posted before Stop() still runs; what that work posts stays for a later Run() or the
  // destructor. A Stop() before Run() makes it return at once, after what was posted.
  void Run();
  void Stop();
  // One turn that waits for nothing: for tests and for start-up.
  void RunReady();

  // Any thread: `work` runs on the loop's thread in a later turn, in order of posting. Before
  // Run() and after Stop() it is kept.
  void Post(absl::AnyInvocable<void()> work);

  // Runs `hook` when this turn ends; does nothing if it is waiting already.
  void AtTurnEnd(TurnEndHook& hook);
  // Destroys `object` when this turn ends (its turn-end hooks have run).
  void DeleteLater(std::unique_ptr<Deletable> object);

  // `watch` hears how long each turn kept the thread busy, in nanoseconds, for one more reading of
  // the clock a turn. There is one watch; null: none.
  void WatchTurns(absl::AnyInvocable<void(int64_t)> watch) { turn_watch_ = std::move(watch); }

  // Monotonic time, read once a turn. Between turns it is that of the last one.
  int64_t now_ns() const { return now_ns_; }
  int64_t now_ms() const { return now_ns_ / 1'000'000; }
  // Wall time in microseconds since the epoch, consistent with now_ns().
  int64_t wall_us() const;
  base::Clock& clock() const { return clock_; }

  const std::string& name() const { return name_; }
  int thread_index() const { return thread_index_; }
  // Different in each turn of the calling thread's loop; 0: it has run none.
  static uint64_t TurnOfThisThread();
  // The thread that last ran the loop or, before that, made it.
  bool IsThisThread() const;

  // 64 KiB that whoever reads a socket reads into first. Its content lasts until the next read.
  absl::Span<char> read_scratch();
  TimerQueue& timers() { return *timers_; }

 private:
  friend class FdEvent;
  friend class Timer;
  struct Backend;

  void BecomeThisThreads();
  void Turn(bool may_wait);
  // Everything of a turn but the descriptors.
  void FinishTurn();
  // Reads the clock at the first sign of life after waiting.
  void BeginTurn() {
    if (!in_turn_) EnterTurn();
  }
  void EnterTurn();
  // The time that a timer armed now counts from.
  int64_t ArmingTimeNs();

  const std::string name_;
  const int thread_index_;
  base::Clock& clock_;
  int64_t now_ns_ = 0;
  bool in_turn_ = false;
  mutable bool has_wall_offset_ = false;  // of this turn
  mutable int64_t wall_offset_us_ = 0;
  absl::AnyInvocable<void(int64_t)> turn_watch_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<TimerQueue> timers_;
};

}  // namespace weir::event
