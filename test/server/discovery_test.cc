#include "source/server/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/discovery/discovery_types.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::listener::v3::Listener;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kEdsCluster[] =
    "name: \"web\" type: EDS eds_cluster_config { eds_config { ads {} } } "
    "connect_timeout { seconds: 1 }";

class DiscoveryTest : public discovery::ResourceFixture {
 protected:
  DiscoveryTest() {
    discovery_.SetAnswered([this] { ++answered_; });
    UseSource();
    discovery_.BeginClusters(*sources_.Resolve(Ads(), discovery::ClusterType(), faults_));
    discovery_.BeginListeners(*sources_.Resolve(Ads(), discovery::ListenerType(), faults_));
  }

  // Of those of cluster "web".
  admin::ResourceStatus StatusOfEndpoints() {
    for (const auto& record : dump_.Snapshot()) {
      if (record->kind() == admin::ResourceKind::kEndpoint) return record->status();
    }
    ADD_FAILURE() << "there is no record of them";
    return {};
  }

  ListenerManager manager_{{registry_, loop_, stats_, *clusters_, *routes_, node_}, {}};
  Discovery discovery_{false, sources_, *clusters_, manager_, dump_};
  int answered_ = 0;
};

TEST_F(DiscoveryTest, AsksForAllClustersAndListeners) {
  EXPECT_TRUE(source_.by_type["Cluster"].wants_all);
  EXPECT_TRUE(source_.by_type["Listener"].wants_all);
  EXPECT_FALSE(discovery_.has_first_answers());
}

TEST_F(DiscoveryTest, ClustersBringTheirEndpoints) {
  EXPECT_THAT(source_.Deliver<Cluster>("web", kEdsCluster), IsEmpty());
  Turn();
  EXPECT_THAT(source_.by_type["ClusterLoadAssignment"].wanted, ElementsAre("web"));
  EXPECT_FALSE(clusters_->Has("web"));
  EXPECT_EQ(StatusOfEndpoints(), admin::ResourceStatus::kRequested);
  EXPECT_THAT(source_.Deliver<ClusterLoadAssignment>(
                  "web",
                  "cluster_name: \"web\" endpoints { lb_endpoints { endpoint { address { "
                  "socket_address { address: \"127.0.0.1\" port_value: 80 } } } } }"),
              IsEmpty());
  Turn();
  EXPECT_TRUE(clusters_->Has("web"));
  EXPECT_EQ(StatusOfEndpoints(), admin::ResourceStatus::kAcked);
  source_.Remove("ClusterLoadAssignment", "web");
  EXPECT_EQ(StatusOfEndpoints(), admin::ResourceStatus::kDoesNotExist);
  source_.Remove("Cluster", "web");
  Turn();
  EXPECT_FALSE(clusters_->Has("web"));
  EXPECT_THAT(source_.by_type["ClusterLoadAssignment"].wanted, IsEmpty());
  EXPECT_THAT(dump_.Snapshot(), IsEmpty());
}

TEST_F(DiscoveryTest, EndpointsThatNeverComeLeaveTheClusterEmpty) {
  source_.Deliver<Cluster>("web", kEdsCluster);
  Turn();
  source_.TimeOut("ClusterLoadAssignment", {"web"});
  Turn();
  EXPECT_TRUE(clusters_->Has("web"));
  EXPECT_EQ(StatusOfEndpoints(), admin::ResourceStatus::kTimeout);
}

TEST_F(DiscoveryTest, ABadResourceIsRefusedByItself) {
  const auto refusals = source_.Deliver<Cluster>("bad", "name: \"bad\" type: EDS");
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].resource, "bad");
  EXPECT_FALSE(refusals[0].text.empty());
  ASSERT_EQ(dump_.Snapshot().size(), 1u);
  EXPECT_EQ(dump_.Snapshot()[0]->failure().version, "v1");
}

TEST_F(DiscoveryTest, ListenersComeAndGo) {
  EXPECT_THAT(source_.Deliver<Listener>("web", ListenerText("web", "a")), IsEmpty());
  EXPECT_THAT(manager_.ApiNames(), ElementsAre("web"));
  source_.Remove("Listener", "web");
  EXPECT_THAT(manager_.ApiNames(), IsEmpty());
}

TEST_F(DiscoveryTest, ABadListenerIsRefusedWithItsPath) {
  const auto refusals = source_.Deliver<Listener>("web", "name: \"web\"");
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_THAT(refusals[0].text, HasSubstr("address: is required"));
}

TEST_F(DiscoveryTest, TheFirstAnswersAreCountedOnce) {
  source_.Deliver<Cluster>("web", kEdsCluster);
  source_.Remove("Cluster", "web");
  EXPECT_FALSE(discovery_.has_first_answers());
  source_.TimeOut("Listener", {});
  EXPECT_TRUE(discovery_.has_first_answers());
  source_.Deliver<Listener>("web", ListenerText("web", "a"));
  EXPECT_EQ(answered_, 1);
}

}  // namespace
}  // namespace weir::server
