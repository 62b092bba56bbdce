// Health discovery (HDS): a stream of its own to the control plane of hds_config, which says whom
// to ask whether they are well and how often it wants to hear of it. Each cluster is taken or
// refused by itself; of one that is refused the last good one goes on. Checks go on while there is
// no stream. Main thread; the checks run on the workers'. Source:
// envoy.service.health.v3.HealthDiscoveryService.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/base/line_writer.h"
#include "source/base/random.h"
#include "source/discovery/delegated_cluster.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/health/check_threads.h"
#include "source/rpc/bidi_stream.h"
#include "source/stats/stats.h"
#include "source/xds/control_plane_stream.h"

namespace envoy::service::health::v3 {
class ClusterHealthCheck;
class HealthCheckSpecifier;
}  // namespace envoy::service::health::v3

namespace weir::discovery {

// "hds_delegate", as Envoy calls it, and counts: a request is what the server says.
struct HealthDelegateStats {
  stats::Counter requests, responses;  // received, sent
  stats::Counter errors;               // streams that ended; requests of which something is refused
  stats::Counter updates;              // requests that changed something
  stats::Gauge clusters, endpoints;    // that are checked; ours
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(HealthDelegateStats, requests), WEIR_METRIC(HealthDelegateStats, responses),
      WEIR_METRIC(HealthDelegateStats, errors),   WEIR_METRIC(HealthDelegateStats, updates),
      WEIR_METRIC(HealthDelegateStats, clusters), WEIR_METRIC(HealthDelegateStats, endpoints)};
};

class HealthDelegate final : private xds::ControlPlaneStreamHandler {
 public:
  static constexpr int64_t kDefaultIntervalMs = 1000;
  // A server that wants to hear more often does not.
  static constexpr int64_t kLeastIntervalMs = 100;

  struct Context {
    event::Loop& main;
    const std::vector<event::Loop*>& workers;  // without any, the main loop checks
    stats::Store& stats;
    base::LineWriter* log_writer;  // null: clusters that want a log of events are refused
    base::Random& random;
  };
  // `node` is who we say that we are. It ends after the workers' threads and before their loops.
  HealthDelegate(const Context& context, const envoy::config::core::v3::Node& node,
                 std::vector<xds::ControlPlaneServer> servers);
  ~HealthDelegate();

  void Start() { stream_.Start(); }

 private:
  struct Entry {
    uint64_t hash = 0;  // of what the server said last of it
    // Of what it said that was good; null: nothing yet.
    std::unique_ptr<DelegatedCluster> cluster;
    bool is_named = false;  // in the request that is being followed
  };

  // xds::ControlPlaneStreamHandler
  void OnStreamOpen() override;
  void OnStreamDecoded(std::unique_ptr<rpc::Decoded> decoded) override;
  void OnStreamAllSent() override { is_sending_ = false; }
  void OnStreamEnd(const absl::Status& status) override;
  std::string ProbeRequest() override { return hello_; }

  // `hashes`: of its clusters.
  void Follow(envoy::service::health::v3::HealthCheckSpecifier& request,
              const std::vector<uint64_t>& hashes);
  void SetInterval(const envoy::service::health::v3::HealthCheckSpecifier& request);
  void Take(const envoy::service::health::v3::ClusterHealthCheck& proto, uint64_t hash, int index);
  void TakeNew(const envoy::service::health::v3::ClusterHealthCheck& proto, Entry& entry,
               config::Faults& faults);
  void ForgetUnnamed();
  void Refuse(const config::Faults& faults);
  void CountChecked();
  void Report();
  void Send(std::string bytes);

  event::Loop& main_;
  const std::string hello_;  // the first message of a stream
  const std::shared_ptr<stats::Group<HealthDelegateStats>> stats_;
  health::CheckThreads threads_;  // outlive the clusters
  const DelegatedCluster::Context cluster_context_;
  absl::flat_hash_map<std::string, Entry> entries_;  // by name
  std::vector<DelegatedCluster*> shown_;             // in the order of the last request
  int64_t interval_ms_ = kDefaultIntervalMs;
  // Of the request that is being followed.
  bool has_changed_ = false;
  bool has_refused_ = false;
  bool is_sending_ = false;  // a server that is slow to take a report hears of the next one later
  event::Timer report_timer_;
  xds::ControlPlaneStream stream_;
};

}  // namespace weir::discovery
