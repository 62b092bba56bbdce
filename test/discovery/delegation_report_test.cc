#include "source/discovery/delegation_report.h"

#include <gtest/gtest.h>

#include "envoy/service/health/v3/hds.pb.h"

namespace weir::discovery {
namespace {

namespace core = envoy::config::core::v3;
namespace v3 = envoy::service::health::v3;

// So many endpoints of a locality; long names make lengths of more than one byte.
v3::ClusterHealthCheck Cluster(const std::vector<int>& localities) {
  v3::ClusterHealthCheck proto;
  proto.set_cluster_name("web");
  int port = 1;
  for (size_t i = 0; i < localities.size(); ++i) {
    v3::LocalityEndpoints& locality = *proto.add_locality_endpoints();
    if (i > 0) locality.mutable_locality()->set_zone(std::string(100 * i, 'z'));
    for (int j = 0; j < localities[i]; ++j) {
      auto& endpoint = *locality.add_endpoints();
      endpoint.set_hostname("not told");
      auto& address = *endpoint.mutable_address()->mutable_socket_address();
      address.set_address(std::string(70 * j % 300, 'a'));
      address.set_port_value(port++);
    }
  }
  return proto;
}

// As protobuf makes it.
v3::EndpointHealthResponse Expected(const v3::ClusterHealthCheck& proto,
                                    const std::vector<core::HealthStatus>& statuses) {
  v3::EndpointHealthResponse expected;
  v3::ClusterEndpointsHealth& cluster = *expected.add_cluster_endpoints_health();
  cluster.set_cluster_name(proto.cluster_name());
  size_t next = 0;
  for (const v3::LocalityEndpoints& place : proto.locality_endpoints()) {
    v3::LocalityEndpointsHealth& locality = *cluster.add_locality_endpoints_health();
    if (place.has_locality()) *locality.mutable_locality() = place.locality();
    for (const auto& endpoint : place.endpoints()) {
      v3::EndpointHealth& health = *locality.add_endpoints_health();
      *health.mutable_endpoint()->mutable_address() = endpoint.address();
      health.set_health_status(statuses[next++]);
      *expected.add_endpoints_health() = health;
    }
  }
  return expected;
}

v3::EndpointHealthResponse Read(const std::string& bytes) {
  v3::EndpointHealthResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response;
}

TEST(DelegationReportTest, IsWhatProtobufWouldSay) {
  for (const std::vector<int>& localities :
       {std::vector<int>{}, {0}, {1}, {2, 0, 3}, {40, 200, 1}}) {
    const v3::ClusterHealthCheck proto = Cluster(localities);
    std::vector<core::HealthStatus> statuses;
    for (const int count : localities) statuses.resize(statuses.size() + count, core::UNKNOWN);
    DelegationReport report(proto);
    EXPECT_EQ(Read(report.bytes()).DebugString(), Expected(proto, statuses).DebugString());
    for (size_t i = 0; i < statuses.size(); ++i) {
      statuses[i] = static_cast<core::HealthStatus>(i % 6);
      report.Set(i, statuses[i]);
    }
    const std::string all = Expected(proto, statuses).DebugString();
    EXPECT_EQ(Read(report.bytes()).DebugString(), all);
    if (!statuses.empty()) report.Set(0, core::UNHEALTHY);
    if (!statuses.empty()) report.Set(0, statuses[0]);
    EXPECT_EQ(Read(report.bytes()).DebugString(), all);
  }
}

TEST(DelegationReportTest, SeveralAreOneMessage) {
  DelegationReport first(Cluster({1})), second(Cluster({2}));
  second.Set(1, core::TIMEOUT);
  const v3::EndpointHealthResponse both = Read(first.bytes() + second.bytes());
  EXPECT_EQ(both.cluster_endpoints_health_size(), 2);
  ASSERT_EQ(both.endpoints_health_size(), 3);
  EXPECT_EQ(both.endpoints_health(2).health_status(), core::TIMEOUT);
}

TEST(DelegationReportTest, NothingIsNothing) { EXPECT_EQ(DelegationReport().bytes(), ""); }

}  // namespace
}  // namespace weir::discovery
