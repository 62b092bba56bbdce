// What has happened to one host since it is in the cluster. Counters are written by every worker,
// relaxed; any thread reads them.
#pragma once

#include <atomic>
#include <cstdint>

#include "source/balancing/latency_average.h"

namespace weir::balancing {

struct HostActivity {
  LatencyAverage latency;  // kept where the policy goes by it
  std::atomic<uint64_t> requests_total{0}, requests_success{0}, requests_error{0},
      requests_timeout{0}, connects_total{0}, connect_failures{0};
};

}  // namespace weir::balancing
