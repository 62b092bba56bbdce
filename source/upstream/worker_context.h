// What everything that serves one cluster on one worker shares.
#pragma once

#include "source/event/loop.h"
#include "source/upstream/cluster.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/local_cluster.h"

namespace weir::upstream {

struct WorkerContext {
  event::Loop& loop;
  const Cluster& cluster;
  ClusterStats& stats;                  // this worker's cells
  LocalCluster& owner;                  // counted references keep all of these
  http2::Stats* http2_stats = nullptr;  // likewise this worker's; null where HTTP/2 is never spoken
};

}  // namespace weir::upstream
