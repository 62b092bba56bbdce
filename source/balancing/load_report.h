// What a host says of its load along with a response (ORCA: xds.data.orca.v3.OrcaLoadReport).
#pragma once

#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace weir::balancing {

struct LoadReport {
  double requests_per_s = 0, errors_per_s = 0;  // 0: not said
  double application_utilization = 0, cpu_utilization = 0, memory_utilization = 0;
  // "named_metrics.x" or "utilization.x" and its value.
  absl::InlinedVector<std::pair<std::string, double>, 2> metrics;
};

}  // namespace weir::balancing
