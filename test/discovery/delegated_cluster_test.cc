#include "source/discovery/delegated_cluster.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>

#include "source/base/line_writer.h"
#include "test/discovery/delegation_fixture.h"
#include "test/support/temporary_folder.h"

namespace weir::discovery {
namespace {

namespace core = envoy::config::core::v3;
using envoy::service::health::v3::EndpointHealthResponse;
using testing::HasSubstr;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr char kNo[] = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n";

class DelegatedClusterTest : public DelegationFixture {
 protected:
  ~DelegatedClusterTest() override {
    cluster_.reset();
    Turn();
    threads_.reset();
    Turn();
  }
  bool Update(const ClusterHealthCheck& proto) {
    faults_ = config::Faults();
    const bool is_taken = cluster_->Update(proto, faults_);
    Turn();
    return is_taken;
  }
  // Answers until the endpoint's status is that.
  bool BecomesAs(size_t endpoint, core::HealthStatus status, std::string_view answer = kOk) {
    return TurnUntil([&] {
      backend_.Answer(answer);
      return cluster_->StatusOf(endpoint) == status;
    });
  }
  EndpointHealthResponse Report() {
    EndpointHealthResponse response;
    EXPECT_TRUE(response.ParseFromString(cluster_->Report()));
    return response;
  }
  uint64_t attempts() {
    return store_.AddGroup<health::CheckStats>("cluster.web.health_check")->Here().attempt.value();
  }

  std::unique_ptr<health::CheckThreads> threads_ =
      std::make_unique<health::CheckThreads>(loop_, std::vector<event::Loop*>());
  std::unique_ptr<DelegatedCluster> cluster_ =
      std::make_unique<DelegatedCluster>(DelegatedCluster::Context{*threads_, store_, nullptr});
  config::Faults faults_;
};

TEST_F(DelegatedClusterTest, StatusesFollowTheChecks) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_)))) << faults_.ToString();
  EXPECT_EQ(cluster_->StatusOf(0), core::UNKNOWN) << "not asked yet";
  EXPECT_TRUE(BecomesAs(0, core::HEALTHY));
  Advance(1000);
  EXPECT_TRUE(BecomesAs(0, core::UNHEALTHY, kNo));
  Advance(1000);
  EXPECT_TRUE(BecomesAs(0, core::DEGRADED,
                        "HTTP/1.1 200 OK\r\nx-envoy-degraded: true\r\ncontent-length: 0\r\n\r\n"));
  Advance(1000);
  Advance(500);
  EXPECT_EQ(cluster_->StatusOf(0), core::TIMEOUT);
  Advance(1000);
  EXPECT_TRUE(BecomesAs(0, core::HEALTHY));
  EXPECT_EQ(backend_.Accept(), 3u) << "after what failed, and after the time-out";
}

TEST_F(DelegatedClusterTest, ReportsByLocalityAndFlat) {
  ClusterHealthCheck proto =
      Cluster("web", HttpCheck(), EndpointText(backend_, ", hostname: backend"));
  auto& more = *proto.add_locality_endpoints();
  auto& address = *more.add_endpoints()->mutable_address()->mutable_socket_address();
  address.set_address("127.0.0.1");
  address.set_port_value(other_.address().port());
  other_.Stop();
  ASSERT_TRUE(Update(proto)) << faults_.ToString();
  EXPECT_EQ(cluster_->endpoint_count(), 2u);
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  ASSERT_TRUE(BecomesAs(1, core::UNHEALTHY));
  const EndpointHealthResponse report = Report();
  ASSERT_EQ(report.cluster_endpoints_health_size(), 1);
  const auto& cluster = report.cluster_endpoints_health(0);
  EXPECT_EQ(cluster.cluster_name(), "web");
  ASSERT_EQ(cluster.locality_endpoints_health_size(), 2);
  EXPECT_EQ(cluster.locality_endpoints_health(0).locality().zone(), "a");
  EXPECT_FALSE(cluster.locality_endpoints_health(1).has_locality());
  const auto& first = cluster.locality_endpoints_health(0).endpoints_health(0);
  EXPECT_EQ(first.endpoint().address().socket_address().port_value(), backend_.address().port());
  EXPECT_EQ(first.endpoint().hostname(), "");
  EXPECT_EQ(first.health_status(), core::HEALTHY);
  EXPECT_EQ(cluster.locality_endpoints_health(1).endpoints_health(0).health_status(),
            core::UNHEALTHY);
  ASSERT_EQ(report.endpoints_health_size(), 2);
  EXPECT_EQ(report.endpoints_health(0).health_status(), core::HEALTHY);
  EXPECT_EQ(report.endpoints_health(1).health_status(), core::UNHEALTHY);
}

TEST_F(DelegatedClusterTest, OfSeveralChecksTheWorstFindingCounts) {
  ASSERT_TRUE(
      Update(Cluster("web", HttpCheck("/a") + ", " + HttpCheck("/b"), EndpointText(backend_))))
      << faults_.ToString();
  std::vector<std::string> paths;
  ASSERT_TRUE(TurnUntil([&] {
    for (size_t i = 0; i < backend_.Accept(); ++i) {
      const std::string said = backend_.peer(i).Receive();
      if (said.empty()) continue;
      backend_.peer(i).Send(said.starts_with("GET /a ") ? kOk : kNo);
      paths.push_back(said.substr(0, 6));
    }
    return cluster_->StatusOf(0) == core::UNHEALTHY && paths.size() == 2;
  }));
  EXPECT_THAT(paths, testing::UnorderedElementsAre("GET /a", "GET /b"));
}

