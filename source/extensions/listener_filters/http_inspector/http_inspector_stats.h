// What HTTP inspectors count, all of them together: "http_inspector.…", Envoy's names.
#pragma once

#include "source/stats/stats.h"

namespace weir::extensions::http_inspector {

struct HttpInspectorStats {
  stats::Counter http10_found, http11_found, http2_found, http_not_found;

#define WEIR_M(field) WEIR_METRIC(HttpInspectorStats, field)
  static constexpr stats::Metric kMetrics[] = {WEIR_M(http10_found), WEIR_M(http11_found),
                                               WEIR_M(http2_found), WEIR_M(http_not_found)};
#undef WEIR_M
};

}  // namespace weir::extensions::http_inspector
