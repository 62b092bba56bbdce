// One cluster that a health discovery server has checked: its hosts, their checks, and what is told
// of them. It has nothing to do with a cluster of that name that serves, but for the statistics
// "cluster.NAME.health_check.", which they share. Main thread; the checks run on the workers'.
// Source: envoy.service.health.v3.ClusterHealthCheck.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "envoy/config/core/v3/health_check.pb.h"
#include "source/base/line_writer.h"
#include "source/config/faults.h"
#include "source/discovery/delegation_parser.h"
#include "source/discovery/delegation_report.h"
#include "source/health/active_checks.h"
#include "source/stats/stats.h"

namespace envoy::service::health::v3 {
class ClusterHealthCheck;
}

namespace weir::discovery {

class DelegatedCluster final : private health::ActiveChecks::Listener {
 public:
  struct Context {
    health::CheckThreads& threads;
    stats::Store& stats;
    base::LineWriter* log_writer;  // null: a cluster that wants a log of events is refused
  };
  // All of it outlives the cluster.
  explicit DelegatedCluster(const Context& context);
  ~DelegatedCluster();
  DelegatedCluster(const DelegatedCluster&) = delete;
  DelegatedCluster& operator=(const DelegatedCluster&) = delete;

  // What is to be checked from now on. A check that stays as it was goes on, with its connections;
  // of one that changes the hosts that stay keep what is known of them. False: faults say why, and
  // everything is as it was.
  bool Update(const envoy::service::health::v3::ClusterHealthCheck& proto, config::Faults& faults);

  size_t endpoint_count() const { return now_.endpoints.size(); }
  // By the place among the endpoints; of several checks the worst finding.
  envoy::config::core::v3::HealthStatus StatusOf(size_t endpoint) const;
  // An EndpointHealthResponse of this cluster alone, serialised, with the statuses of now.
  const std::string& Report();

 private:
  struct Check {
    std::shared_ptr<const health::HealthCheckConfig> config;
    std::vector<balancing::HostPtr> hosts;  // of the endpoints, in their order
    std::unique_ptr<health::ActiveChecks> active;
  };
  // What becomes of one check of the next definition.
  struct Plan {
    Check* former = nullptr;                              // whose hosts it takes over
    std::unique_ptr<const health::CheckedCluster> fresh;  // null: the former one goes on
  };

  // health::ActiveChecks::Listener: Report() looks for itself.
  void OnChecked(bool /*has_changed*/) override {}
  void OnEjectedPassed(balancing::Host& /*host*/) override {}

  // Empty: faults say why.
  std::vector<Plan> PlanFor(const Delegation& next, config::Faults& faults);
  // Null, likewise.
  std::unique_ptr<const health::CheckedCluster> Prepare(const Delegation& next, size_t check,
                                                        config::Faults& faults) const;
  Check Follow(Plan plan, const Delegation& next, size_t check);

  const Context context_;
  Delegation now_;
  std::vector<Check> checks_;
  DelegationReport report_;
};

}  // namespace weir::discovery
