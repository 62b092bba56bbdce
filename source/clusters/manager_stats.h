// Tested by test/clusters/cluster_registry_test.cc.
//
// What all clusters together count, under Envoy's names: "cluster_manager.…".
#pragma once

#include "source/stats/stats.h"

namespace weir::clusters {

// A cluster is added or modified when its definition is accepted, removed when it has gone, updated
// when its hosts or their health change. Warming are those with a definition that is not live yet;
// one that will replace a live one leaves its cluster active as well.
struct ManagerStats {
  stats::Counter cluster_added, cluster_modified, cluster_removed, cluster_updated;
  stats::Gauge active_clusters, warming_clusters;
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(ManagerStats, cluster_added),   WEIR_METRIC(ManagerStats, cluster_modified),
      WEIR_METRIC(ManagerStats, cluster_removed), WEIR_METRIC(ManagerStats, cluster_updated),
      WEIR_METRIC(ManagerStats, active_clusters), WEIR_METRIC(ManagerStats, warming_clusters)};
};
}  // namespace weir::clusters
