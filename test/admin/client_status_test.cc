#include "source/admin/client_status.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"

namespace weir::admin {
namespace {

namespace tls = envoy::extensions::transport_sockets::tls::v3;
using envoy::config::cluster::v3::Cluster;
using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusRequest;

google::protobuf::Any Body(const std::string& name, const std::string& key = "") {
  Cluster cluster;
  cluster.set_name(name);
  if (!key.empty()) {
    tls::UpstreamTlsContext context;
    context.mutable_common_tls_context()
        ->add_tls_certificates()
        ->mutable_private_key()
        ->set_inline_string(key);
    cluster.mutable_transport_socket()->mutable_typed_config()->PackFrom(context);
  }
  google::protobuf::Any any;
  any.PackFrom(cluster);
  return any;
}

class ClientStatusTest : public testing::Test {
 protected:
  ClientStatusTest() { node_.set_id("edge-1"); }

  // The one client in the answer; none: its node did not pass.
  std::optional<ClientConfig> Ask() {
    const auto response = AnswerClientStatus(request_, node_, dump_);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok() || response->config_size() == 0) return std::nullopt;
    EXPECT_EQ(response->config_size(), 1);
    return response->config(0);
  }
  ClientConfig::GenericXdsConfig AskOne() {
    const auto config = Ask();
    EXPECT_TRUE(config.has_value() && config->generic_xds_configs_size() == 1);
    return config->generic_xds_configs(0);
  }
  std::string Refusal() {
    const auto response = AnswerClientStatus(request_, node_, dump_);
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(response.status().message());
  }

  envoy::config::core::v3::Node node_;
  ClientStatusRequest request_;
  ConfigDump dump_;
};

TEST_F(ClientStatusTest, ShowsTheNodeAndEachKind) {
  dump_.Set(ResourceKind::kBootstrap, "", "", true, Body("b"), config::Faults());
  for (const ResourceKind kind :
       {ResourceKind::kListener, ResourceKind::kCluster, ResourceKind::kRoute,
        ResourceKind::kEndpoint, ResourceKind::kSecret}) {
    dump_.Request(kind, "x");
  }
  const auto config = Ask();
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->node().id(), "edge-1");
  ASSERT_EQ(config->generic_xds_configs_size(), 5) << "and not the bootstrap";
  for (const auto& one : config->generic_xds_configs()) {
    EXPECT_EQ(one.name(), "x");
    EXPECT_EQ(one.client_status(), envoy::admin::v3::REQUESTED);
    EXPECT_FALSE(one.has_xds_config() || one.has_error_state() || one.has_last_updated());
  }
  EXPECT_EQ(config->generic_xds_configs(1).type_url(),
            "type.googleapis.com/envoy.config.cluster.v3.Cluster");
}

TEST_F(ClientStatusTest, WalksThroughTheStates) {
  dump_.Request(ResourceKind::kCluster, "web");
  EXPECT_EQ(AskOne().client_status(), envoy::admin::v3::REQUESTED);
  dump_.SetAbsent(ResourceKind::kCluster, "web", ResourceStatus::kTimeout);
  EXPECT_EQ(AskOne().client_status(), envoy::admin::v3::TIMEOUT);
  EXPECT_NE(AskOne().error_state().details(), "");
  dump_.SetAbsent(ResourceKind::kCluster, "web", ResourceStatus::kReceivedError, "not for you");
  EXPECT_EQ(AskOne().client_status(), envoy::admin::v3::RECEIVED_ERROR);
  EXPECT_EQ(AskOne().error_state().details(), "not for you");
  dump_.Set(ResourceKind::kCluster, "web", "1", false, Body("web"), config::Faults());
  const auto acked = AskOne();
  EXPECT_EQ(acked.client_status(), envoy::admin::v3::ACKED);
  EXPECT_EQ(acked.version_info(), "1");
  EXPECT_GT(acked.last_updated().seconds(), 0);
  EXPECT_EQ(acked.xds_config().value(), Body("web").value());
  EXPECT_FALSE(acked.has_error_state());
  dump_.Refuse(ResourceKind::kCluster, "web", "2", Body("bad"), "lb_policy: unknown");
  const auto nacked = AskOne();
  EXPECT_EQ(nacked.client_status(), envoy::admin::v3::NACKED);
  EXPECT_EQ(nacked.version_info(), "1") << "what serves";
  EXPECT_EQ(nacked.xds_config().value(), Body("web").value());
  EXPECT_EQ(nacked.error_state().version_info(), "2");
  EXPECT_EQ(nacked.error_state().details(), "lb_policy: unknown");
  EXPECT_EQ(nacked.error_state().failed_configuration().value(), Body("bad").value());
  EXPECT_GT(nacked.error_state().last_update_attempt().seconds(), 0);
  dump_.Remove(ResourceKind::kCluster, "web");
  EXPECT_EQ(Ask()->generic_xds_configs_size(), 0);
  dump_.SetAbsent(ResourceKind::kCluster, "web", ResourceStatus::kDoesNotExist);
  EXPECT_EQ(AskOne().client_status(), envoy::admin::v3::DOES_NOT_EXIST);
}

