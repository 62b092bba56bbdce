// Tested by test/integration/load_report_test.py
#include "source/discovery/load_reporter.h"

#include <algorithm>
#include <utility>

#include "envoy/service/load_stats/v3/lrs.pb.h"
#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::discovery {

namespace {

using envoy::service::load_stats::v3::LoadStatsRequest;
using envoy::service::load_stats::v3::LoadStatsResponse;

constexpr char kMethod[] = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";
// Lets servers use LoadStatsResponse.send_all_clusters.
constexpr char kSendAllFeature[] = "envoy.lrs.supports_send_all_clusters";
// A server that says nothing sensible of the interval.
constexpr int64_t kLeastIntervalMs = 100;
constexpr size_t kClustersPerTurn = 200;

xds::ControlPlaneStream::Options StreamOptions() {
  xds::ControlPlaneStream::Options options;
  options.method = kMethod;
  return options;
}

envoy::config::core::v3::Node WithFeature(envoy::config::core::v3::Node node) {
  node.add_client_features(kSendAllFeature);
  return node;
}

}  // namespace

LoadReporter::LoadReporter(const Context& context, envoy::config::core::v3::Node node,
                           std::vector<xds::ControlPlaneServer> servers)
    : context_(context),
      node_(WithFeature(std::move(node))),
      stats_(context.stats.AddGroup<LoadReporterStats>("load_reporter")),
      report_timer_(context.main, [this] { BeginReport(); }),
      self_(std::make_shared<LoadReporter*>(this)),
      stream_(context.main, StreamOptions(), std::move(servers), context.random, *this) {}

LoadReporter::~LoadReporter() = default;

int64_t LoadReporter::NowUs() const { return context_.main.clock().MonotonicNs() / 1000; }

std::string LoadReporter::Hello() const {
  LoadStatsRequest hello;
  *hello.mutable_node() = node_;
  return hello.SerializeAsString();
}

void LoadReporter::OnStreamOpen() {
  stream_.Send(Hello());
  stats_->Here().requests.Add();
}

void LoadReporter::OnStreamMessage(std::string bytes) {
  LoadStatsResponse wishes;
  if (!wishes.ParseFromString(bytes)) {
    stream_.Disconnect(absl::InternalError("a message of the load reporting server is unreadable"));
    return;
  }
  stats_->Here().responses.Add();
  Follow(wishes);
}

void LoadReporter::OnStreamEnd(const absl::Status& status) {
  WEIR_LOG(kWarning, "upstream", "the load reporting stream ended: ", status.ToString());
  stats_->Here().errors.Add();
  stats_->Here().retries.Add();
  report_timer_.Cancel();
  pending_.clear();
}

void LoadReporter::Follow(const LoadStatsResponse& wishes) {
  std::vector<std::string> named(wishes.clusters().begin(), wishes.clusters().end());
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  wants_all_ = wishes.send_all_clusters();
  by_endpoint_ = wishes.report_endpoint_granularity();
  for (const std::string& name : named_) {
    if (!wants_all_ && !std::binary_search(named.begin(), named.end(), name)) ledger_.Close(name);
  }
  named_ = std::move(named);
  for (const std::string& name : wants_all_ ? context_.clusters.LiveNames() : named_) {
    ledger_.Open(name, context_.clusters.View(name).get(), NowUs());
  }
  const auto& interval = wishes.load_reporting_interval();
  interval_ms_ =
      std::max<int64_t>(interval.seconds() * 1000 + interval.nanos() / 1'000'000, kLeastIntervalMs);
  pending_.clear();
  report_timer_.Arm(interval_ms_);
}

void LoadReporter::BeginReport() {
  report_timer_.Arm(interval_ms_);
  if (!pending_.empty()) return;  // the last one is still being made
  pending_ = named_;
  if (wants_all_) {
    // Clusters that went may still have something to tell.
    for (const std::string& name : context_.clusters.LiveNames())
      ledger_.Open(name, nullptr, NowUs());
    pending_ = ledger_.Clusters();
  }
  ReportSlice();
}

void LoadReporter::ReportSlice() {
  if (pending_.empty()) return;  // the stream ended, or wants something else
  LoadStatsRequest report;
  const size_t end = pending_.size() - std::min(pending_.size(), kClustersPerTurn);
  for (; pending_.size() > end; pending_.pop_back()) {
    const std::string& name = pending_.back();
    const std::shared_ptr<const clusters::ClusterView> view = context_.clusters.View(name);
    if (ledger_.Report(name, view.get(), NowUs(), by_endpoint_, *report.add_cluster_stats())) {
      continue;
    }
    report.mutable_cluster_stats()->RemoveLast();
    if (wants_all_) ledger_.Close(name);
  }
  stream_.Send(report.SerializeAsString());
  stats_->Here().requests.Add();
  if (pending_.empty()) return;
  context_.main.Post([self = std::weak_ptr<LoadReporter*>(self_)] {
    if (const auto reporter = self.lock()) (*reporter)->ReportSlice();
  });
}

}  // namespace weir::discovery
