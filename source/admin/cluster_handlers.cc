// Tested by test/admin/admin_handlers_test.cc.
#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "envoy/admin/v3/clusters.pb.h"
#include "envoy/admin/v3/listeners.pb.h"
#include "source/admin/admin_handlers.h"
#include "source/balancing/host_activity.h"
#include "source/balancing/probe_report.h"
#include "source/base/clock.h"
#include "source/base/strings.h"
#include "source/config/load.h"

namespace weir::admin {

namespace {

namespace v3 = envoy::admin::v3;
using balancing::EdsHealth;
using balancing::HealthFlag;
using balancing::HostActivity;
using balancing::ProbeReport;

void FillAddress(const net::Address& address, envoy::config::core::v3::Address& proto) {
  if (address.is_pipe()) {
    proto.mutable_pipe()->set_path(address.ToString());
    return;
  }
  proto.mutable_socket_address()->set_address(address.IpString());
  proto.mutable_socket_address()->set_port_value(address.port());
}

uint64_t CountOf(const balancing::Host& host, std::atomic<uint64_t> HostActivity::*counter) {
  const HostActivity* const activity = host.activity_if_any();
  return activity == nullptr ? 0 : (activity->*counter).load(std::memory_order_relaxed);
}

// Envoy's counters of a host, in its order.
struct HostCounter {
  const char* name;
  bool is_gauge;
  uint64_t (*value)(const balancing::Host&);
};
constexpr HostCounter kHostCounters[] = {
    {"cx_active", true,
     [](const balancing::Host& host) -> uint64_t {
       return host.active_connections.load(std::memory_order_relaxed);
     }},
    {"cx_connect_fail", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::connect_failures); }},
    {"cx_total", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::connects_total); }},
    {"rq_active", true,
     [](const balancing::Host& host) -> uint64_t {
       return host.active_requests.load(std::memory_order_relaxed);
     }},
    {"rq_error", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::requests_error); }},
    {"rq_success", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::requests_success); }},
    {"rq_timeout", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::requests_timeout); }},
    {"rq_total", false,
     [](const balancing::Host& host) { return CountOf(host, &HostActivity::requests_total); }},
};

const char* EdsHealthText(EdsHealth health) {
  switch (health) {
    case EdsHealth::kHealthy:
      return "";
    case EdsHealth::kDegraded:
      return "/eds_status_degraded";
    case EdsHealth::kUnhealthy:
      return "/failed_eds_health";
    case EdsHealth::kDraining:
      return "/eds_status_draining";
  }
  return "";
}

// One that was never checked may be left out of account for that alone.
bool HasAskedForExclusion(const balancing::Host& host) {
  return host.has(HealthFlag::kExcluded) && !host.has(HealthFlag::kPendingActiveCheck);
}

// Envoy's names of all that keeps it from its share; "healthy" when nothing does.
std::string HealthText(const balancing::Host& host) {
  std::string text;
  const std::pair<HealthFlag, const char*> names[] = {
      {HealthFlag::kFailedActiveCheck, "/failed_active_hc"},
      {HealthFlag::kFailedOutlierCheck, "/failed_outlier_check"},
      {HealthFlag::kDegradedActiveCheck, "/degraded_active_hc"},
      {HealthFlag::kPendingActiveCheck, "/pending_active_hc"}};
  for (const auto& [flag, name] : names) {
    if (host.has(flag)) text += name;
  }
  if (HasAskedForExclusion(host)) text += "/excluded_via_immediate_hc_fail";
  text += EdsHealthText(host.eds_health());
  return text.empty() ? "healthy" : text;
}

balancing::HostMonitor::SuccessRates RatesOf(const balancing::Host& host) {
  const balancing::HostMonitor* const monitor = host.monitor();
  return monitor == nullptr ? balancing::HostMonitor::SuccessRates() : monitor->success_rates();
}

// Of an ejected host, when at the latest it is looked at again.
int64_t EjectedMsLeft(const balancing::Host& host) {
  const balancing::HostMonitor* const monitor = host.monitor();
  if (monitor == nullptr || !host.has(balancing::HealthFlag::kFailedOutlierCheck)) return 0;
  const int64_t now_ms = base::Clock::System().MonotonicNs() / 1'000'000;
  return std::max<int64_t>(0, monitor->ejected_until_ms() - now_ms);
}

ProbeReport LastProbeOf(const balancing::Host& host) {
  const HostActivity* const activity = host.activity_if_any();
  if (activity == nullptr) return {};
  return ProbeReport::Unpack(activity->last_probe.load(std::memory_order_relaxed));
}

envoy::config::core::v3::HealthStatus HealthProto(EdsHealth health) {
  switch (health) {
    case EdsHealth::kHealthy:
      return envoy::config::core::v3::HEALTHY;
    case EdsHealth::kDegraded:
      return envoy::config::core::v3::DEGRADED;
    case EdsHealth::kUnhealthy:
      return envoy::config::core::v3::UNHEALTHY;
    case EdsHealth::kDraining:
      return envoy::config::core::v3::DRAINING;
  }
  return envoy::config::core::v3::UNKNOWN;
}

