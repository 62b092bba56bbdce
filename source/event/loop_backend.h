// What a Loop keeps besides time and timers: libevent's base, the queue of posted work, the
// turn-end lists. Included by loop.cc and fd_event.cc only, so that libevent stays behind them.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "source/event/loop.h"
#include "source/event/timer_queue.h"

namespace weir::event {

struct Loop::Backend {
  using Work = absl::AnyInvocable<void()>;

  Backend();
  ~Backend();

  // Rings the eventfd: ends the current or the next wait.
  void Wake();
  // Sets the one libevent timer to the earliest deadline, unless it stands there already.
  void ScheduleTimer(int64_t deadline_ms, const base::Clock& clock);
  bool has_leftovers() const;
  void RunPosted();
  void RunHooksAndDeletions();

  static void OnWake(evutil_socket_t, short, void*) {}
  static void OnTimer(evutil_socket_t, short, void* backend);

  event_base* base = nullptr;
  int wake_fd = -1;
  ::event wake_event;
  ::event timer_event;
  int64_t scheduled_ms = TimerQueue::kNever;

  std::mutex mutex;
  std::vector<Work> posted;             // under mutex
  std::atomic<const void*> owner;       // the token of a thread; written under mutex
  std::atomic<bool> has_posted{false};  // written under mutex
  std::atomic<bool> is_stopping{false};

  std::vector<Work> running;  // swapped with `posted`, so that both keep their memory
  base::IntrusiveList<TurnEndHook> hooks;
  std::vector<std::unique_ptr<Deletable>> doomed;
  const std::unique_ptr<char[]> read_scratch;
};

}  // namespace weir::event
