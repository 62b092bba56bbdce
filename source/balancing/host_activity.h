// What has happened to one host since it is in the cluster. Counters are written by every worker,
// relaxed; any thread reads them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "source/balancing/host_monitor.h"
#include "source/balancing/latency_average.h"
#include "source/balancing/reported_weight.h"

namespace weir::balancing {

struct HostActivity {
  LatencyAverage latency;                        // kept where the policy goes by it
  ReportedWeight reported_weight;                // likewise
  std::atomic<uint8_t> slow_start_percent{100};  // of its weight, while it ramps up
  std::atomic<uint64_t> requests_total{0}, requests_success{0}, requests_error{0},
      requests_timeout{0}, connects_total{0}, connect_failures{0};
  std::atomic<uint64_t> last_probe{0};          // ProbeReport, packed
  std::atomic<uint64_t> connection_waiters{0};  // threads, as bits, that wait for a connection
  // Main sets it, once. Any thread reads it.
  std::atomic<HostMonitor*> monitor{nullptr};

  HostActivity() = default;
  ~HostActivity() { delete monitor.load(std::memory_order_relaxed); }
  HostActivity(const HostActivity&) = delete;
  HostActivity& operator=(const HostActivity&) = delete;

  void SetMonitor(std::unique_ptr<HostMonitor> made) {
    monitor.store(made.release(), std::memory_order_release);
  }
};

}  // namespace weir::balancing