// What only some hosts have, and only at times.
using PassingMetrics = absl::InlinedVector<std::pair<const char*, uint64_t>, 4>;

PassingMetrics PassingMetricsOf(const balancing::Host& host) {
  PassingMetrics metrics;
  const balancing::HostActivity* const activity = host.activity_if_any();
  if (activity == nullptr) return metrics;
  if (const ProbeReport probe = LastProbeOf(host); probe != ProbeReport()) {
    metrics.emplace_back("last_health_check_us", probe.latency_us);
  }
  const uint8_t slow_start = activity->slow_start_percent.load(std::memory_order_relaxed);
  if (slow_start < 100) metrics.emplace_back("slow_start_percent", slow_start);
  if (const double reported = activity->reported_weight.newest(); reported > 0) {
    metrics.emplace_back("reported_weight", static_cast<uint64_t>(reported));
  }
  return metrics;
}

template <class Line>
void PrintOutliers(const health::ClusterSuccessRates& rates, const Line& line) {
  const char* const names[health::kOrigins] = {"success_rate", "local_origin_success_rate"};
  for (size_t i = 0; i < health::kOrigins; ++i) {
    line("outlier::", names[i], "_average::", rates.mean[i].load(std::memory_order_relaxed));
    line("outlier::", names[i],
         "_ejection_threshold::", rates.threshold[i].load(std::memory_order_relaxed));
  }
}

void PrintCluster(const clusters::ClusterView& view, Sink sink) {
  const upstream::ClusterConfig& config = *view.config;
  const auto line = [&](const auto&... parts) {
    sink(base::StrCat(config.name, "::", parts..., "\n"));
  };
  line("observability_name::", config.stat_name());
  const char* const priorities[] = {"default_priority", "high_priority"};
  for (int i = 0; i < 2; ++i) {
    const upstream::BreakerLimits& limits = config.options->breakers[i];
    line(priorities[i], "::max_connections::", limits.max_connections);
    line(priorities[i], "::max_pending_requests::", limits.max_pending_requests);
    line(priorities[i], "::max_requests::", limits.max_requests);
    line(priorities[i], "::max_retries::", limits.max_retries);
  }
  line("added_via_api::", view.added_via_api ? "true" : "false");
  if (!config.eds_service_name.empty()) {
    line("eds_service_name::", config.eds_service_name.view());
  }
  if (view.success_rates != nullptr) PrintOutliers(*view.success_rates, line);
  const auto print_host = [&](const balancing::Host& host, std::string_view health,
                              uint32_t priority) {
    const std::string& address = host.address_text();
    for (const HostCounter& counter : kHostCounters) {
      line(address, "::", counter.name, "::", counter.value(host));
    }
    line(address, "::hostname::", host.hostname());
    line(address, "::health_flags::", health);
    if (const ProbeReport probe = LastProbeOf(host); probe != ProbeReport()) {
      line(address, "::last_health_check::", probe.ToText());
    }
    line(address, "::weight::", host.weight());
    for (const auto& [name, value] : PassingMetricsOf(host)) {
      line(address, "::", name, "::", value);
    }
    line(address, "::region::", host.locality().region);
    line(address, "::zone::", host.locality().zone);
    line(address, "::sub_zone::", host.locality().sub_zone);
    line(address, "::priority::", priority);
    const balancing::HostMonitor::SuccessRates rates = RatesOf(host);
    line(address, "::success_rate::", rates.external);
    line(address, "::local_origin_success_rate::", rates.local);
    if (const int64_t left_ms = EjectedMsLeft(host)) {
      line(address, "::ejected_ms_left::", left_ms);
    }
  };
  for (const clusters::HostView& row : view.hosts) {
    print_host(*row.host, HealthText(*row.host), row.priority);
  }
  for (const balancing::HostPtr& host : view.draining) {
    print_host(*host, "/pending_dynamic_removal", 0);
  }
}

void FillHealth(const balancing::Host& host, v3::HostHealthStatus& proto) {
  proto.set_eds_health_status(HealthProto(host.eds_health()));
  proto.set_failed_active_health_check(host.has(HealthFlag::kFailedActiveCheck));
  proto.set_failed_outlier_check(host.has(HealthFlag::kFailedOutlierCheck));
  proto.set_failed_active_degraded_check(host.has(HealthFlag::kDegradedActiveCheck));
  proto.set_pending_active_hc(host.has(HealthFlag::kPendingActiveCheck));
  proto.set_excluded_via_immediate_hc_fail(HasAskedForExclusion(host));
  const ProbeReport probe = LastProbeOf(host);
  proto.set_active_hc_timeout(probe.answer == balancing::ProbeAnswer::kTimeout);
}

