#include "source/clusters/cluster_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "source/clusters/duration_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

std::optional<ParsedCluster> Parse(const envoy::config::cluster::v3::Cluster& proto,
                                   std::string& text) {
  config::Faults faults;
  auto parsed = ParseCluster(proto, faults);
  text = faults.ToString();
  EXPECT_EQ(parsed.has_value(), faults.ok());
  return parsed;
}

void ExpectFault(const envoy::config::cluster::v3::Cluster& proto, std::string_view expected) {
  std::string faults;
  EXPECT_FALSE(Parse(proto, faults).has_value());
  EXPECT_NE(faults.find(expected), std::string::npos) << expected << "\nis not in\n" << faults;
}

TEST(ParseCluster, Defaults) {
  std::string faults;
  const auto parsed = Parse(ClusterFromYaml("name: web"), faults);
  ASSERT_TRUE(parsed.has_value()) << faults;
  const upstream::ClusterConfig& config = *parsed->config;
  EXPECT_EQ(config.name, "web");
  EXPECT_EQ(config.stat_name(), "web");
  EXPECT_EQ(config.eds_name(), "web");
  EXPECT_EQ(config.type, upstream::DiscoveryType::kStatic);
  EXPECT_EQ(config.options->connect.timeout_ms, 5000);
  EXPECT_FALSE(config.options->connect.tcp_keepalive);
  EXPECT_EQ(config.options->idle_timeout_ms, 60'000);
  EXPECT_EQ(config.options->max_requests_per_connection, 0U);
  EXPECT_EQ(config.dns, nullptr);
  EXPECT_TRUE(config.options->delays_start);
  for (const upstream::BreakerLimits& limits : config.options->breakers) {
    EXPECT_EQ(limits.max_connections, 1024U);
    EXPECT_EQ(limits.max_pending_requests, 1024U);
    EXPECT_EQ(limits.max_requests, 1024U);
    ASSERT_TRUE(limits.retry_budget.has_value());
    EXPECT_EQ(limits.retry_budget->percent, 20);
    EXPECT_EQ(limits.retry_budget->min_retries, 3U);
  }
}

TEST(ParseCluster, WhatClustersHaveAlikeIsShared) {
  std::string faults;
  const auto options = [&](const std::string& more) {
    const auto parsed = Parse(ClusterFromYaml("{name: web" + more + "}"), faults);
    EXPECT_TRUE(parsed.has_value()) << faults;
    return parsed->config->options;
  };
  const std::string http2 = ", http2_protocol_options: {max_concurrent_streams: 7}";
  EXPECT_EQ(options(""), upstream::ClusterOptions::Default());
  EXPECT_EQ(options(", alt_stat_name: stats, type: STATIC"), upstream::ClusterOptions::Default());
  const auto alike = options(", connect_timeout: 1s" + http2);
  EXPECT_EQ(options(http2 + ", connect_timeout: 1s"), alike);
  EXPECT_NE(options(", connect_timeout: 1s"), alike);
  EXPECT_NE(options(", connect_timeout: 2s" + http2), alike);
  // What the hash leaves out counts as well.
  EXPECT_NE(options(", wait_for_warm_on_init: false"), options(""));
}

TEST(ParseCluster, ReadsEverything) {
  std::string faults;
  auto proto = ClusterFromYaml(R"(
name: web
alt_stat_name: web_stats
type: STATIC
connect_timeout: 0.25s
per_connection_buffer_limit_bytes: 65536
max_requests_per_connection: 100
lb_policy: RANDOM
circuit_breakers:
  thresholds:
  - {max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4, track_remaining: true}
  - priority: HIGH
    retry_budget: {budget_percent: {value: 25}, min_retry_concurrency: 7}
  per_host_thresholds:
  - {max_connections: 9}
upstream_bind_config: {source_address: {address: 127.0.0.2, port_value: 0}}
upstream_connection_options: {tcp_keepalive: {keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 10}}
common_lb_config: {close_connections_on_host_set_change: true}
close_connections_on_host_health_failure: true
wait_for_warm_on_init: false
transport_socket: {name: plain, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}
load_assignment:
  cluster_name: web
  endpoints:
  - lb_endpoints:
    - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
)");
  (*proto.mutable_metadata()->mutable_filter_metadata())["team core"];
  const auto parsed = Parse(proto, faults);
  ASSERT_TRUE(parsed.has_value()) << faults;
  const upstream::ClusterConfig& config = *parsed->config;
  EXPECT_EQ(config.stat_name(), "web_stats");
  EXPECT_EQ(config.options->connect.timeout_ms, 250);
  EXPECT_EQ(config.options->connect.bind_address.ToString(), "127.0.0.2:0");
  EXPECT_TRUE(config.options->connect.tcp_keepalive);
  EXPECT_EQ(config.options->connect.keepalive_probes, 3);
  EXPECT_EQ(config.options->connect.keepalive_time_s, 60);
  EXPECT_EQ(config.options->connect.keepalive_interval_s, 10);
  EXPECT_EQ(config.options->buffer_limit_bytes, 65536U);
  EXPECT_EQ(config.options->max_requests_per_connection, 100U);
  EXPECT_EQ(config.options->balancer.policy, balancing::BalancerPolicy::kRandom);
  EXPECT_EQ(config.options->breakers[0].max_connections, 1U);
  EXPECT_EQ(config.options->breakers[0].max_pending_requests, 2U);
  EXPECT_EQ(config.options->breakers[0].max_requests, 3U);
  EXPECT_EQ(config.options->breakers[0].max_retries, 4U);
  EXPECT_FALSE(config.options->breakers[0].retry_budget.has_value());
  EXPECT_TRUE(config.options->breakers[0].tracks_remaining);
  EXPECT_EQ(config.options->breakers[0].max_connections_per_host, 9U);
  EXPECT_EQ(config.options->breakers[1].max_connections_per_host, UINT32_MAX);
  ASSERT_TRUE(config.options->breakers[1].retry_budget.has_value());
  EXPECT_EQ(config.options->breakers[1].retry_budget->percent, 25);
  EXPECT_EQ(config.options->breakers[1].retry_budget->min_retries, 7U);
  EXPECT_TRUE(config.options->drains_on_host_change);
  EXPECT_TRUE(config.options->closes_failed_hosts);
  EXPECT_FALSE(config.options->delays_start);
  ASSERT_EQ(parsed->assignment.endpoints.size(), 1U);
}

TEST(ParseCluster, Eds) {
  std::string faults;
  const auto parsed = Parse(ClusterFromYaml(R"(
name: web
type: EDS
eds_cluster_config: {service_name: web-service, eds_config: {ads: {}}}
)"),
                            faults);
  ASSERT_TRUE(parsed.has_value()) << faults;
  EXPECT_EQ(parsed->config->type, upstream::DiscoveryType::kEds);
  EXPECT_EQ(parsed->config->eds_name(), "web-service");

  ExpectFault(ClusterFromYaml("{name: web, type: EDS}"),
              "eds_cluster_config.eds_config: is required");
  ExpectFault(ClusterFromYaml(R"(
name: web
type: EDS
eds_cluster_config: {eds_config: {ads: {}}}
load_assignment: {cluster_name: web}
)"),
              "load_assignment: must not be set for type EDS");
  ExpectFault(ClusterFromYaml("{name: web, eds_cluster_config: {eds_config: {ads: {}}}}"),
              "eds_cluster_config: is for type EDS only");
}

TEST(ParseCluster, LogicalDnsHasOneName) {
  constexpr std::string_view kName =
      "{endpoint: {address: {socket_address: {address: web.example, port_value: 80}}}}";
  constexpr std::string_view kAddress =
      "{endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}}";
  const auto make = [](std::string_view endpoints) {
    return ClusterFromYaml(
        "{name: web, type: LOGICAL_DNS, load_assignment: {cluster_name: web, "
        "endpoints: [{lb_endpoints: [" +
        std::string(endpoints) + "]}]}}");
  };
  std::string faults;
  const auto parsed = Parse(make(kName), faults);
  ASSERT_TRUE(parsed.has_value()) << faults;
  EXPECT_NE(parsed->config->dns, nullptr);
  ExpectFault(make(kAddress), "type LOGICAL_DNS needs exactly one endpoint, with a name");
  ExpectFault(make(std::string(kName) + "," + std::string(kAddress)), "exactly one endpoint");
  ExpectFault(make(""), "exactly one endpoint");
}

TEST(ParseCluster, ListsAllFaultsWithTheirPaths) {
  envoy::config::cluster::v3::Cluster proto;
  proto.set_type(static_cast<envoy::config::cluster::v3::Cluster::DiscoveryType>(9));
  proto.set_lb_policy(static_cast<envoy::config::cluster::v3::Cluster::LbPolicy>(9));
  proto.mutable_connect_timeout()->set_seconds(-1);
  proto.mutable_circuit_breakers()->add_thresholds();
  auto& again = *proto.mutable_circuit_breakers()->add_thresholds();
  again.mutable_retry_budget()->mutable_budget_percent()->set_value(-3);
  proto.mutable_circuit_breakers()->add_thresholds()->set_priority(
      static_cast<envoy::config::core::v3::RoutingPriority>(9));
  auto& of_host = *proto.mutable_circuit_breakers()->add_per_host_thresholds();
  of_host.mutable_max_connections()->set_value(0);
  of_host.mutable_max_requests()->set_value(1);
  proto.mutable_upstream_bind_config()->mutable_freebind()->set_value(true);
  proto.mutable_upstream_bind_config()->add_socket_options();
  proto.mutable_upstream_bind_config()->mutable_source_address()->set_address("here");
  proto.mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  std::string faults;
  EXPECT_FALSE(Parse(proto, faults).has_value());
  for (const char* expected :
       {"name: must not be empty", "type: value 9 is not implemented", "lb_policy: unknown value 9",
        "connect_timeout: must be greater than 0s",
        "circuit_breakers.thresholds[1].priority: this priority has thresholds already",
        "circuit_breakers.thresholds[1].retry_budget.budget_percent: must be from 0 to 100",
        "circuit_breakers.thresholds[2].priority: unknown value 9",
        "circuit_breakers.per_host_thresholds[0].max_connections: must be greater than 0",
        "circuit_breakers.per_host_thresholds[0]: only priority and max_connections may be set",
        "upstream_bind_config.freebind: is not implemented",
        "upstream_bind_config.socket_options: are not implemented",
        "upstream_bind_config.source_address.address: 'here' is not an IP address",
        "transport_socket: 'envoy.transport_sockets.tls' is not implemented"}) {
    EXPECT_NE(faults.find(expected), std::string::npos) << expected << "\nis not in\n" << faults;
  }
}

TEST(ParseCluster, TellsWhatItAcceptsWithoutActingOnIt) {
  config::Faults faults;
  const auto parsed = ParseCluster(ClusterFromYaml(R"(
name: web
lb_policy: RANDOM
round_robin_lb_config: {}
cleanup_interval: 5s
common_lb_config: {update_merge_window: 1s}
)"),
                                   faults);
  EXPECT_TRUE(parsed.has_value());
  EXPECT_EQ(faults.ignored().size(), 3U);
}

TEST(ParseMs, RoundsUp) {
  google::protobuf::Duration duration;
  duration.set_nanos(1);
  EXPECT_EQ(ParseMs(duration), 1);
  duration.set_seconds(2);
  duration.set_nanos(500'000'000);
  EXPECT_EQ(ParseMs(duration), 2500);
  duration.set_seconds(INT64_MAX);
  EXPECT_GT(ParseMs(duration), 0);
}

}  // namespace
}  // namespace weir::clusters
