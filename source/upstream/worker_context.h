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
  ClusterStats& stats;  // this worker's cells
  LocalCluster& owner;  // counted references keep all of these
};

}  // namespace weir::upstream
