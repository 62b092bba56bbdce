#include "source/discovery/health_delegate.h"

#include <gmock/gmock.h>

#include "test/discovery/delegation_fixture.h"
#include "test/xds/fake_network.h"

namespace weir::discovery {
namespace {

namespace core = envoy::config::core::v3;
namespace v3 = envoy::service::health::v3;
using testing::ElementsAre;

class HealthDelegateTest : public DelegationFixture {
 protected:
  HealthDelegateTest() {
    core::Node node;
    node.set_id("me");
    delegate_ = std::make_unique<HealthDelegate>(
        HealthDelegate::Context{loop_, no_workers_, store_, nullptr, random_}, node,
        network_.Servers());
    delegate_->Start();
    Open();
  }
  ~HealthDelegateTest() override {
    delegate_.reset();
    Turn();
  }

  void Open() {
    network_.sent.clear();
    network_.Succeed();
    network_.handler->OnOpen();
    network_.handler->OnAllSent();
  }
  void Ask(const std::vector<ClusterHealthCheck>& clusters, int64_t interval_ms = -1) {
    v3::HealthCheckSpecifier request;
    for (const ClusterHealthCheck& cluster : clusters)
      *request.add_cluster_health_checks() = cluster;
    if (interval_ms >= 0) {
      request.mutable_interval()->set_seconds(interval_ms / 1000);
      request.mutable_interval()->set_nanos(static_cast<int32_t>(interval_ms % 1000) * 1'000'000);
    }
    Say(request.SerializeAsString());
    Turn();
  }
  void Say(std::string bytes) {
    network_.handler->OnDecoded(network_.handler->MakeDecoder()(std::move(bytes)));
  }
  v3::HealthCheckRequestOrEndpointHealthResponse LastSent() {
    v3::HealthCheckRequestOrEndpointHealthResponse message;
    EXPECT_TRUE(!network_.sent.empty() && message.ParseFromString(network_.sent.back()));
    return message;
  }
  v3::EndpointHealthResponse LastReport() {
    EXPECT_TRUE(LastSent().has_endpoint_health_response());
    return LastSent().endpoint_health_response();
  }
  std::vector<std::string> ClustersToldOf() {
    std::vector<std::string> names;
    const v3::EndpointHealthResponse report = LastReport();
    for (const auto& cluster : report.cluster_endpoints_health()) {
      names.push_back(cluster.cluster_name());
    }
    return names;
  }
  // Meanwhile the server takes what it is sent, and the backend answers.
  void Wait(int64_t ms) {
    for (int64_t i = 0; i < ms; i += 50) {
      Advance(50);
      backend_.Answer(answer_);
      Turn();
      network_.handler->OnAllSent();
    }
  }
  HealthDelegateStats& stats() {
    return store_.AddGroup<HealthDelegateStats>("hds_delegate")->Here();
  }
  ClusterHealthCheck Web() { return Cluster("web", HttpCheck(), EndpointText(backend_)); }
  ClusterHealthCheck Shop() { return Cluster("shop", HttpCheck(), EndpointText(other_)); }
  ClusterHealthCheck Bad() { return Cluster("web", HttpCheck("none"), EndpointText(backend_)); }

  std::string answer_ = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
  const std::vector<event::Loop*> no_workers_;
  base::Random random_{1};
  xds::FakeNetwork network_;
  std::unique_ptr<HealthDelegate> delegate_;
};

TEST_F(HealthDelegateTest, SaysWhoItIsAndWhatItCanDo) {
  EXPECT_EQ(network_.method, "/envoy.service.health.v3.HealthDiscoveryService/StreamHealthCheck");
  ASSERT_EQ(network_.sent.size(), 1u);
  const v3::HealthCheckRequest hello = LastSent().health_check_request();
  EXPECT_EQ(hello.node().id(), "me");
  EXPECT_THAT(hello.capability().health_check_protocols(),
              ElementsAre(v3::Capability::HTTP, v3::Capability::TCP));
  Wait(5000);
  EXPECT_EQ(network_.sent.size(), 1u) << "nobody has asked for reports";
}

TEST_F(HealthDelegateTest, ReportsEverySecondUnlessToldOtherwise) {
  Ask({Web(), Shop()});
  EXPECT_EQ(stats().requests.value(), 1u);
  EXPECT_EQ(stats().updates.value(), 1u);
  EXPECT_EQ(stats().clusters.value(), 2);
  EXPECT_EQ(stats().endpoints.value(), 2);
  Wait(950);
  EXPECT_EQ(network_.sent.size(), 1u);
  Wait(50);
  EXPECT_EQ(network_.sent.size(), 2u);
  EXPECT_THAT(ClustersToldOf(), ElementsAre("web", "shop"));
  EXPECT_EQ(LastReport().endpoints_health_size(), 2);
  Ask({Web(), Shop()}, 200);
  Wait(1000);
  EXPECT_EQ(network_.sent.size(), 7u);
  EXPECT_EQ(stats().responses.value(), 7u);
  Ask({Web(), Shop()}, 0);
  Wait(1000);
  EXPECT_EQ(network_.sent.size(), 17u) << "100 ms at least";
  EXPECT_EQ(stats().updates.value(), 3u);
}

TEST_F(HealthDelegateTest, ResultsAreInTheReports) {
  Ask({Web()});
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer() == 1; }));
  Wait(1000);
  EXPECT_EQ(LastReport().endpoints_health(0).health_status(), core::HEALTHY);
}

