#include "test/bench/xds/fleet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/any.pb.h"

namespace weir::bench {
namespace {

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() : fleet_(Plan()) {}

  static FleetPlan Plan() {
    FleetPlan plan;
    plan.clusters = 300;
    plan.endpoints = 4;
    plan.backend_port = 81;
    plan.listener_port = 82;
    return plan;
  }
  template <class Message>
  Message Read(Kind kind, const std::string& name) const {
    google::protobuf::Any any;
    Message message;
    const auto found = fleet_.Of(kind).find(name);
    EXPECT_TRUE(found != fleet_.Of(kind).end()) << name;
    if (found == fleet_.Of(kind).end()) return message;
    EXPECT_TRUE(any.ParseFromString(found->second.body));
    EXPECT_EQ(any.type_url(), TypeUrl(kind));
    EXPECT_TRUE(any.UnpackTo(&message));
    return message;
  }
  envoy::config::endpoint::v3::ClusterLoadAssignment Endpoints(const std::string& name) const {
    return Read<envoy::config::endpoint::v3::ClusterLoadAssignment>(Kind::kEndpoints, name);
  }
  std::string First(const std::string& name) const {
    return Endpoints(name)
        .endpoints(0)
        .lb_endpoints(0)
        .endpoint()
        .address()
        .socket_address()
        .address();
  }
  std::string RouteOf(int cluster) const {
    return Read<envoy::config::route::v3::RouteConfiguration>(Kind::kRoutes, "fleet")
        .virtual_hosts(cluster)
        .routes(0)
        .route()
        .cluster();
  }

  Fleet fleet_;
};

TEST_F(FleetTest, HasWhatWasPlanned) {
  EXPECT_EQ(fleet_.Of(Kind::kClusters).size(), 300u);
  EXPECT_EQ(fleet_.Of(Kind::kEndpoints).size(), 300u);
  EXPECT_EQ(fleet_.Of(Kind::kListeners).size(), 2u);
  EXPECT_EQ(RouteOf(299), "c299");
  EXPECT_EQ(fleet_.Probed().size(), 100u);
  // The probed ones answer from one endpoint, the others from all.
  EXPECT_EQ(Endpoints("c0").endpoints_size(), 2);
  EXPECT_EQ(Endpoints("c0").endpoints(1).priority(), 1u);
  EXPECT_EQ(Endpoints("c1").endpoints_size(), 1);
  EXPECT_EQ(Endpoints("c1").endpoints(0).lb_endpoints_size(), 4);
  EXPECT_EQ(First("c258"), "127.1.1.2");
}

TEST_F(FleetTest, RoutesMayBeFew) {
  FleetPlan plan = Plan();
  plan.routes = 1;
  const Fleet fleet(plan);
  EXPECT_EQ(fleet.Of(Kind::kClusters).size(), 300u);
  EXPECT_LT(fleet.Of(Kind::kRoutes).find("fleet")->second.body.size(), 200u);
}

TEST_F(FleetTest, MovesAnEndpoint) {
  const uint64_t version = fleet_.version();
  const Edit edit = fleet_.MoveEndpoint(3);
  EXPECT_EQ(edit.host, "c3.test");
  EXPECT_EQ(edit.answer, First("c3"));
  EXPECT_NE(edit.answer, "127.1.0.3");
  ASSERT_EQ(edit.pushes.size(), 1u);
  EXPECT_EQ(edit.pushes[0].kind, Kind::kEndpoints);
  EXPECT_GT(fleet_.version(), version);
  EXPECT_NE(fleet_.MoveEndpoint(3).answer, edit.answer);
}

TEST_F(FleetTest, ReplacesACluster) {
  const Edit edit = fleet_.ReplaceCluster(0);
  const auto cluster = Read<envoy::config::cluster::v3::Cluster>(Kind::kClusters, "c0");
  EXPECT_EQ(cluster.eds_cluster_config().service_name(), "c0~1");
  EXPECT_EQ(edit.answer, First("c0~1"));
  // The former endpoints are there until the next replacement.
  EXPECT_TRUE(fleet_.Of(Kind::kEndpoints).contains("c0"));
  const Edit next = fleet_.ReplaceCluster(0);
  EXPECT_FALSE(fleet_.Of(Kind::kEndpoints).contains("c0"));
  EXPECT_EQ(next.pushes[1].removed, (std::vector<std::string>{"c0"}));
}

TEST_F(FleetTest, RenamesACluster) {
  const Edit edit = fleet_.RenameCluster(0);
  EXPECT_FALSE(fleet_.Of(Kind::kClusters).contains("c0"));
  EXPECT_EQ(RouteOf(0), "c0.1");
  EXPECT_EQ(edit.answer, First("c0.1"));
  EXPECT_EQ(edit.pushes.size(), kKinds);
  for (size_t kind = 0; kind < kKinds; ++kind) {
    EXPECT_EQ(
        std::count_if(edit.pushes.begin(), edit.pushes.end(),
                      [kind](const Push& push) { return push.kind == static_cast<Kind>(kind); }),
        1);
  }
}

TEST_F(FleetTest, TouchesAListener) {
  const std::string before = fleet_.Of(Kind::kListeners).find("other")->second.body;
  EXPECT_EQ(fleet_.TouchListener(false).pushes[0].names, (std::vector<std::string>{"other"}));
  EXPECT_NE(fleet_.Of(Kind::kListeners).find("other")->second.body, before);
}

TEST(KindTest, HasATypeUrl) {
  for (size_t kind = 0; kind < kKinds; ++kind) {
    EXPECT_EQ(KindOf(TypeUrl(static_cast<Kind>(kind))), static_cast<Kind>(kind));
  }
  EXPECT_EQ(KindOf("type.googleapis.com/a.B"), std::nullopt);
}

}  // namespace
}  // namespace weir::bench
