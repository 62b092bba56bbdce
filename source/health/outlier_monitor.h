// Counts how one host answers, for its cluster's OutlierDetector. Workers count in atomics, without
// a lock; the one whose failure completes a streak posts to main, once for each time the limit is
// reached. Made by main; lives as long as its host, which may pass from one detector to the next.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "source/balancing/host.h"
#include "source/event/loop.h"
#include "source/health/outlier_config.h"

namespace weir::health {

class OutlierMonitor final : public balancing::HostMonitor {
 public:
  class Observer {
   public:
    // Main. The streak is as long as it may be.
    virtual void OnStreak(balancing::Host& host, Streak streak) = 0;

   protected:
    ~Observer() = default;
  };

  struct Tally {
    uint64_t total = 0;
    uint64_t success = 0;
  };

  // What the detector remembers of the host. Main.
  struct Record {
    uint32_t ejections = 0;
    uint32_t multiplier = 0;      // of base_ejection_time
    int64_t last_action_ms = -1;  // ejected, or taken back; −1: neither, ever
    uint64_t mark = 0;            // of the newest SetHosts that named it
  };

  OutlierMonitor(event::Loop& main, std::weak_ptr<balancing::Host> host);

  // The host's, which is made when there is none. Main.
  static OutlierMonitor& Of(event::Loop& main, const balancing::HostPtr& host);

  // HostMonitor
  void OnResponse(int status) override;
  void OnLocalOutcome(balancing::LocalOutcome outcome) override;
  SuccessRates success_rates() const override;
  int64_t ejected_until_ms() const override {
    return ejected_until_ms_.load(std::memory_order_relaxed);
  }

  // The rest: main. Until Attach, and after Detach, nothing is counted.
  void Attach(Observer& observer, const OutlierConfig& config);
  void Detach();
  // Since it was last asked.
  Tally TakeTally(Origin origin);
  void ResetStreak(Streak streak) { StreakOf(streak).store(0, std::memory_order_relaxed); }
  void ResetStreaks();
  void SetSuccessRate(Origin origin, double rate) {
    rates_[static_cast<size_t>(origin)].store(rate, std::memory_order_relaxed);
  }
  void SetEjectedUntil(int64_t until_ms) {
    ejected_until_ms_.store(until_ms, std::memory_order_relaxed);
  }
  Record& record() { return record_; }

 private:
  struct Counts {
    std::atomic<uint64_t> total{0}, success{0};
  };

  std::atomic<uint32_t>& StreakOf(Streak streak) { return streaks_[static_cast<size_t>(streak)]; }
  void CountResponse(int status);
  void CountLocal(bool is_success);
  void Count(Origin origin, bool is_success);
  void Extend(Streak streak);
  void End(Streak streak);
  void Report(Streak streak);

  event::Loop& main_;
  const std::weak_ptr<balancing::Host> host_;
  std::atomic<bool> counts_here_{false};
  std::atomic<bool> splits_origins_{false};
  std::atomic<uint32_t> limits_[kStreaks] = {};
  std::atomic<uint32_t> streaks_[kStreaks] = {};
  Counts counts_[kOrigins];
  std::atomic<double> rates_[kOrigins] = {-1, -1};
  std::atomic<int64_t> ejected_until_ms_{0};
  Observer* observer_ = nullptr;
  Record record_;
};

}  // namespace weir::health
