#include "source/balancing/latency_average.h"

#include <algorithm>
#include <cmath>

namespace weir::balancing {
namespace {

// How much of the past is left.
double Fading(int64_t since_ns, int64_t decay_ns) {
  return std::exp(-static_cast<double>(std::max<int64_t>(since_ns, 0)) /
                  static_cast<double>(decay_ns));
}

}  // namespace

void LatencyAverage::Record(int64_t sample_ns, int64_t now_ns, int64_t decay_ns) {
  const double sample = static_cast<double>(std::max<int64_t>(sample_ns, 1));
  const int64_t before_ns = recorded_ns_.exchange(now_ns, std::memory_order_relaxed);
  const double kept = before_ns == 0 ? 0 : Fading(now_ns - before_ns, decay_ns);
  double average = average_ns_.load(std::memory_order_relaxed);
  double next;
  do {
    next = sample > average ? sample : average * kept + sample * (1 - kept);
  } while (!average_ns_.compare_exchange_weak(average, next, std::memory_order_relaxed));
}

double LatencyAverage::At(int64_t now_ns, int64_t decay_ns) const {
  const int64_t recorded_ns = recorded_ns_.load(std::memory_order_relaxed);
  return average_ns_.load(std::memory_order_relaxed) * Fading(now_ns - recorded_ns, decay_ns);
}

}  // namespace weir::balancing
