// Tested by test/event/timer_test.cc
#include "source/event/timer_queue.h"

#include <algorithm>

namespace weir::event {
namespace {
constexpr int64_t kNsPerMs = 1'000'000;
}  // namespace

TimerQueue::TimerQueue() : lists_(new List[kMaxLists]) {}
TimerQueue::~TimerQueue() = default;

void TimerQueue::Arm(Timer& timer, int64_t now_ns, int64_t duration_ms) {
  duration_ms = std::clamp<int64_t>(duration_ms, 0, kMaxDurationMs);
  // Rounded up, so that the whole duration has passed when the deadline's millisecond begins; of
  // none nothing has to pass: the next turn it is.
  const int64_t rounding_ns = duration_ms > 0 ? kNsPerMs - 1 : 0;
  const int64_t deadline_ms = (now_ns + rounding_ns) / kNsPerMs + duration_ms;
  auto* list = static_cast<List*>(timer.list_);
  const bool is_list_right = list != nullptr && list->duration_ms == duration_ms;
  // Pushed back several times a millisecond, as idle timers are, it stays where it is.
  if (is_list_right && timer.is_linked() && timer.deadline_ms_ == deadline_ms) return;
  if (timer.is_armed()) Cancel(timer);
  timer.deadline_ms_ = deadline_ms;
  if (!is_list_right) list = FindList(duration_ms);
  if (list != nullptr) {
    timer.list_ = list;
    list->timers.PushBack(timer);
  } else {
    timer.is_in_overflow_ = true;
    overflow_.emplace(timer.deadline_ms_, &timer);
  }
  earliest_ms_ = std::min(earliest_ms_, timer.deadline_ms_);
}

void TimerQueue::Cancel(Timer& timer) {
  if (timer.is_in_overflow_) {
    overflow_.erase({timer.deadline_ms_, &timer});
    timer.is_in_overflow_ = false;
  } else {
    timer.Unlink();
  }
}

TimerQueue::List* TimerQueue::FindList(int64_t duration_ms) {
  auto found = by_duration_.find(duration_ms);
  if (found != by_duration_.end()) return found->second;
  List* list = nullptr;
  if (list_count_ < kMaxLists) {
    list = &lists_[list_count_++];
  } else {
    for (size_t i = 0; i < kMaxLists && list == nullptr; ++i) {
      if (lists_[i].timers.empty()) list = &lists_[i];
    }
    if (list == nullptr) return nullptr;
    by_duration_.erase(list->duration_ms);
  }
  list->duration_ms = duration_ms;
  by_duration_.emplace(duration_ms, list);
  return list;
}

void TimerQueue::RunDue(int64_t now_ns) {
  const int64_t now_ms = now_ns / kNsPerMs;
  if (now_ms < earliest_ms_) return;
  CollectDue(now_ms);
  while (!due_.empty()) due_.PopFront().Fire();
}

// Due timers leave their lists before the first of them fires: what the callbacks arm, even for
// no time at all, cannot keep this turn from ending, and what they cancel does not fire.
void TimerQueue::CollectDue(int64_t now_ms) {
  List* list = nullptr;
  while (FindNext(list, earliest_ms_) && earliest_ms_ <= now_ms) {
    if (list != nullptr) {
      Timer& timer = list->timers.PopFront();
      timer.list_ = nullptr;  // nor is it in its list any more when it is armed before it fires
      due_.PushBack(timer);
    } else {
      Timer& timer = *overflow_.begin()->second;
      Cancel(timer);
      due_.PushBack(timer);
    }
  }
}

bool TimerQueue::FindNext(List*& list, int64_t& deadline_ms) {
  deadline_ms = kNever;
  for (size_t i = 0; i < list_count_; ++i) {
    if (lists_[i].timers.empty()) continue;
    const int64_t first_ms = lists_[i].timers.front().deadline_ms_;
    if (first_ms >= deadline_ms) continue;
    deadline_ms = first_ms;
    list = &lists_[i];
  }
  if (!overflow_.empty() && overflow_.begin()->first < deadline_ms) {
    deadline_ms = overflow_.begin()->first;
    list = nullptr;
  }
  return deadline_ms != kNever;
}

}  // namespace weir::event
