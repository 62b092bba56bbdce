// Statistics structs for the tests of this folder, with every kind of metric and out of order.
#pragma once

#include <string>
#include <string_view>

#include "source/stats/selection.h"
#include "source/stats/stats.h"

namespace weir::test {

struct PearStats {
  stats::Histogram weight;
  stats::Counter picked_total;
  stats::Gauge hanging;
  stats::Counter upstream_rq_2xx;
  stats::Counter upstream_rq_5xx;
  stats::Counter upstream_rq_503;
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(PearStats, weight),          WEIR_METRIC(PearStats, picked_total),
      WEIR_METRIC(PearStats, hanging),         WEIR_METRIC(PearStats, upstream_rq_2xx),
      WEIR_METRIC(PearStats, upstream_rq_5xx), WEIR_METRIC(PearStats, upstream_rq_503)};
};

struct PlumStats {
  stats::Counter eaten_total;
  stats::Counter picked_total;
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(PlumStats, eaten_total),
                                               WEIR_METRIC(PlumStats, picked_total)};
};

// What `render` (RenderPlain, …) says, whole.
template <class Render>
std::string Rendered(Render render, const stats::Store& store,
                     const stats::Selection& selection = {}) {
  std::string text;
  render(store, selection, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace weir::test
