// The weight that follows from what one host reports of its load. Any thread; of reports that come
// at the same moment one counts.
//
// A weight counts once the host has reported for the blackout period, and until it has been silent
// for the expiration period (gRFC A58).
#pragma once

#include <atomic>
#include <cstdint>

#include "source/balancing/balancer_config.h"
#include "source/balancing/load_report.h"

namespace weir::balancing {

class ReportedWeight {
 public:
  // A report that says nothing of weight is none.
  void Record(const LoadReport& report, const ClientSideWeightsConfig& config, int64_t now_ms);
  // Whether it counts or not; 0: there is none.
  double newest() const { return weight_.load(std::memory_order_relaxed); }
  // 0: none counts.
  double At(int64_t now_ms, const ClientSideWeightsConfig& config) const;

  // requests per second / (utilization + share of errors × penalty); 0: it does not follow.
  static double Of(const LoadReport& report, const ClientSideWeightsConfig& config);

 private:
  std::atomic<double> weight_{0};
  std::atomic<int64_t> first_ms_{0}, last_ms_{0};
};

}  // namespace weir::balancing
