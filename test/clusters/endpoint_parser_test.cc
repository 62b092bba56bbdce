#include "source/clusters/endpoint_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "envoy/config/core/v3/address.pb.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

std::optional<balancing::Assignment> Parse(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& proto, std::string& text,
    EndpointNames names = EndpointNames::kRefused) {
  config::Faults faults;
  auto assignment = ParseAssignment(proto, names, faults);
  text = faults.ToString();
  EXPECT_EQ(assignment.has_value(), faults.ok());
  return assignment;
}

TEST(ParseAssignment, ReadsEverything) {
  std::string faults;
  auto proto = AssignmentFromYaml(R"(
cluster_name: web
policy: {overprovisioning_factor: 200}
endpoints:
- locality: {region: eu, zone: a, sub_zone: "1"}
  load_balancing_weight: 7
  priority: 2
  lb_endpoints:
  - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
  - endpoint: {hostname: two, address: {socket_address: {address: "::1", port_value: 81}}}
    health_status: DRAINING
    load_balancing_weight: 5
  - endpoint: {address: {pipe: {path: /run/web.sock}}}
    health_status: DEGRADED
)");
  auto& second_proto = *proto.mutable_endpoints(0)->mutable_lb_endpoints(1);
  (*(*second_proto.mutable_metadata()->mutable_filter_metadata())["envoy.lb"]
        .mutable_fields())["canary"]
      .set_bool_value(true);
  const auto assignment = Parse(proto, faults);
  ASSERT_TRUE(assignment.has_value()) << faults;
  EXPECT_EQ(assignment->overprovisioning_percent, 200U);
  ASSERT_EQ(assignment->endpoints.size(), 3U);
  const balancing::EndpointConfig& first = assignment->endpoints[0];
  EXPECT_EQ(first.address.ToString(), "10.0.0.1:80");
  EXPECT_EQ(first.priority, 2U);
  EXPECT_EQ(first.weight, 1U);
  EXPECT_EQ(first.health, balancing::EdsHealth::kHealthy);
  EXPECT_EQ(*first.details->locality, (balancing::Locality{"eu", "a", "1"}));
  EXPECT_EQ(first.metadata, nullptr);
  ASSERT_EQ(assignment->locality_weights.size(), 1U);
  EXPECT_EQ(assignment->locality_weights[0],
            (balancing::LocalityWeight{2, first.details->locality, 7}));
  const balancing::EndpointConfig& second = assignment->endpoints[1];
  EXPECT_EQ(second.address.ToString(), "[::1]:81");
  EXPECT_EQ(second.details->hostname, "two");
  ASSERT_NE(second.metadata, nullptr);
  EXPECT_NE(second.metadata->Find("canary"), nullptr);
  EXPECT_EQ(second.weight, 5U);
  EXPECT_EQ(second.health, balancing::EdsHealth::kDraining);
  EXPECT_EQ(second.details->locality, first.details->locality);
  EXPECT_EQ(assignment->endpoints[2].address.ToString(), "/run/web.sock");
  EXPECT_EQ(assignment->endpoints[2].health, balancing::EdsHealth::kDegraded);
  EXPECT_EQ(assignment->endpoints[2].details, first.details) << "nothing of its own to keep";
}

TEST(ParseAssignment, PolicyOfTheWhole) {
  std::string faults;
  const auto assignment = Parse(AssignmentFromYaml(R"(
cluster_name: web
policy:
  weighted_priority_health: true
  drop_overloads: [{category: throttle, drop_percentage: {numerator: 5, denominator: TEN_THOUSAND}}]
)"),
                                faults);
  ASSERT_TRUE(assignment.has_value()) << faults;
  EXPECT_TRUE(assignment->weighs_priority_health);
  EXPECT_FLOAT_EQ(assignment->drop_fraction, 0.0005F);
  EXPECT_FALSE(
      Parse(AssignmentFromYaml(
                "{cluster_name: web, policy: {drop_overloads: [{category: a}, {category: b}]}}"),
            faults)
          .has_value());
  EXPECT_NE(faults.find("policy.drop_overloads: one category at most"), std::string::npos)
      << faults;
}

TEST(ParseAssignment, EmptyIsFine) {
  std::string faults;
  const auto assignment = Parse(AssignmentFromYaml("cluster_name: web"), faults);
  ASSERT_TRUE(assignment.has_value());
  EXPECT_TRUE(assignment->endpoints.empty());
  EXPECT_EQ(assignment->overprovisioning_percent, 140U);
}

constexpr std::string_view kNames = R"(
cluster_name: web
endpoints:
- lb_endpoints:
  - endpoint: {address: {socket_address: {address: web.example, port_value: 80}}}
  - endpoint: {hostname: own, address: {socket_address: {address: web.example, port_value: 81}}}
  - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
)";

TEST(ParseAssignment, NamesWhereTheyAreAllowed) {
  std::string faults;
  const auto assignment = Parse(AssignmentFromYaml(kNames), faults, EndpointNames::kAllowed);
  ASSERT_TRUE(assignment.has_value()) << faults;
  EXPECT_EQ(assignment->endpoints[0].dns_name, "web.example");
  EXPECT_EQ(assignment->endpoints[0].dns_port, 80);
  EXPECT_EQ(assignment->endpoints[0].details->hostname, "web.example");
  EXPECT_FALSE(assignment->endpoints[0].address.is_set());
  EXPECT_EQ(assignment->endpoints[1].details->hostname, "own");
  EXPECT_TRUE(assignment->endpoints[2].dns_name.empty());
  EXPECT_TRUE(assignment->endpoints[2].address.is_set());
}

