// Load reporting (LRS): a stream of its own to the control plane of
// cluster_manager.load_stats_config, which says what it wants to hear of and how often. Reports of
// many clusters are made and sent in slices, so that no turn of the loop is long. Main thread.
// Source: envoy.service.load_stats.v3.LoadReportingService.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envoy/config/core/v3/base.pb.h"
#include "source/base/random.h"
#include "source/clusters/cluster_manager.h"
#include "source/discovery/load_ledger.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/stats/stats.h"
#include "source/xds/control_plane_stream.h"

namespace envoy::service::load_stats::v3 {
class LoadStatsResponse;
}

namespace weir::discovery {

// "load_reporter", as Envoy calls it.
struct LoadReporterStats {
  stats::Counter requests, responses, errors;  // sent, received, streams that ended
  stats::Counter retries;                      // streams tried after another
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(LoadReporterStats, requests), WEIR_METRIC(LoadReporterStats, responses),
      WEIR_METRIC(LoadReporterStats, errors), WEIR_METRIC(LoadReporterStats, retries)};
};

class LoadReporter final : private xds::ControlPlaneStreamHandler {
 public:
  struct Context {
    event::Loop& main;
    stats::Store& stats;
    const clusters::ClusterManager& clusters;
    base::Random& random;
  };
  // `node` is who we say that we are.
  LoadReporter(const Context& context, envoy::config::core::v3::Node node,
               std::vector<xds::ControlPlaneServer> servers);
  ~LoadReporter();

  void Start() { stream_.Start(); }

 private:
  void OnStreamOpen() override;
  void OnStreamMessage(std::string bytes) override;
  void OnStreamEnd(const absl::Status& status) override;
  std::string ProbeRequest() override { return Hello(); }

  std::string Hello() const;
  void Follow(const envoy::service::load_stats::v3::LoadStatsResponse& wishes);
  void BeginReport();
  void ReportSlice();
  int64_t NowUs() const;

  const Context context_;
  const envoy::config::core::v3::Node node_;
  const std::shared_ptr<stats::Group<LoadReporterStats>> stats_;
  LoadLedger ledger_;
  std::vector<std::string> named_;  // that the server asks for
  bool wants_all_ = false;
  bool by_endpoint_ = false;
  int64_t interval_ms_ = 0;
  std::vector<std::string> pending_;  // of the report that is being made
  event::Timer report_timer_;
  // What posted work holds of us, weakly.
  const std::shared_ptr<LoadReporter*> self_;
  xds::ControlPlaneStream stream_;
};

}  // namespace weir::discovery
