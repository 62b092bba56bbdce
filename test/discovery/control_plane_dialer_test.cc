#include "source/discovery/control_plane_dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "source/rpc/bidi_stream.h"
#include "test/discovery/resource_fixture.h"
#include "test/support/fake_client_transports.h"

namespace weir::discovery {
namespace {

using envoy::config::core::v3::ApiConfigSource;

class ControlPlaneDialerTest : public ResourceFixture {
 protected:
  ControlPlaneConfig Parse(const std::string& text,
                           ControlPlaneUse use = ControlPlaneUse::kAggregated) {
    return ParseControlPlane(FromText<ApiConfigSource>(text), use, faults_);
  }
  // The error of dialling the cluster, or "connected".
  std::string Dial() {
    std::string outcome;
    auto dialer = CreateDialer(loop_, *clusters_, service_);
    dialer([&](xds::DialResult result) {
      outcome = result.ok() ? "connected" : std::string(result.status().message());
    });
    for (int i = 0; i < 2000 && outcome.empty(); ++i) loop_.RunReady();
    return outcome;
  }
  void AddCluster(const std::string& endpoints) {
    ASSERT_TRUE(clusters_->AddOrUpdate(
        FromText<envoy::config::cluster::v3::Cluster>(absl::StrCat(
            "name: \"xds\" type: STATIC connect_timeout { seconds: 1 } load_assignment { "
            "cluster_name: \"xds\" ",
            endpoints, "}")),
        false, "", faults_))
        << faults_.ToString();
    Turn();
  }

  ControlPlaneService service_{.cluster = "xds",
                               .authority = "",
                               .target_uri = "",
                               .channel_arguments = {},
                               .initial_metadata = {}};
};

TEST_F(ControlPlaneDialerTest, ReadsBothKindsOfServiceInOrder) {
  const ControlPlaneConfig config = Parse(
      "api_type: GRPC transport_api_version: V3 set_node_on_first_message_only: true "
      "grpc_services { envoy_grpc { cluster_name: \"xds\" authority: \"cp\" } "
      "initial_metadata { key: \"k\" value: \"v\" } } "
      "grpc_services { google_grpc { target_uri: \"cp:1\" } }");
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  EXPECT_EQ(config.protocol, xds::Protocol::kStateOfTheWorld);
  EXPECT_FALSE(config.is_aggregated);
  EXPECT_TRUE(config.node_on_first_message_only);
  ASSERT_EQ(config.services.size(), 2u);
  EXPECT_EQ(config.services[0].cluster, "xds");
  EXPECT_EQ(config.services[0].authority, "cp");
  ASSERT_EQ(config.services[0].initial_metadata.size(), 1u);
  EXPECT_EQ(config.services[1].target_uri, "cp:1");
  EXPECT_TRUE(config.services[1].cluster.empty());
  const auto servers = CreateServers(loop_, *clusters_, config);
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].name, "cluster 'xds'");
  EXPECT_EQ(servers[0].initial_metadata, (rpc::Metadata{{"k", "v"}}));
  EXPECT_EQ(servers[1].name, "cp:1");
}

TEST_F(ControlPlaneDialerTest, ReadsTheProtocol) {
  const std::string service = " grpc_services { google_grpc { target_uri: \"cp:1\" } }";
  EXPECT_EQ(Parse("api_type: DELTA_GRPC" + service).protocol, xds::Protocol::kDelta);
  ControlPlaneConfig config =
      Parse("api_type: DELTA_GRPC" + service, ControlPlaneUse::kConfigSource);
  EXPECT_EQ(config.protocol, xds::Protocol::kDelta);
  EXPECT_FALSE(config.is_aggregated);
  config = Parse("api_type: AGGREGATED_GRPC", ControlPlaneUse::kConfigSource);
  EXPECT_EQ(config.protocol, xds::Protocol::kStateOfTheWorld);
  EXPECT_TRUE(config.is_aggregated);
  config = Parse("api_type: AGGREGATED_DELTA_GRPC", ControlPlaneUse::kConfigSource);
  EXPECT_EQ(config.protocol, xds::Protocol::kDelta);
  EXPECT_TRUE(config.is_aggregated);
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  Parse("api_type: AGGREGATED_GRPC" + service, ControlPlaneUse::kConfigSource);
  Parse("api_type: AGGREGATED_GRPC");
  Parse("", ControlPlaneUse::kConfigSource);
  EXPECT_THAT(Lines(),
              testing::ElementsAre("grpc_services: the servers of ads_config are meant: name none",
                                   "api_type: must be GRPC or DELTA_GRPC",
                                   "api_type: must be GRPC, DELTA_GRPC, AGGREGATED_GRPC or "
                                   "AGGREGATED_DELTA_GRPC",
                                   "grpc_services: must name at least one server"));
}