TEST(ParseAssignment, NamesElsewhereAreFaults) {
  std::string faults;
  EXPECT_FALSE(Parse(AssignmentFromYaml(kNames), faults).has_value());
  EXPECT_NE(faults.find("endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: "
                        "'web.example' is not an IP address"),
            std::string::npos)
      << faults;
  EXPECT_NE(faults.find("lb_endpoints[1]"), std::string::npos) << "all faults are listed";
}

TEST(ParseAssignment, DuplicatesAreRefusedWithBothPlaces) {
  std::string faults;
  EXPECT_FALSE(Parse(AssignmentFromYaml(R"(
cluster_name: web
endpoints:
- lb_endpoints:
  - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
- priority: 1
  lb_endpoints:
  - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
)"),
                     faults)
                   .has_value());
  EXPECT_NE(faults.find("endpoints[1].lb_endpoints[0].endpoint.address: 10.0.0.1:80 is already the "
                        "address of endpoints[0].lb_endpoints[0]"),
            std::string::npos)
      << faults;
}

TEST(ParseAssignment, DuplicateNamesAreRefusedWhereTheyStand) {
  const auto proto = AssignmentFromYaml(R"(
cluster_name: web
endpoints:
- lb_endpoints:
  - endpoint: {address: {socket_address: {address: web.example, port_value: 80}}}
  - endpoint: {address: {socket_address: {address: web.example, port_value: 81}}}
  - endpoint: {address: {socket_address: {address: web.example, port_value: 80}}}
)");
  config::Faults faults;
  config::Faults::Scope scope(faults, "load_assignment");
  EXPECT_FALSE(ParseAssignment(proto, EndpointNames::kAllowed, faults).has_value());
  ASSERT_EQ(faults.faults().size(), 1U);
  EXPECT_EQ(faults.faults()[0].path,
            "load_assignment.endpoints[0].lb_endpoints[2].endpoint.address");
  EXPECT_EQ(
      faults.faults()[0].text,
      "web.example:80 is already the address of load_assignment.endpoints[0].lb_endpoints[0]");
}

TEST(ParseAssignment, WeightsOfAPriorityMustFit32Bits) {
  std::string faults;
  auto proto = AssignmentFromYaml(R"(
cluster_name: web
endpoints:
- lb_endpoints:
  - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 80}}}
    load_balancing_weight: 4294967295
  - endpoint: {address: {socket_address: {address: 10.0.0.2, port_value: 80}}}
)");
  EXPECT_FALSE(Parse(proto, faults).has_value());
  EXPECT_NE(faults.find("add up to 4294967296"), std::string::npos) << faults;
}

// What the wire can bring past the rules beside the fields.
TEST(ParseAssignment, ChecksWhatTheRulesWouldHave) {
  envoy::config::endpoint::v3::ClusterLoadAssignment proto;
  auto& locality = *proto.add_endpoints();
  locality.set_priority(129);
  locality.mutable_load_balancing_weight()->set_value(0);
  auto& bare = *locality.add_lb_endpoints();
  bare.set_health_status(static_cast<envoy::config::core::v3::HealthStatus>(77));
  bare.mutable_load_balancing_weight()->set_value(0);
  auto& datagram = *locality.add_lb_endpoints()->mutable_endpoint()->mutable_address();
  datagram.mutable_socket_address()->set_protocol(envoy::config::core::v3::SocketAddress::UDP);
  datagram.mutable_socket_address()->set_address("10.0.0.1");
  datagram.mutable_socket_address()->set_port_value(65536);
  proto.mutable_policy()->mutable_overprovisioning_factor()->set_value(0);
  std::string faults;
  EXPECT_FALSE(Parse(proto, faults).has_value());
  for (const char* expected :
       {"endpoints[0].priority: 129 is greater than 128",
        "endpoints[0].load_balancing_weight: must be at least 1",
        "endpoints[0].lb_endpoints[0].health_status: unknown value 77",
        "endpoints[0].lb_endpoints[0].load_balancing_weight: must be at least 1",
        "endpoints[0].lb_endpoints[0].endpoint.address: one of socket_address, pipe is required",
        "endpoints[0].lb_endpoints[1].endpoint.address.socket_address.protocol: must be TCP",
        "endpoints[0].lb_endpoints[1].endpoint.address.socket_address.port_value: 65536",
        "policy.overprovisioning_factor: must be greater than 0"}) {
    EXPECT_NE(faults.find(expected), std::string::npos) << expected << "\nis not in\n" << faults;
  }
}

TEST(ParseAssignment, NamesNeedAPort) {
  std::string faults;
  EXPECT_FALSE(Parse(AssignmentFromYaml(R"(
cluster_name: web
endpoints:
- lb_endpoints:
  - endpoint: {address: {socket_address: {address: web.example, port_value: 0}}}
)"),
                     faults, EndpointNames::kAllowed)
                   .has_value());
  EXPECT_NE(faults.find("port_value: must be from 1 to 65535"), std::string::npos) << faults;
}

}  // namespace
}  // namespace weir::clusters
