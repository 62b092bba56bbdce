// Finds the hosts of one cluster that fail, and ejects them for a while: no new requests go to them
// until their time is over. Main thread.
//
//   in use ──a streak is complete; its rate stands out, or too much fails──► ejected
//     ▲                                                                       │
//     └── a sweep finds that its time is over; an active check passes ────────┘
//
// Workers count (OutlierMonitor); a sweep, once an interval, looks at all hosts. The time is
// base_ejection_time, times a number that grows with each ejection and shrinks with each sweep that
// finds the host in use. Where max_ejection_percent would be exceeded, nobody is ejected: with the
// usual 10 % that is every host of a cluster of fewer than ten, unless always_eject_one_host.
//
// Hosts keep what is known of them when another detector takes over, with another definition of the
// cluster.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/host.h"
#include "source/base/random.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/health/outlier_config.h"
#include "source/health/outlier_event_log.h"
#include "source/health/outlier_monitor.h"
#include "source/health/outlier_stats.h"

namespace weir::health {

// What success rates are compared with, by Origin; −1: nothing yet. Main writes, any thread reads.
struct ClusterSuccessRates {
  std::atomic<double> mean[kOrigins] = {-1, -1};
  std::atomic<double> threshold[kOrigins] = {-1, -1};
};

class OutlierDetector final : private OutlierMonitor::Observer {
 public:
  struct Context {
    event::Loop& main;
    base::Random& random;
    std::string cluster_name;
    std::shared_ptr<stats::Group<OutlierStats>> stats;
    OutlierEventLog* log = nullptr;  // outlives it; null: there is none
  };

  // `on_change`: flags of hosts have changed. Called in the middle of the detector's work, which it
  // must not disturb.
  OutlierDetector(Context context, const OutlierConfig& config, std::function<void()> on_change);
  ~OutlierDetector();
  OutlierDetector(const OutlierDetector&) = delete;
  OutlierDetector& operator=(const OutlierDetector&) = delete;

  // All hosts of the cluster from now on. Ejected ones count as such whoever ejected them.
  void SetHosts(absl::Span<const balancing::HostPtr> hosts);
  // A health check of `host` passed, which had been failing or not.
  void OnActiveCheckPassed(balancing::Host& host);

  const std::shared_ptr<const ClusterSuccessRates>& success_rates() const { return shown_rates_; }

  // Takes hosts back for whose cluster nobody looks any longer. Whether there were any.
  static bool TakeBackAll(absl::Span<const balancing::HostPtr> hosts);

 private:
  struct Rated {
    balancing::Host* host;
    OutlierMonitor* monitor;
    double rate;
    uint64_t requests;
  };

  // OutlierMonitor::Observer
  void OnStreak(balancing::Host& host, Streak streak) override;

  OutlierMonitor& MonitorOf(const balancing::HostPtr& host) {
    return OutlierMonitor::Of(context_.main, host);
  }
  void Sweep();
  void LookAt(balancing::Host& host, OutlierMonitor& monitor);
  void JudgeRates(Origin origin);
  std::vector<Rated> RateHosts(Origin origin);
  void JudgeSuccessRates(Origin origin, absl::Span<const Rated> rated);
  void JudgeFailures(Origin origin, absl::Span<const Rated> rated);
  bool MayEjectOneMore() const;
  void Consider(balancing::Host& host, OutlierMonitor& monitor, EjectionCause cause,
                const Evidence& evidence);
  void Eject(balancing::Host& host, OutlierMonitor& monitor, EjectionCause cause);
  void TakeBack(balancing::Host& host, OutlierMonitor& monitor);
  OutlierEvent EventOf(const balancing::Host& host, const OutlierMonitor::Record& record) const;
  void ShowEjected();

  const Context context_;
  const OutlierConfig config_;
  const std::function<void()> on_change_;
  const std::shared_ptr<ClusterSuccessRates> rates_ = std::make_shared<ClusterSuccessRates>();
  const std::shared_ptr<const ClusterSuccessRates> shown_rates_ = rates_;
  std::vector<balancing::HostPtr> hosts_;
  event::Timer timer_;
  uint32_t ejected_count_ = 0;
};

}  // namespace weir::health
