#include "source/event/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/thread.h"
#include "source/event/loop_backend.h"

namespace weir::event {
namespace {

constexpr size_t kReadScratchBytes = 64 * 1024;
// After a burst of posts or deletions this much room stays.
constexpr size_t kKeptEntries = 1024;

// Its address tells one thread from another more cheaply than a system thread id.
constinit thread_local char thread_token = 0;
constinit thread_local uint64_t turn_of_thread = 0;

void LogLibeventMessage(int severity, const char* message) {
  if (severity >= EVENT_LOG_WARN) WEIR_LOG(kWarning, "main", "libevent: ", message);
}

event_base* NewEventBase() {
  static std::once_flag once;
  std::call_once(once, [] { event_set_log_callback(LogLibeventMessage); });
  event_config* config = event_config_new();
  WEIR_CHECK(config != nullptr);
  // No lock: wake-ups from other threads go through our eventfd. The environment must not choose
  // another backend than epoll.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_O1);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  WEIR_CHECK(base != nullptr);
  return base;
}

}  // namespace

Loop::Backend::Backend()
    : base(NewEventBase()),
      wake_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      owner(&thread_token),
      read_scratch(new char[kReadScratchBytes]) {
  WEIR_CHECK(wake_fd >= 0);
  // Edge-triggered: every write wakes, and nobody has to read the counter back to zero.
  WEIR_CHECK(
      event_assign(&wake_event, base, wake_fd, EV_READ | EV_PERSIST | EV_ET, OnWake, nullptr) == 0);
  WEIR_CHECK(event_add(&wake_event, nullptr) == 0);
  WEIR_CHECK(event_assign(&timer_event, base, -1, 0, OnTimer, this) == 0);
}

Loop::Backend::~Backend() {
  event_del(&wake_event);
  event_del(&timer_event);
  event_base_free(base);
  close(wake_fd);
}

void Loop::Backend::Wake() {
  const uint64_t one = 1;
  // EAGAIN would mean a counter near 2^64, which wakes as well.
  [[maybe_unused]] const ssize_t written = write(wake_fd, &one, sizeof(one));
}

void Loop::Backend::OnTimer(evutil_socket_t, short, void* backend) {
  static_cast<Backend*>(backend)->scheduled_ms = TimerQueue::kNever;
}

void Loop::Backend::ScheduleTimer(int64_t deadline_ms, const base::Clock& clock) {
  if (deadline_ms == scheduled_ms) return;
  scheduled_ms = deadline_ms;
  if (deadline_ms == TimerQueue::kNever) {
    event_del(&timer_event);
    return;
  }
  const int64_t wait_us = std::max<int64_t>(0, deadline_ms * 1000 - clock.MonotonicNs() / 1000);
  const timeval wait{static_cast<time_t>(wait_us / 1'000'000),
                     static_cast<suseconds_t>(wait_us % 1'000'000)};
  WEIR_CHECK(event_add(&timer_event, &wait) == 0);
}

bool Loop::Backend::has_leftovers() const {
  return has_posted.load(std::memory_order_acquire) || !hooks.empty() || !doomed.empty();
}

void Loop::Backend::RunPosted() {
  if (!has_posted.load(std::memory_order_acquire)) return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    running.swap(posted);
    has_posted.store(false, std::memory_order_relaxed);
  }
  for (Work& work : running) {
    // Moved out first, so that each closure ends with its turn rather than with the batch.
    Work current = std::move(work);
    current();
  }
  running.clear();
  if (running.capacity() > kKeptEntries) running = std::vector<Work>();
}

void Loop::Backend::RunHooksAndDeletions() {
  while (!hooks.empty() || !doomed.empty()) {
    while (!hooks.empty()) hooks.PopFront().OnTurnEnd();
    std::vector<std::unique_ptr<Deletable>> batch;
    batch.swap(doomed);
    batch.clear();
    if (doomed.empty() && batch.capacity() <= kKeptEntries) doomed.swap(batch);
  }
}