TEST_F(ClientStatusTest, KeysAreNotShown) {
  dump_.Set(ResourceKind::kCluster, "web", "1", false, Body("web", "KEY"), config::Faults());
  dump_.Refuse(ResourceKind::kCluster, "web", "2", Body("web", "KEY"), "why");
  const std::string bytes = AskOne().SerializeAsString();
  EXPECT_EQ(bytes.find("KEY"), std::string::npos);
  EXPECT_NE(bytes.find("[redacted]"), std::string::npos);
}

TEST_F(ClientStatusTest, ContentsCanBeLeftOut) {
  dump_.Set(ResourceKind::kCluster, "web", "1", true, Body("web"), config::Faults());
  EXPECT_TRUE(AskOne().is_static_resource());
  dump_.Refuse(ResourceKind::kCluster, "web", "2", Body("bad"), "why");
  request_.set_exclude_resource_contents(true);
  const auto config = AskOne();
  EXPECT_FALSE(config.has_xds_config());
  EXPECT_FALSE(config.error_state().has_failed_configuration());
  EXPECT_EQ(config.version_info(), "1");
  EXPECT_EQ(config.error_state().details(), "why");
}

TEST_F(ClientStatusTest, OnlyNodesThatPassAreShown) {
  request_.add_node_matchers()->mutable_node_id()->set_exact("edge-2");
  EXPECT_FALSE(Ask().has_value());
  request_.add_node_matchers()->mutable_node_id()->set_prefix("edge-");
  EXPECT_TRUE(Ask().has_value()) << "one that lets it pass is enough";
  request_.clear_node_matchers();
  request_.add_node_matchers()->mutable_node_id()->mutable_safe_regex()->set_regex("EDGE.*");
  EXPECT_FALSE(Ask().has_value());
  request_.add_node_matchers();
  EXPECT_TRUE(Ask().has_value()) << "a matcher that asks for nothing";
}

TEST_F(ClientStatusTest, WhatIsNotImplementedIsRefused) {
  auto& matcher = *request_.add_node_matchers();
  matcher.GetReflection()->MutableUnknownFields(&matcher)->AddLengthDelimited(2, "");
  EXPECT_NE(Refusal().find("node_metadatas"), std::string::npos) << Refusal();
  request_.clear_node_matchers();
  request_.add_node_matchers()->mutable_node_id()->mutable_safe_regex()->set_regex("(");
  EXPECT_EQ(Refusal().rfind("node_matchers[0].node_id.safe_regex", 0), 0u) << Refusal();
  request_.clear_node_matchers();
  // Whoever asks may say of itself what it likes.
  auto& asks = *request_.mutable_node();
  asks.GetReflection()->MutableUnknownFields(&asks)->AddLengthDelimited(9, "");
  EXPECT_TRUE(Ask().has_value());
}

}  // namespace
}  // namespace weir::admin