TEST_F(HealthDelegateTest, AServerThatAsksOftenIsToldAllTheSame) {
  Ask({Web()});
  for (int i = 0; i < 4; ++i) {
    Wait(250);
    Ask(i % 2 == 0 ? std::vector{Web(), Shop()} : std::vector{Web()});
  }
  EXPECT_EQ(network_.sent.size(), 2u);
  EXPECT_EQ(stats().updates.value(), 5u);
  Ask({Web()});
  EXPECT_EQ(stats().updates.value(), 5u) << "the same once more";
}

TEST_F(HealthDelegateTest, AServerThatDoesNotReadHearsLater) {
  Ask({Web()});
  Advance(1000);
  EXPECT_EQ(network_.sent.size(), 2u);
  Advance(1000);
  Advance(1000);
  EXPECT_EQ(network_.sent.size(), 2u);
  network_.handler->OnAllSent();
  Advance(1000);
  EXPECT_EQ(network_.sent.size(), 3u);
}

TEST_F(HealthDelegateTest, ClustersThatAreNamedNoMoreEnd) {
  Ask({Web(), Shop()});
  Ask({Shop()});
  EXPECT_EQ(stats().clusters.value(), 1);
  Wait(1000);
  EXPECT_THAT(ClustersToldOf(), ElementsAre("shop"));
  Ask({});
  Wait(1000);
  EXPECT_TRUE(LastReport().cluster_endpoints_health().empty());
}

TEST_F(HealthDelegateTest, ABadClusterIsRefusedByItself) {
  Ask({Bad(), Shop()});
  EXPECT_EQ(stats().errors.value(), 1u);
  EXPECT_EQ(stats().updates.value(), 1u);
  Wait(1000);
  EXPECT_THAT(ClustersToldOf(), ElementsAre("shop"));
  Ask({Web(), Shop()});
  Ask({Bad(), Shop()});
  EXPECT_EQ(stats().errors.value(), 2u);
  EXPECT_EQ(stats().updates.value(), 2u);
  Wait(1000);
  EXPECT_THAT(ClustersToldOf(), ElementsAre("web", "shop")) << "the last good one";
  Ask({Bad(), Shop()});
  EXPECT_EQ(stats().errors.value(), 2u) << "it is not looked at again";
}

TEST_F(HealthDelegateTest, ANameIsOfOneCluster) {
  Ask({Web(), Cluster("web", HttpCheck(), EndpointText(other_))});
  EXPECT_EQ(stats().errors.value(), 1u);
  EXPECT_EQ(stats().clusters.value(), 1);
  Wait(1000);
  EXPECT_EQ(LastReport().endpoints_health(0).endpoint().address().socket_address().port_value(),
            backend_.address().port());
}

TEST_F(HealthDelegateTest, AnIntervalThatIsNoneLeavesTheLastOne) {
  Ask({Web()}, 200);
  v3::HealthCheckSpecifier request;
  *request.add_cluster_health_checks() = Web();
  request.mutable_interval()->set_nanos(-5);
  Say(request.SerializeAsString());
  EXPECT_EQ(stats().errors.value(), 1u);
  Wait(1000);
  EXPECT_EQ(network_.sent.size(), 6u);
}

TEST_F(HealthDelegateTest, ChecksGoOnWithoutAServer) {
  Ask({Web()});
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer() == 1; }));
  Turn();
  network_.handler->OnEnd(absl::UnavailableError("gone"));
  EXPECT_EQ(stats().errors.value(), 1u);
  Advance(1000);
  answer_ = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n";
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(answer_) == 1; }));
  ASSERT_EQ(network_.dials, 2);
  Open();
  EXPECT_TRUE(LastSent().has_health_check_request());
  Wait(2000);
  EXPECT_EQ(network_.sent.size(), 1u) << "this server has not asked yet";
  Ask({Web()});
  Wait(1000);
  EXPECT_EQ(LastReport().endpoints_health(0).health_status(), core::UNHEALTHY);
  EXPECT_EQ(stats().updates.value(), 1u);
}

TEST_F(HealthDelegateTest, WhatCannotBeReadEndsTheStream) {
  Ask({Web()});
  Say("\xff\xff");
  EXPECT_EQ(network_.streams, 0);
  EXPECT_EQ(stats().errors.value(), 1u);
  EXPECT_EQ(stats().clusters.value(), 1);
  Wait(2000);
  EXPECT_EQ(network_.dials, 2);
}

}  // namespace
}  // namespace weir::discovery
