// One thread's event loop: descriptors and wake-ups by libevent, timers and turn-end work by us.
//
// A turn is: wait → ready descriptors → posted work → due timers → turn-end hooks (where
// connections flush what the turn produced, once) → deferred deletions. Only Post() and Stop()
// may be called from another thread. libevent stays inside loop.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Turns until Stop(); the calling thread becomes the loop's. Remaining posted work runs first.
  void Run();
  void Stop();
  // One turn that waits for nothing: for tests and for start-up.
  void RunReady();

  // Any thread: `work` runs on the loop's thread in a later turn, in order of posting.
  void Post(absl::AnyInvocable<void()> work);

  // Runs `hook` when this turn ends; does nothing if it is waiting already.
  void AtTurnEnd(TurnEndHook& hook);
  // Destroys `object` when this turn ends (its turn-end hooks have run).
  void DeleteLater(std::unique_ptr<Deletable> object);

  // Monotonic time, read once a turn.
  int64_t now_ns() const { return now_ns_; }
  int64_t now_ms() const { return now_ns_ / 1'000'000; }
  // Wall time in microseconds since the epoch, consistent with now_ns().
  int64_t wall_us() const;
  base::Clock& clock() const { return clock_; }

  const std::string& name() const { return name_; }
  int thread_index() const { return thread_index_; }
  bool IsThisThread() const;

  // 64 KiB that whoever reads a socket reads into first. Its content lasts until the next read.
  absl::Span<char> read_scratch();
  TimerQueue& timers() { return *timers_; }

 private:
  friend class FdEvent;
  struct Backend;

  const std::string name_;
  const int thread_index_;
  base::Clock& clock_;
  int64_t now_ns_ = 0;
  std::unique_ptr<TimerQueue> timers_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace weir::event