// O22: a control plane that vanished without a word.
TEST_F(ControlPlaneDialerTest, PingsATargetSeldomUnlessToldOtherwise) {
  using Argument = rpc::Channel::Argument;
  ControlPlaneService service;
  EXPECT_EQ(TargetOptions(service).max_message_bytes, kMaxResponseBytes);
  EXPECT_THAT(TargetOptions(service).arguments,
              testing::ElementsAre(Argument("grpc.keepalive_time_ms", 330'000)));
  service.channel_arguments = {{"grpc.keepalive_time_ms", 60'000}};
  EXPECT_THAT(TargetOptions(service).arguments,
              testing::ElementsAre(Argument("grpc.keepalive_time_ms", 60'000)));
}

TEST_F(ControlPlaneDialerTest, ReadsGrpcsOwnArguments) {
  const ControlPlaneConfig config = Parse(
      "api_type: GRPC grpc_services { google_grpc { target_uri: \"cp:1\" channel_args { "
      "args { key: \"grpc.keepalive_time_ms\" value { int_value: 60000 } } "
      "args { key: \"grpc.primary_user_agent\" value { string_value: \"us\" } } } } }");
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  ASSERT_EQ(config.services.size(), 1u);
  EXPECT_THAT(config.services[0].channel_arguments,
              testing::UnorderedElementsAre(
                  rpc::Channel::Argument("grpc.keepalive_time_ms", 60'000),
                  rpc::Channel::Argument("grpc.primary_user_agent", std::string("us"))));
  Parse(
      "api_type: GRPC grpc_services { google_grpc { target_uri: \"cp:1\" channel_args { "
      "args { key: \"a\" value { int_value: 5000000000 } } } } }");
  EXPECT_THAT(Lines(), testing::ElementsAre("grpc_services[0].google_grpc.channel_args: a: "
                                            "5000000000 does not fit into the 32 bits that gRPC "
                                            "takes"));
}

TEST(ControlPlaneConnectOptionsTest, ProbesASilentConnectionAsTheClusterSaysOrByItself) {
  net::ConnectOptions of_cluster;
  of_cluster.timeout_ms = 7;
  net::ConnectOptions options = ControlPlaneConnectOptions(of_cluster);
  EXPECT_EQ(options.timeout_ms, 7);
  EXPECT_TRUE(options.tcp_keepalive);
  EXPECT_EQ(options.keepalive_time_s, 30);
  of_cluster.tcp_keepalive = true;
  of_cluster.keepalive_time_s = 300;
  options = ControlPlaneConnectOptions(of_cluster);
  EXPECT_EQ(options.keepalive_time_s, 300);
  EXPECT_EQ(options.keepalive_probes, 0) << "the kernel's";
}

TEST_F(ControlPlaneDialerTest, TellsWhatIsNotImplemented) {
  Parse("transport_api_version: V2");
  Parse("api_type: GRPC grpc_services { }");
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "api_type: must be GRPC or DELTA_GRPC");
  EXPECT_EQ(lines[1], "transport_api_version: V2 is gone; V3 is implemented");
  EXPECT_EQ(lines[2], "grpc_services: must name at least one server");
  EXPECT_EQ(lines[3], "grpc_services[0]: needs envoy_grpc or google_grpc");
}

TEST_F(ControlPlaneDialerTest, AClusterThatIsNotThereOrEmptyIsAnError) {
  EXPECT_EQ(Dial(), "cluster 'xds' is not there");
  AddCluster("");
  EXPECT_EQ(Dial(), "cluster 'xds' has no host");
}

// Gives every cluster with a transport socket the same one.
struct Transports final : clusters::ClientTransportParser {
  std::shared_ptr<const net::ClientTransportFactory> Parse(const google::protobuf::Any&,
                                                           std::string_view,
                                                           config::Faults&) const override {
    return factory;
  }
  std::shared_ptr<test::FakeClientTransports> factory =
      std::make_shared<test::FakeClientTransports>();
};

TEST_F(ControlPlaneDialerTest, SecuresTheConnectionAsTheClusterSays) {
  const Transports transports;
  clusters::ClusterManager::Options options(loop_, stats_);
  options.transports = &transports;
  const auto clusters = clusters::ClusterManager::Create(options);
  const int fd = Bind();
  const std::string text = absl::StrCat(
      "name: \"xds\" transport_socket { typed_config { type_url: \"a/secure\" } } "
      "upstream_http_protocol_options { auto_sni: true auto_san_validation: true } "
      "load_assignment { cluster_name: \"xds\" endpoints { lb_endpoints { endpoint { ",
      AddressText(address_.port()), " } } } }");
  ASSERT_TRUE(clusters->AddOrUpdate(FromText<envoy::config::cluster::v3::Cluster>(text), false, "",
                                    faults_))
      << faults_.ToString();
  Turn();
  service_.authority = "Control.Example:15010";
  std::string outcome;
  auto dialer = CreateDialer(loop_, *clusters, service_);
  const auto dial = [&](std::string_view hello) {
    outcome.clear();
    dialer([&](xds::DialResult result) {
      outcome = result.ok() ? "connected" : std::string(result.status().message());
    });
    net::RawPeer peer;
    for (int i = 0; i < 5000 && outcome.empty(); ++i) {
      loop_.RunReady();
      if (peer.fd() >= 0) continue;
      peer.Adopt(accept(fd, nullptr, nullptr));
      if (peer.fd() >= 0) peer.Send(hello);
    }
  };
  dial("H");
  EXPECT_EQ(outcome, "connected");
  ASSERT_EQ(transports.factory->asked.size(), 1U);
  EXPECT_EQ(transports.factory->asked[0].alpn, "h2");
  EXPECT_EQ(transports.factory->asked[0].server_name, "control.example");
  EXPECT_EQ(transports.factory->asked[0].verified_name, "control.example");
  dial("X");
  EXPECT_NE(outcome.find("handshake failed: bad hello"), std::string::npos) << outcome;
  transports.factory->is_ready = false;
  dial("H");
  EXPECT_EQ(outcome, "no certificate yet");
  close(fd);
}

TEST_F(ControlPlaneDialerTest, DialsAHostOfTheCluster) {
  const int fd = Bind();
  AddCluster(absl::StrCat("endpoints { lb_endpoints { endpoint { ", AddressText(address_.port()),
                          " } } }"));
  EXPECT_EQ(Dial(), "connected");
  close(fd);
}

}  // namespace
}  // namespace weir::discovery
