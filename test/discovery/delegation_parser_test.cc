#include "source/discovery/delegation_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/service/health/v3/hds.pb.h"
#include "source/config/load.h"

namespace weir::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kChecks[] =
    "health_checks: [{timeout: 1s, interval: 2s, unhealthy_threshold: 3, healthy_threshold: 2, "
    "http_health_check: {path: /readyz}}]\n";

std::string Endpoint(int port, const std::string& more = "") {
  return "{address: {socket_address: {address: 10.0.0.1, port_value: " + std::to_string(port) +
         "}}" + more + "}";
}

class DelegationParserTest : public testing::Test {
 protected:
  // As the wire brings it: what is wrong with it is the parser's to say.
  std::optional<Delegation> Parse(const std::string& yaml) {
    envoy::service::health::v3::ClusterHealthCheck proto;
    config::Faults of_text;
    config::LoadText(yaml, proto, of_text);
    faults_ = config::Faults();
    return ParseDelegation(proto, faults_);
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const config::Fault& fault : faults_.faults()) {
      lines.push_back(fault.path + ": " + fault.text);
    }
    return lines;
  }

  config::Faults faults_;
};

TEST_F(DelegationParserTest, EndpointsOfAllLocalitiesInTheirOrder) {
  const auto parsed =
      Parse(std::string("cluster_name: web\n") + kChecks +
            "locality_endpoints:\n- locality: {region: r, zone: z, sub_zone: s}\n  endpoints: [" +
            Endpoint(1) + ", " +
            Endpoint(2, ", hostname: two, health_check_config: {port_value: 7, hostname: h}") +
            "]\n- endpoints: [" + Endpoint(3) + "]\n");
  ASSERT_TRUE(parsed.has_value()) << faults_.ToString();
  EXPECT_EQ(parsed->name, "web");
  ASSERT_EQ(parsed->checks.size(), 1u);
  EXPECT_EQ(parsed->checks[0]->path, "/readyz");
  ASSERT_EQ(parsed->endpoints.size(), 3u);
  EXPECT_EQ(parsed->endpoints[0].address.ToString(), "10.0.0.1:1");
  EXPECT_EQ(parsed->endpoints[0].details->locality->zone, "z");
  EXPECT_EQ(parsed->endpoints[0].details->check, nullptr);
  EXPECT_EQ(parsed->endpoints[1].details->hostname, "two");
  EXPECT_EQ(parsed->endpoints[1].details->locality->sub_zone, "s");
  EXPECT_EQ(parsed->endpoints[1].details->check->port, 7);
  EXPECT_EQ(parsed->endpoints[2].details->locality->zone, "");
  EXPECT_FALSE(parsed->source_address.is_set());
}

TEST_F(DelegationParserTest, IntervalsAreThoseOfTrafficUnlessThereIsOneWithout) {
  auto parsed = Parse(std::string("cluster_name: web\n") + kChecks);
  ASSERT_TRUE(parsed.has_value()) << faults_.ToString();
  EXPECT_EQ(parsed->checks[0]->interval_ms, 2000);
  parsed = Parse(
      "cluster_name: web\nhealth_checks: [{timeout: 1s, interval: 2s, unhealthy_threshold: 1, "
      "healthy_threshold: 1, tcp_health_check: {}, no_traffic_interval: 5s, "
      "no_traffic_healthy_interval: 9s}]");
  ASSERT_TRUE(parsed.has_value()) << faults_.ToString();
  EXPECT_EQ(parsed->checks[0]->interval_ms, 9000);
  EXPECT_EQ(parsed->checks[0]->healthy_edge_interval_ms, 9000);
  EXPECT_EQ(parsed->checks[0]->unhealthy_interval_ms, 5000);
  EXPECT_EQ(parsed->checks[0]->unhealthy_edge_interval_ms, 5000);
}

TEST_F(DelegationParserTest, TheLocalEndOfConnections) {
  const auto parsed = Parse(std::string("cluster_name: web\n") + kChecks +
                            "upstream_bind_config: {source_address: {address: 127.0.0.2, "
                            "port_value: 0}}");
  ASSERT_TRUE(parsed.has_value()) << faults_.ToString();
  EXPECT_EQ(parsed->source_address.ToString(), "127.0.0.2:0");
}

TEST_F(DelegationParserTest, RulesOfTheMessage) {
  EXPECT_FALSE(Parse("").has_value());
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("cluster_name: "), HasSubstr("health_checks: ")));
}

TEST_F(DelegationParserTest, FaultsHaveTheirPaths) {
  EXPECT_FALSE(Parse("cluster_name: web\n"
                     "health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, "
                     "healthy_threshold: 1, http_health_check: {path: no-slash}}]\n"
                     "locality_endpoints:\n- endpoints: [" +
                     Endpoint(1) + "]\n- endpoints: [" + Endpoint(2) + ", " + Endpoint(1) +
                     ", {address: {socket_address: {address: name, port_value: 1}}}]\n"
                     "upstream_bind_config: {freebind: true}\n")
                   .has_value());
  EXPECT_THAT(
      Lines(),
      ElementsAre(HasSubstr("health_checks[0].http_health_check.path: 'no-slash' must begin"),
                  "locality_endpoints[1].endpoints[1].address: 10.0.0.1:1 is already the address "
                  "of locality_endpoints[0].endpoints[0]",
                  HasSubstr("locality_endpoints[1].endpoints[2].address.socket_address.address: "
                            "'name' is not an IP address"),
                  HasSubstr("upstream_bind_config.freebind: is not implemented")));
}

// Field 4 of Envoy's message: TLS by the check's criteria.
TEST_F(DelegationParserTest, TransportSocketMatchesAreRefused) {
  envoy::service::health::v3::ClusterHealthCheck proto;
  config::Faults of_text;
  ASSERT_TRUE(config::LoadText(std::string("cluster_name: web\n") + kChecks, proto, of_text));
  ASSERT_TRUE(proto.MergeFromString(std::string("\x22\x03\x0a\x01x", 5)));
  EXPECT_FALSE(ParseDelegation(proto, faults_).has_value());
  EXPECT_THAT(Lines(), ElementsAre("transport_socket_matches: known to Envoy, not implemented by "
                                   "Weir"));
}

}  // namespace
}  // namespace weir::discovery