Loop::Loop(std::string name, int thread_index, base::Clock& clock)
    : name_(std::move(name)),
      thread_index_(thread_index),
      clock_(clock),
      now_ns_(clock.MonotonicNs()),
      backend_(std::make_unique<Backend>()),
      timers_(std::make_unique<TimerQueue>()) {}

Loop::~Loop() {
  WEIR_CHECK(!in_turn_);
  // Destroying closures and objects can post or delete more.
  while (true) {
    std::vector<Backend::Work> posted;
    {
      std::lock_guard<std::mutex> lock(backend_->mutex);
      posted.swap(backend_->posted);
    }
    std::vector<std::unique_ptr<Deletable>> doomed;
    doomed.swap(backend_->doomed);
    if (posted.empty() && doomed.empty()) break;
  }
}

void Loop::BecomeThisThreads() {
  base::SetThreadIndex(thread_index_);
  if (IsThisThread()) return;
  std::lock_guard<std::mutex> lock(backend_->mutex);
  backend_->owner.store(&thread_token, std::memory_order_relaxed);
}

bool Loop::IsThisThread() const {
  return backend_->owner.load(std::memory_order_relaxed) == &thread_token;
}

void Loop::Run() {
  BecomeThisThreads();
  while (!backend_->is_stopping.load(std::memory_order_acquire)) Turn(true);
  FinishTurn();  // what was posted before Stop()
  backend_->is_stopping.store(false, std::memory_order_relaxed);
}

void Loop::Stop() {
  backend_->is_stopping.store(true, std::memory_order_release);
  backend_->Wake();
}

void Loop::RunReady() {
  BecomeThisThreads();
  Turn(false);
}

void Loop::Turn(bool may_wait) {
  WEIR_CHECK(!in_turn_);
  may_wait = may_wait && !backend_->has_leftovers();
  backend_->ScheduleTimer(timers_->earliest_ms(), clock_);
  event_base_loop(backend_->base, EVLOOP_ONCE | (may_wait ? 0 : EVLOOP_NONBLOCK));
  FinishTurn();
}

void Loop::FinishTurn() {
  BeginTurn();
  backend_->RunPosted();
  timers_->RunDue(now_ns_);
  backend_->RunHooksAndDeletions();
  if (turn_watch_) turn_watch_(clock_.MonotonicNs() - now_ns_);
  in_turn_ = false;
}

uint64_t Loop::TurnOfThisThread() { return turn_of_thread; }

void Loop::EnterTurn() {
  in_turn_ = true;
  ++turn_of_thread;
  now_ns_ = clock_.MonotonicNs();
  has_wall_offset_ = false;
}

int64_t Loop::ArmingTimeNs() {
  // Between turns, e.g. at start-up, now_ns() may be long past.
  return in_turn_ ? now_ns_ : clock_.MonotonicNs();
}

int64_t Loop::wall_us() const {
  if (!has_wall_offset_) {
    wall_offset_us_ = clock_.WallUs() - clock_.MonotonicNs() / 1000;
    has_wall_offset_ = true;
  }
  return wall_offset_us_ + now_ns_ / 1000;
}

void Loop::Post(absl::AnyInvocable<void()> work) {
  bool needs_wake;
  {
    std::lock_guard<std::mutex> lock(backend_->mutex);
    // The loop looks before it waits: its own thread need not ring. Whose thread it is must be
    // asked under the lock, or a Run() that starts just now could be missed.
    needs_wake = backend_->posted.empty() && !IsThisThread();
    backend_->posted.push_back(std::move(work));
    backend_->has_posted.store(true, std::memory_order_release);
  }
  if (needs_wake) backend_->Wake();
}

void Loop::AtTurnEnd(TurnEndHook& hook) {
  if (!hook.is_linked()) backend_->hooks.PushBack(hook);
}

void Loop::DeleteLater(std::unique_ptr<Deletable> object) {
  backend_->doomed.push_back(std::move(object));
}

absl::Span<char> Loop::read_scratch() { return {backend_->read_scratch.get(), kReadScratchBytes}; }

}  // namespace weir::event
