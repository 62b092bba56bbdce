#include "source/extensions/http_filters/health_check/health_check_filter.h"

#include <algorithm>

namespace weir::extensions::health_check {

namespace {

using filter::FilterStatus;

constexpr int kUnhealthy = 503;
constexpr std::string_view kHealthCheckedCluster = "x-envoy-upstream-healthchecked-cluster";
constexpr std::string_view kImmediateFail = "x-envoy-immediate-health-check-fail";
constexpr std::string_view kDegraded = "x-envoy-degraded";

}  // namespace

constexpr HealthCheckFilter::Verdict HealthCheckFilter::kFails{{kUnhealthy}, "health_check_failed"};

bool HealthCheckFilter::IsProbe(const http::RequestHead& head) const {
  return std::all_of(settings_.headers.begin(), settings_.headers.end(),
                     [&head](const routing::HeaderMatcher& one) { return one.Matches(head); });
}

FilterStatus HealthCheckFilter::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  is_probe_ = IsProbe(head);
  if (!is_probe_) return FilterStatus::kContinue;
  stream().info().is_health_check = true;
  verdict_ = Judge();
  if (!verdict_.has_value()) return FilterStatus::kContinue;
  if (ends_stream) Answer();
  return FilterStatus::kPause;
}

FilterStatus HealthCheckFilter::OnRequestBody(base::Buffer& body, bool ends_stream) {
  if (!verdict_.has_value()) return FilterStatus::kContinue;
  body.Clear();
  if (ends_stream) Answer();
  return FilterStatus::kPause;
}

FilterStatus HealthCheckFilter::OnRequestTrailers(http::HeaderMap&) {
  if (!verdict_.has_value()) return FilterStatus::kContinue;
  Answer();
  return FilterStatus::kPause;
}

std::optional<HealthCheckFilter::Verdict> HealthCheckFilter::Judge() {
  if (settings_.fails()) return kFails;
  if (!settings_.passes_through) return JudgeClusters();
  if (settings_.cache == nullptr) return std::nullopt;
  const auto cached = settings_.cache->Find(stream().loop().now_ns());
  if (!cached.has_value()) return std::nullopt;
  return Verdict{*cached, "health_check_cached"};
}

HealthCheckFilter::Verdict HealthCheckFilter::JudgeClusters() const {
  for (const HealthCheckSettings::Minimum& minimum : settings_.clusters) {
    upstream::LocalCluster* const cluster = minimum.slot->Here();
    if (cluster == nullptr) return {{kUnhealthy}, "health_check_failed_cluster_not_found"};
    const upstream::HostCounts counts = cluster->host_counts();
    if (counts.total == 0 && minimum.healthy_percent > 0) {
      return {{kUnhealthy}, "health_check_failed_cluster_empty"};
    }
    const double usable = 100.0 * (counts.healthy + counts.degraded);
    if (usable < minimum.healthy_percent * counts.total) {
      return {{kUnhealthy}, "health_check_failed_cluster_unhealthy"};
    }
  }
  return {{}, "health_check_ok"};
}

// A drain may have begun since the head came.
void HealthCheckFilter::Answer() {
  if (settings_.fails()) verdict_ = kFails;
  const int status = verdict_->answer.status;
  if (status < 200 || status > 299) {
    stream().info().flags.Set(filter::ResponseFlag::kFailedLocalHealthCheck);
  }
  stream().ReplyLocally(status, "", verdict_->details, [&](http::ResponseHead& head) {
    NameOwnCluster(head);
    if (verdict_->answer.is_degraded) head.headers.Set(kDegraded, "true");
  });
}

void HealthCheckFilter::NameOwnCluster(http::ResponseHead& head) const {
  if (settings_.own_cluster.empty()) return;
  head.headers.Set(kHealthCheckedCluster, settings_.own_cluster);
}

FilterStatus HealthCheckFilter::OnResponseHead(http::ResponseHead& head, bool) {
  if (is_probe_) {
    const bool is_degraded = head.headers.Find(kDegraded) != nullptr;
    if (settings_.cache != nullptr && !verdict_.has_value()) {
      settings_.cache->Store({head.status, is_degraded}, stream().loop().now_ns());
    }
    NameOwnCluster(head);
  } else if (settings_.fails()) {
    head.headers.Set(kImmediateFail, "true");
  }
  return FilterStatus::kContinue;
}

}  // namespace weir::extensions::health_check
