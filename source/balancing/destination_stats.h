// What clusters of type ORIGINAL_DST alone count: "cluster.NAME.…".
#pragma once

#include <memory>

#include "source/stats/stats.h"

namespace weir::balancing {

struct DestinationStats {
  stats::Counter original_dst_host_invalid;   // a header with something else than an address
  stats::Counter original_dst_host_overflow;  // refused: there are too many hosts

  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(DestinationStats, original_dst_host_invalid),
      WEIR_METRIC(DestinationStats, original_dst_host_overflow)};
};

using DestinationStatsGroup = std::shared_ptr<stats::Group<DestinationStats>>;

}  // namespace weir::balancing
