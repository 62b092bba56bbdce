// What the xDS benchmark measures at a proxy: how long until a fleet serves, how long until an edit
// takes effect, and whether traffic suffers while the configuration changes.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "test/bench/xds/fleet_control.h"
#include "test/bench/xds/probe.h"
#include "test/bench/xds/traffic.h"

namespace weir::bench {

// How an edit of one thing is told.
enum class Telling {
  kEndpoint,      // one changed endpoint, in an EDS response with its cluster alone
  kAllEndpoints,  // the same in a response with every cluster's endpoints
  kCluster,       // one changed cluster: the whole set of clusters, or what a delta has to say
};

struct ServingReport {
  bool is_serving = false;
  double serving_ms = 0;  // from the stream's opening
  uint64_t bytes = 0;     // sent by the control plane until then
};

struct EditReport {
  std::vector<double> ms;  // sorted
  int overdue = 0;         // edits that were not seen in time

  double Quantile(double fraction) const;
};

struct OrdersReport {
  TrafficReport traffic;
  int orders = 0;
  int overdue = 0;
  double worst_ms = 0;
};

struct ChurnPlan {
  double seconds = 1;
  double endpoints_per_s = 100, clusters_per_s = 10, listeners_per_s = 1;
};

class Trials {
 public:
  // `connections`: that an edit has to be seen on. All outlive the trials.
  Trials(FleetControl& control, const FleetPlan& plan, int connections);

  // Waits until the last cluster and a sample of the others answer.
  ServingReport WaitUntilServing(double patience_s);
  EditReport MeasureEdits(Telling telling, int count);
  TrafficReport Churn(const ChurnPlan& churn, const TrafficPlan& traffic);
  // `count` times a route moves to a new cluster and the old one goes, all four kinds told in a
  // random order with random pauses between them.
  OrdersReport ShuffleOrders(int count, const TrafficPlan& traffic);

 private:
  int Draw();
  // Milliseconds until every connection sees the edit; negative: it did not in time.
  double TimeUntilSeen(const Edit& edit, uint64_t began_ns);

  FleetControl& control_;
  const FleetPlan plan_;
  std::vector<int> probed_;
  std::vector<Probe> probes_;
  std::minstd_rand random_{1};
};

}  // namespace weir::bench
