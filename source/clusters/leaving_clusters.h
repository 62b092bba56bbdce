// Clusters that the control plane has removed while live configuration still names them: each goes
// when nothing names it any longer, or when it has been waited for long enough. Main thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::clusters {

// T: a cluster's entry, known by its address.
template <class T>
class LeavingClusters {
 public:
  static constexpr int64_t kMostMs = 15'000;

  // `leave` is called for one whose time is up.
  LeavingClusters(event::Loop& main, std::function<void(T&)> leave)
      : main_(main), leave_(std::move(leave)), timer_(main, [this] { OnTime(); }) {}

  void Add(T& entry) {
    const int64_t deadline_ms = main_.now_ms() + kMostMs;
    if (!deadlines_.emplace(&entry, deadline_ms).second) return;
    by_time_.push_back({&entry, deadline_ms});
    if (by_time_.size() == 1) timer_.Arm(kMostMs);
  }
  bool Has(T& entry) const { return deadlines_.contains(&entry); }
  // It stays after all, or has gone. False when it was not leaving.
  bool Remove(T& entry) {
    if (deadlines_.erase(&entry) == 0) return false;
    if (deadlines_.empty()) {
      by_time_.clear();
      timer_.Cancel();
    }
    return true;
  }

 private:
  struct Place {
    T* entry;
    int64_t deadline_ms;
  };

  void OnTime() {
    while (!by_time_.empty() && by_time_.front().deadline_ms <= main_.now_ms()) {
      const Place place = by_time_.front();
      by_time_.pop_front();
      // It may have gone, and even have begun to leave anew.
      const auto found = deadlines_.find(place.entry);
      if (found == deadlines_.end() || found->second != place.deadline_ms) continue;
      deadlines_.erase(found);
      leave_(*place.entry);
    }
    if (!by_time_.empty()) timer_.Arm(by_time_.front().deadline_ms - main_.now_ms());
  }

  event::Loop& main_;
  const std::function<void(T&)> leave_;
  absl::flat_hash_map<T*, int64_t> deadlines_;
  std::deque<Place> by_time_;
  event::Timer timer_;
};

}  // namespace weir::clusters
