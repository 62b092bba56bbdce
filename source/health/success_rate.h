// How low a success rate has to be to stand out from those of the other hosts. Pure function.
#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace weir::health {

struct SuccessRateBound {
  double mean = -1;
  double threshold = -1;  // less than this is an outlier
};

// Of at least one rate, in percent: `stdev_permille` thousandths of a standard deviation below the
// mean.
SuccessRateBound BoundOf(absl::Span<const double> rates, uint32_t stdev_permille);

}  // namespace weir::health
