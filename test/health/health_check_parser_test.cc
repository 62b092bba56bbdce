#include "source/health/health_check_parser.h"

#include <gtest/gtest.h>

#include "envoy/config/core/v3/health_check.pb.h"
#include "source/config/load.h"

namespace weir::health {
namespace {

constexpr std::string_view kTimes =
    "timeout: 1s\ninterval: 2s\nunhealthy_threshold: 3\nhealthy_threshold: 2\n";

std::shared_ptr<const HealthCheckConfig> Parse(const std::string& yaml, std::string* text) {
  envoy::config::core::v3::HealthCheck proto;
  config::Faults faults;
  config::LoadText(std::string(kTimes) + yaml, proto, faults);
  auto config = faults.ok() ? ParseHealthCheck(proto, faults) : nullptr;
  *text = faults.ToString();
  return config;
}

HealthCheckConfig Good(const std::string& yaml) {
  std::string text;
  const auto config = Parse(yaml, &text);
  EXPECT_NE(config, nullptr) << text;
  return config == nullptr ? HealthCheckConfig() : *config;
}

std::string Bad(const std::string& yaml) {
  std::string text;
  EXPECT_EQ(Parse(yaml, &text), nullptr) << yaml;
  return text;
}

TEST(HealthCheckParser, DefaultsFollowTheInterval) {
  const HealthCheckConfig config = Good("http_health_check: {path: /healthz}");
  EXPECT_EQ(config.kind, CheckKind::kHttp);
  EXPECT_EQ(config.timeout_ms, 1000);
  EXPECT_EQ(config.interval_ms, 2000);
  EXPECT_EQ(config.unhealthy_interval_ms, 2000);
  EXPECT_EQ(config.unhealthy_edge_interval_ms, 2000);
  EXPECT_EQ(config.healthy_edge_interval_ms, 2000);
  EXPECT_EQ(config.no_traffic_interval_ms, 60'000);
  EXPECT_EQ(config.no_traffic_healthy_interval_ms, 60'000);
  EXPECT_EQ(config.unhealthy_threshold, 3U);
  EXPECT_EQ(config.healthy_threshold, 2U);
  EXPECT_TRUE(config.reuses_connection);
  EXPECT_EQ(config.path, "/healthz");
  EXPECT_EQ(config.method_name, "GET");
  EXPECT_FALSE(config.uses_http2);
  EXPECT_TRUE(config.expected_statuses[0].Has(200));
  EXPECT_FALSE(config.expected_statuses[0].Has(201));
  EXPECT_EQ(config.examined_body_bytes, 1024U);
}

TEST(HealthCheckParser, EveryIntervalIsItsOwn) {
  const HealthCheckConfig config = Good(R"(
unhealthy_interval: 3s
unhealthy_edge_interval: 4s
healthy_edge_interval: 5s
no_traffic_interval: 6s
no_traffic_healthy_interval: 7s
initial_jitter: 0.008s
interval_jitter: 0.009s
interval_jitter_percent: 10
reuse_connection: false
alt_port: 81
tls_options: {alpn_protocols: [a, b]}
tcp_health_check: {}
)");
  EXPECT_EQ(config.unhealthy_interval_ms, 3000);
  EXPECT_EQ(config.unhealthy_edge_interval_ms, 4000);
  EXPECT_EQ(config.healthy_edge_interval_ms, 5000);
  EXPECT_EQ(config.no_traffic_interval_ms, 6000);
  EXPECT_EQ(config.no_traffic_healthy_interval_ms, 7000);
  EXPECT_EQ(config.initial_jitter_ms, 8);
  EXPECT_EQ(config.interval_jitter_ms, 9);
  EXPECT_EQ(config.interval_jitter_percent, 10U);
  EXPECT_FALSE(config.reuses_connection);
  EXPECT_EQ(config.alt_port, 81);
  EXPECT_EQ(config.alpn, (std::vector<std::string>{"a", "b"}));
}

TEST(HealthCheckParser, UnhealthyIntervalIsItsEdgesDefault) {
  const HealthCheckConfig config = Good("unhealthy_interval: 9s\ntcp_health_check: {}");
  EXPECT_EQ(config.unhealthy_edge_interval_ms, 9000);
  EXPECT_EQ(config.healthy_edge_interval_ms, 2000);
}

TEST(HealthCheckParser, Http) {
  const HealthCheckConfig config = Good(R"(
http_health_check:
  host: backend.example
  path: /readyz?full=1
  method: POST
  send: {text: "6869"}
  receive: [{text: "6F6B"}, {binary: b2s=}]
  codec_client_type: HTTP2
  expected_statuses: [{start: 200, end: 205}]
  retriable_statuses: [{start: 500, end: 600}]
  response_buffer_size: 0
  request_headers_to_add:
  - header: {key: X-Token, value: "a%%b"}
    append_action: OVERWRITE_IF_EXISTS_OR_ADD
  request_headers_to_remove: [User-Agent]
)");
  EXPECT_EQ(config.authority, "backend.example");
  EXPECT_EQ(config.method, http::Method::kPost);
  EXPECT_EQ(config.send, "hi");
  EXPECT_EQ(config.receive, (std::vector<std::string>{"ok", "ok"}));
  EXPECT_TRUE(config.uses_http2);
  EXPECT_TRUE(config.expected_statuses[0].Has(204));
  EXPECT_TRUE(config.retriable_statuses[0].Has(599));
  EXPECT_EQ(config.examined_body_bytes, UINT64_MAX);
  EXPECT_EQ(config.headers_to_add[0].name, "x-token");
  EXPECT_EQ(config.headers_to_add[0].value, "a%b");
  EXPECT_EQ(config.headers_to_add[0].action, HeaderToAdd::Action::kOverwrite);
  EXPECT_EQ(config.headers_to_remove[0], "user-agent");
}

TEST(HealthCheckParser, Grpc) {
  const HealthCheckConfig config = Good(R"(
grpc_health_check:
  service_name: shop.Cart
  authority: cart
  initial_metadata: [{header: {key: k, value: v}}]
)");
  EXPECT_EQ(config.kind, CheckKind::kGrpc);
  EXPECT_TRUE(config.uses_http2);
  EXPECT_EQ(config.grpc_service, "shop.Cart");
  EXPECT_EQ(config.authority, "cart");
  EXPECT_EQ(config.path, "/grpc.health.v1.Health/Check");
  EXPECT_EQ(config.method_name, "POST");
  EXPECT_EQ(config.headers_to_add[0].name, "k");
}

TEST(HealthCheckParser, EventLog) {
  EXPECT_EQ(Good("event_log_path: /a\ntcp_health_check: {}").event_log_path, "/a");
  const std::string sink = R"(
always_log_health_check_failures: true
always_log_health_check_success: true
event_logger:
- name: file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink
    event_log_path: /b
)";
  const HealthCheckConfig config = Good(sink + "tcp_health_check: {}");
  EXPECT_EQ(config.event_log_path, "/b");
  EXPECT_TRUE(config.logs_all_failures);
  EXPECT_TRUE(config.logs_all_successes);
  EXPECT_NE(Bad("event_log_path: /a\n" + sink + "tcp_health_check: {}").find("event_logger[0]"),
            std::string::npos);
}

TEST(HealthCheckParser, RefusesWhatIsMissing) {
  envoy::config::core::v3::HealthCheck proto;
  config::Faults faults;
  EXPECT_EQ(ParseHealthCheck(proto, faults), nullptr);
  const std::string text = faults.ToString();
  for (const char* const field : {"timeout", "interval", "unhealthy_threshold", "healthy_threshold",
                                  "one of http_health_check"}) {
    EXPECT_NE(text.find(field), std::string::npos) << text;
  }
}

struct Case {
  std::string yaml, fault;
};

TEST(HealthCheckParser, FaultsNameTheirPlace) {
  for (const Case& each : {
           Case{"http_health_check: {path: healthz}", "http_health_check.path: 'healthz' must"},
           Case{"http_health_check: {path: \"\"}", "http_health_check.path"},
           Case{"http_health_check: {path: /, method: CONNECT}", "method"},
           Case{"http_health_check: {path: /, send: {text: \"00\"}}",
                "http_health_check.send: a GET request has no body"},
           Case{"http_health_check: {path: /, expected_statuses: [{start: 300, end: 200}]}",
                "http_health_check.expected_statuses[0]"},
           Case{"http_health_check: {path: /, retriable_statuses: [{start: 0, end: 700}]}",
                "http_health_check.retriable_statuses[0]"},
           Case{"http_health_check: {path: /, request_headers_to_add: [{header: {key: host, "
                "value: a}}]}",
                "request_headers_to_add[0].header.key: 'host' cannot be set here"},
           Case{"http_health_check: {path: /, request_headers_to_add: [{header: {key: a, "
                "value: \"%START_TIME%\"}}]}",
                "request_headers_to_add[0].header.value: command operators"},
           Case{"tcp_health_check: {send: {text: abc}}", "tcp_health_check.send.text: 'abc'"},
           Case{"tcp_health_check: {receive: [{text: zz}]}", "tcp_health_check.receive[0].text"},
           Case{"tcp_health_check: {}\nalt_port: 70000", "alt_port"},
           Case{"tcp_health_check: {}\nunhealthy_interval: 0s", "unhealthy_interval"},
           Case{"tcp_health_check: {}\ninterval_jitter: -1s", "interval_jitter"},
           Case{"custom_health_check: {name: redis}", "custom_health_check"},
       }) {
    EXPECT_NE(Bad(each.yaml).find(each.fault), std::string::npos) << Bad(each.yaml);
  }
}

}  // namespace
}  // namespace weir::health
