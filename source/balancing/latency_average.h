// How long a host takes to answer: a moving average with a memory for bad moments. A slower sample
// replaces it at once, faster ones bring it down by how long ago the last one was; while nothing is
// heard it fades, so that a host that was slow once is tried again. Any thread; two samples of the
// same moment may count as one.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::balancing {

class LatencyAverage {
 public:
  // `decay_ns` > 0: after it the past counts 1/e.
  void Record(int64_t sample_ns, int64_t now_ns, int64_t decay_ns);
  // 0: nothing was ever recorded.
  double At(int64_t now_ns, int64_t decay_ns) const;

 private:
  std::atomic<double> average_ns_{0};
  std::atomic<int64_t> recorded_ns_{0};
};

}  // namespace weir::balancing
