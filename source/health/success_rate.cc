#include "source/health/success_rate.h"

#include <cmath>

namespace weir::health {

SuccessRateBound BoundOf(absl::Span<const double> rates, uint32_t stdev_permille) {
  const auto count = static_cast<double>(rates.size());
  double sum = 0;
  for (const double rate : rates) sum += rate;
  SuccessRateBound bound;
  bound.mean = sum / count;
  double squares = 0;
  for (const double rate : rates) squares += (rate - bound.mean) * (rate - bound.mean);
  bound.threshold = bound.mean - std::sqrt(squares / count) * stdev_permille / 1000;
  return bound;
}

}  // namespace weir::health