void FillHost(const balancing::Host& host, v3::HostStatus& proto) {
  FillAddress(host.address(), *proto.mutable_address());
  for (const HostCounter& counter : kHostCounters) {
    auto& metric = *proto.add_stats();
    metric.set_name(counter.name);
    metric.set_value(counter.value(host));
    metric.set_type(counter.is_gauge ? v3::SimpleMetric::GAUGE : v3::SimpleMetric::COUNTER);
  }
  for (const auto& [name, value] : PassingMetricsOf(host)) {
    auto& metric = *proto.add_stats();
    metric.set_name(name);
    metric.set_value(value);
    metric.set_type(v3::SimpleMetric::GAUGE);
  }
  FillHealth(host, *proto.mutable_health_status());
  const balancing::HostMonitor::SuccessRates rates = RatesOf(host);
  if (rates.external >= 0) proto.mutable_success_rate()->set_value(rates.external);
  if (rates.local >= 0) proto.mutable_local_origin_success_rate()->set_value(rates.local);
  proto.set_weight(host.weight());
  proto.set_hostname(host.hostname());
  proto.mutable_locality()->set_region(host.locality().region);
  proto.mutable_locality()->set_zone(host.locality().zone);
  proto.mutable_locality()->set_sub_zone(host.locality().sub_zone);
}

void FillThresholds(const health::ClusterSuccessRates& rates, v3::ClusterStatus& proto) {
  const double external = rates.threshold[0].load(std::memory_order_relaxed);
  const double local = rates.threshold[1].load(std::memory_order_relaxed);
  if (external >= 0) proto.mutable_success_rate_ejection_threshold()->set_value(external);
  if (local >= 0) proto.mutable_local_origin_success_rate_ejection_threshold()->set_value(local);
}

void RenderClustersJson(const clusters::ClusterManager& clusters, Sink sink) {
  v3::Clusters proto;
  for (const auto& view : clusters.Clusters()) {
    auto& status = *proto.add_cluster_statuses();
    status.set_name(view->config->name);
    status.set_added_via_api(view->added_via_api);
    status.set_observability_name(std::string(view->config->stat_name()));
    status.set_eds_service_name(std::string(view->config->eds_service_name.view()));
    if (view->success_rates != nullptr) FillThresholds(*view->success_rates, status);
    for (const clusters::HostView& row : view->hosts) {
      v3::HostStatus& host = *status.add_host_statuses();
      FillHost(*row.host, host);
      host.set_priority(row.priority);
    }
    for (const balancing::HostPtr& draining : view->draining) {
      v3::HostStatus& host = *status.add_host_statuses();
      FillHost(*draining, host);
      host.mutable_health_status()->set_pending_dynamic_removal(true);
    }
  }
  sink(config::ToJson(proto));
  sink("\n");
}

AdminReply AnswerClusters(const clusters::ClusterManager& clusters, const AdminRequest& request) {
  AdminReply reply;
  if (request.Get("format") == "json") {
    reply.content_type = "application/json";
    reply.render = [&clusters](Sink sink, const std::atomic<bool>&) {
      RenderClustersJson(clusters, sink);
    };
  } else {
    reply.render = [&clusters](Sink sink, const std::atomic<bool>& is_abandoned) {
      for (const auto& view : clusters.Clusters()) {
        if (is_abandoned) return;
        PrintCluster(*view, sink);
      }
    };
  }
  return reply;
}

AdminReply AnswerListeners(const std::vector<ListenerRow>& rows, const AdminRequest& request) {
  if (request.Get("format") == "json") {
    v3::Listeners proto;
    for (const ListenerRow& row : rows) {
      auto& status = *proto.add_listener_statuses();
      status.set_name(row.name);
      FillAddress(row.addresses.front(), *status.mutable_local_address());
      for (size_t i = 1; i < row.addresses.size(); ++i) {
        FillAddress(row.addresses[i], *status.add_additional_local_addresses());
      }
    }
    return JsonReply(config::ToJson(proto) + "\n");
  }
  AdminReply reply;
  for (const ListenerRow& row : rows) {
    for (const net::Address& address : row.addresses) {
      absl::StrAppend(&reply.text, row.name, "::", address.ToString(), "\n");
    }
  }
  return reply;
}

}  // namespace

void AddClusterHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  const clusters::ClusterManager& clusters = *sources.clusters;
  handlers.push_back(
      {"/clusters", "clusters and their hosts (?format=json)", false,
       [&clusters](const AdminRequest& request) { return AnswerClusters(clusters, request); }});
  handlers.push_back({"/listeners", "listeners and where they listen (?format=json)", false,
                      [listeners = sources.listeners](const AdminRequest& request) {
                        return AnswerListeners(listeners(), request);
                      }});
}

}  // namespace weir::admin
