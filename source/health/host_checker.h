// Active checks of one host, on one loop: when to ask, what the answers have come to.
//
//   kWaiting ──due──► kQueued ──Run()──► kProbing ──answer, or too late──► kWaiting
//
// One timer is both the interval and the timeout. The thread of its loop.
#pragma once

#include <cstdint>
#include <memory>

#include "source/balancing/host.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/health/check_event_log.h"
#include "source/health/check_schedule.h"
#include "source/health/checked_cluster.h"
#include "source/health/probe.h"

namespace weir::health {

// What main is to know of a host from now on.
struct CheckResult {
  uint64_t cluster = 0;  // whose checks: see CheckThreads
  balancing::HostPtr host;
  bool is_healthy = false;
  bool is_degraded = false;
  bool is_excluded = false;
};

class HostChecker final : public base::ListNode<HostChecker>,
                          private ProbeOwner,
                          private event::TurnEndHook {
 public:
  class Owner {
   public:
    // Run() is to be called, in this turn or a later one.
    virtual void OnDue(HostChecker& checker) = 0;
    // The first result, and those that change something.
    virtual void OnResult(const CheckResult& result) = 0;

   protected:
    ~Owner() = default;
  };

  // `cluster` outlives it. What is known of the host already is in its flags.
  HostChecker(event::Loop& loop, const CheckedCluster& cluster, uint64_t cluster_number,
              balancing::HostPtr host, Owner& owner);
  ~HostChecker();

  // The first check, after a while of its own. Only the second keeps a distance from those of other
  // hosts that begin now: it comes `place_ms` early (less whole intervals), once.
  void Begin(uint32_t place_ms);
  void Run();
  // Traffic has found it to be unwell.
  void NoteUnhealthy();

 private:
  enum class State : uint8_t { kWaiting, kQueued, kProbing };

  // ProbeOwner
  void OnProbeDone(const ProbeOutcome& outcome) override;
  // event::TurnEndHook: outside of the probe's own calls.
  void OnTurnEnd() override;

  void OnTimer();
  void Finish(ProbeOutcome outcome);
  bool HasPassedWhileEjected(const ProbeOutcome& outcome) const;
  void Count(const ProbeOutcome& outcome);
  void Report(const ProbeOutcome& outcome, bool was_degraded, CheckSchedule::Change change,
              bool is_first);
  void Log(const ProbeOutcome& outcome, bool was_degraded, CheckSchedule::Change change,
           bool is_first);
  void LogEvent(CheckEventKind kind, const ProbeOutcome& outcome, bool is_first);
  CheckResult ResultNow() const;

  const ProbeTarget target_;
  const uint64_t cluster_number_;
  const balancing::HostPtr host_;
  Owner& owner_;
  event::Timer timer_;
  CheckSchedule schedule_;
  int64_t started_ns_ = 0;
  uint32_t place_ms_ = 0;
  std::unique_ptr<Probe> probe_;  // made for the first check
  ProbeOutcome outcome_;
  State state_ = State::kWaiting;
  bool has_result_ = false;
  bool is_degraded_ = false;
  bool is_excluded_ = false;
};

}  // namespace weir::health
