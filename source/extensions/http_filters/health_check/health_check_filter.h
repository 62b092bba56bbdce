// Answers probes of this proxy: a load balancer's in front, or Kubernetes'. Source:
// envoy.extensions.filters.http.health_check.v3.
//
//   a probe ─┬─ the process wants no traffic (admin, drain) ─────────────► 503
//            ├─ pass_through_mode ─┬─ an answer is cached ───────────────► that status
//            │                     └─ else ───────────────────────────► the upstream, cached
//            └─ else ─┬─ each cluster has enough healthy hosts ──────────► 200
//                     └─ one has not ────────────────────────────────────► 503
//
// Requests that are no probes pass; while the process wants no traffic, their responses say so to
// a proxy in front. Probes are not counted as traffic, and access logs may leave them out. Worker's
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/clusters/cluster_manager.h"
#include "source/extensions/http_filters/health_check/probe_cache.h"
#include "source/filter/health_verdict.h"
#include "source/filter/http_filter.h"
#include "source/routing/request_matcher.h"

namespace weir::extensions::health_check {

struct HealthCheckSettings {
  struct Minimum {
    clusters::ClusterSlot* slot;
    double healthy_percent;
  };

  const filter::HealthVerdict* verdict = nullptr;  // null: all is well
  std::string own_cluster;                         // node.cluster; may be empty
  bool passes_through = false;
  std::shared_ptr<ProbeCache> cache;  // null: nothing is kept
  std::vector<Minimum> clusters;
  std::vector<routing::HeaderMatcher> headers;

  bool fails() const { return verdict != nullptr && verdict->fails(); }
};

class HealthCheckFilter final : public filter::HttpFilter {
 public:
  explicit HealthCheckFilter(const HealthCheckSettings& settings) : settings_(settings) {}

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::ResponseHead& head, bool ends_stream) override;

 private:
  struct Verdict {
    ProbeAnswer answer;
    std::string_view details;
  };

  static const Verdict kFails;

  bool IsProbe(const http::RequestHead& head) const;
  // None: the upstream is to answer.
  std::optional<Verdict> Judge();
  Verdict JudgeClusters() const;
  void Answer();
  void NameOwnCluster(http::ResponseHead& head) const;

  const HealthCheckSettings& settings_;
  bool is_probe_ = false;
  std::optional<Verdict> verdict_;  // told once the request is complete
};

}  // namespace weir::extensions::health_check
