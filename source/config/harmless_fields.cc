#include "source/config/harmless_fields.h"

#include <algorithm>
#include <string>

#include "source/base/strings.h"

namespace weir::config {

namespace {

struct Group {
  std::string_view message;
  std::vector<std::string_view> fields;
};

// Add a field only with a thought for who relies on it: a control plane is told "accepted".
const Group kGroups[] = {
    {"envoy.config.cluster.v3.CircuitBreakers.Thresholds", {"max_connection_pools"}},
    {"envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget", {"budget_interval"}},
    {"envoy.config.cluster.v3.Cluster",
     {"lrs_report_endpoint_metrics", "lrs_server", "preconnect_policy", "stats_matcher",
      "track_cluster_stats", "track_timeout_budgets"}},
    {"envoy.config.cluster.v3.UpstreamConnectionOptions",
     {"happy_eyeballs_config", "set_local_interface_name_on_upstream_connections"}},
    {"envoy.config.core.v3.ApiConfigSource", {"rate_limit_settings"}},
    {"envoy.config.core.v3.GrpcService", {"retry_policy"}},
    {"envoy.config.core.v3.GrpcService.EnvoyGrpc",
     {"max_receive_message_length", "retry_policy", "skip_envoy_headers"}},
    {"envoy.config.core.v3.GrpcService.GoogleGrpc", {"per_stream_buffer_limit_bytes"}},
    {"envoy.config.core.v3.Http1ProtocolOptions",
     {"header_key_format", "override_stream_error_on_invalid_http_message", "use_balsa_parser"}},
    {"envoy.config.core.v3.Http2ProtocolOptions", {"enable_huffman_encoding", "use_oghttp2_codec"}},
    {"envoy.config.core.v3.HttpProtocolOptions", {"max_connection_duration_jitter"}},
    {"envoy.config.core.v3.SubstitutionFormatString", {"json_format_options"}},
    {"envoy.config.endpoint.v3.Endpoint", {"additional_addresses", "observability_name"}},
    {"envoy.config.endpoint.v3.LocalityLbEndpoints", {"metadata", "proximity"}},
    {"envoy.config.listener.v3.FilterChain", {"metadata"}},
    {"envoy.config.listener.v3.Listener",
     {"bypass_overload_manager", "connection_balance_config", "drain_type", "enable_mptcp",
      "ignore_global_conn_limit", "metadata", "per_connection_buffer_high_watermark_timeout",
      "stats_matcher", "tcp_keepalive", "traffic_direction"}},
    {"envoy.config.listener.v3.AdditionalAddress", {"tcp_keepalive"}},
    {"envoy.config.route.v3.RetryPolicy",
     {"rate_limited_retry_back_off", "refresh_cluster_on_retry", "retry_options_predicates"}},
    {"envoy.config.route.v3.Route",
     {"decorator", "per_request_buffer_limit_bytes", "request_body_buffer_limit", "tracing"}},
    {"envoy.config.route.v3.RouteAction",
     {"cors", "early_data_policy", "flush_timeout", "hedge_policy", "include_vh_rate_limits",
      "rate_limits"}},
    {"envoy.config.route.v3.VirtualHost",
     {"cors", "hedge_policy", "include_is_timeout_retry_header", "per_request_buffer_limit_bytes",
      "rate_limits", "request_body_buffer_limit", "virtual_clusters"}},
    {"envoy.config.route.v3.WeightedCluster", {"runtime_key_prefix"}},
    // Nothing here reads filter state.
    {"envoy.extensions.filters.http.grpc_stats.v3.FilterConfig", {"emit_filter_state"}},
    {"envoy.extensions.filters.http.router.v3.Router",
     {"start_child_span", "suppress_grpc_request_failure_code_stats", "upstream_log",
      "upstream_log_options"}},
    {"envoy.extensions.filters.http.stateful_session.v3.StatefulSession", {"stat_prefix"}},
    // Nothing here reads fingerprints.
    {"envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
     {"enable_ja3_fingerprinting", "enable_ja4_fingerprinting", "initial_read_buffer_size"}},
    {"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
     {"access_log_flush_interval", "access_log_options", "add_user_agent", "append_local_overload",
      "drain_timeout_jitter", "flush_access_log_on_new_request",
      "http1_safe_max_connection_duration", "http3_protocol_options", "proxy_status_config",
      "record_route_resolution_stats", "request_id_extension", "stream_flush_timeout", "tracing"}},
    {"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
     {"access_log_flush_interval", "access_log_options", "backoff_options", "check_drain_close",
      "flush_access_log_on_connected", "max_downstream_connection_duration_jitter_percentage"}},
    {"envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
     {"edns0_max_payload_size", "filter_unroutable_families", "max_udp_channel_duration",
      "qcache_max_ttl", "query_timeout_seconds", "query_tries", "reinit_channel_on_timeout",
      "rotate_nameservers", "udp_max_queries"}},
};

std::vector<std::string>* BuildList() {
  auto* list = new std::vector<std::string>;
  for (const Group& group : kGroups) {
    for (const std::string_view field : group.fields) {
      list->push_back(base::StrCat(group.message, ".", field));
    }
  }
  std::sort(list->begin(), list->end());
  return list;
}

}  // namespace

bool IsHarmlessField(std::string_view message, std::string_view field) {
  const std::vector<std::string>& fields = HarmlessFields();
  return std::binary_search(fields.begin(), fields.end(), base::StrCat(message, ".", field));
}

const std::vector<std::string>& HarmlessFields() {
  static const auto* const fields = BuildList();
  return *fields;
}

}  // namespace weir::config