TEST_F(DelegatedClusterTest, WhatStaysKeepsItsResultAndItsConnection) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  const std::string before = cluster_->Report();
  // One endpoint more, in front; the check is the same.
  ASSERT_TRUE(
      Update(Cluster("web", HttpCheck(), EndpointText(other_) + ", " + EndpointText(backend_))));
  EXPECT_EQ(cluster_->StatusOf(0), core::UNKNOWN);
  EXPECT_EQ(cluster_->StatusOf(1), core::HEALTHY);
  EXPECT_NE(cluster_->Report(), before);
  Advance(1000);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(kOk) == 1; })) << "it is asked once more";
  Turn();
  EXPECT_EQ(backend_.Accept(), 1u);
  // And one less.
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  EXPECT_EQ(cluster_->StatusOf(0), core::HEALTHY);
  EXPECT_EQ(cluster_->Report(), before);
}

TEST_F(DelegatedClusterTest, AnotherCheckBeginsWithWhatIsKnown) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  ASSERT_TRUE(Update(Cluster("web", HttpCheck("/other"), EndpointText(backend_))));
  EXPECT_EQ(cluster_->StatusOf(0), core::HEALTHY);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 2; }));
  std::string said;
  ASSERT_TRUE(TurnUntil([&] { return !(said += backend_.peer(1).Receive()).empty(); }));
  EXPECT_THAT(said, HasSubstr("GET /other "));
  backend_.peer(1).Send(kNo);
  EXPECT_TRUE(BecomesAs(0, core::UNHEALTHY));
}

TEST_F(DelegatedClusterTest, ConnectionsComeFromWhereTheServerSays) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  ClusterHealthCheck proto = Cluster("web", HttpCheck(), EndpointText(backend_));
  auto& source = *proto.mutable_upstream_bind_config()->mutable_source_address();
  source.set_address("127.0.0.2");
  source.set_port_value(0);
  ASSERT_TRUE(Update(proto)) << faults_.ToString();
  EXPECT_EQ(cluster_->StatusOf(0), core::HEALTHY);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 2; }));
  sockaddr_in from{};
  socklen_t size = sizeof from;
  ASSERT_EQ(getpeername(backend_.peer(1).fd(), reinterpret_cast<sockaddr*>(&from), &size), 0);
  EXPECT_EQ(ntohl(from.sin_addr.s_addr), 0x7f000002u);
}

TEST_F(DelegatedClusterTest, ExemptEndpointsAreNotAsked) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(),
                             EndpointText(backend_,
                                          ", health_check_config: {disable_active_health_check: "
                                          "true}"))));
  Advance(1000);
  EXPECT_EQ(cluster_->StatusOf(0), core::UNKNOWN);
  EXPECT_EQ(attempts(), 0u);
}

TEST_F(DelegatedClusterTest, AFaultLeavesEverythingAsItWas) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  const std::string before = cluster_->Report();
  EXPECT_FALSE(Update(Cluster("web", HttpCheck("none"), EndpointText(other_))));
  EXPECT_THAT(faults_.ToString(), HasSubstr("health_checks[0].http_health_check.path"));
  // Found out later than other faults: nobody writes logs here.
  EXPECT_FALSE(Update(Cluster("web", HttpCheck() + ", " + HttpCheck("/x", ", event_log_path: /x"),
                              EndpointText(other_))));
  EXPECT_THAT(faults_.ToString(), HasSubstr("health_checks[1].event_log_path"));
  EXPECT_EQ(cluster_->Report(), before);
  Advance(1000);
  EXPECT_TRUE(BecomesAs(0, core::UNHEALTHY, kNo)) << "it is still asked";
  EXPECT_EQ(other_.Accept(), 0u);
}

TEST_F(DelegatedClusterTest, EventsAreLogged) {
  test::TemporaryFolder folder;
  base::LineWriter writer;
  cluster_ =
      std::make_unique<DelegatedCluster>(DelegatedCluster::Context{*threads_, store_, &writer});
  const std::string path = folder.path + "/events.log";
  ASSERT_TRUE(Update(
      Cluster("web", HttpCheck("/x", ", event_log_path: '" + path + "'"), EndpointText(backend_))))
      << faults_.ToString();
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  ASSERT_TRUE(writer.Flush());
  std::ifstream in(path);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_THAT(line, HasSubstr("\"cluster_name\":\"web\""));
}

TEST_F(DelegatedClusterTest, ChecksEndWithIt) {
  ASSERT_TRUE(Update(Cluster("web", HttpCheck(), EndpointText(backend_))));
  ASSERT_TRUE(BecomesAs(0, core::HEALTHY));
  cluster_.reset();
  ASSERT_TRUE(TurnUntil([&] {
    backend_.peer(0).Receive();
    return backend_.peer(0).ended() || backend_.peer(0).error() != 0;
  }));
  const uint64_t seen = attempts();
  Advance(3000);
  EXPECT_EQ(attempts(), seen);
}

}  // namespace
}  // namespace weir::discovery
