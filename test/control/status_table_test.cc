#include "source/control/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::control {
namespace {

using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusResponse;

constexpr char kCluster[] = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

ClientConfig::GenericXdsConfig& Add(ClientConfig& config, const std::string& name,
                                    envoy::admin::v3::ClientResourceStatus status) {
  auto& resource = *config.add_generic_xds_configs();
  resource.set_type_url(kCluster);
  resource.set_name(name);
  resource.set_client_status(status);
  return resource;
}

TEST(StatusTableTest, ColumnsAreAligned) {
  ClientStatusResponse response;
  ClientConfig& config = *response.add_config();
  auto& good = Add(config, "a-long-name", envoy::admin::v3::ACKED);
  good.set_version_info("7");
  good.mutable_last_updated()->set_seconds(1'767'225'845);
  auto& bad = Add(config, "b", envoy::admin::v3::NACKED);
  bad.set_type_url("type.googleapis.com/envoy.config.route.v3.RouteConfiguration");
  bad.mutable_error_state()->set_version_info("8");
  bad.mutable_error_state()->set_details("name: is missing\nroutes: too many");
  auto& fixed = Add(config, "c", envoy::admin::v3::ACKED);
  fixed.set_is_static_resource(true);
  fixed.mutable_last_updated()->set_seconds(0);
  EXPECT_EQ(StatusTable(response),
            "TYPE     NAME         VERSION  STATUS  UPDATED               ERROR\n"
            "cluster  a-long-name  7        ACKED   2026-01-01T00:04:05Z  -\n"
            "route    b            -        NACKED  -                     "
            "version 8: name: is missing; routes: too many\n"
            "cluster  c            static   ACKED   1970-01-01T00:00:00Z  -\n"
            "3 resources: 2 ACKED, 1 NACKED\n");
  EXPECT_TRUE(HasRefusal(response));
}

TEST(StatusTableTest, NoRefusalIsFine) {
  ClientStatusResponse response;
  EXPECT_EQ(StatusTable(response), "no client\n");
  EXPECT_FALSE(HasRefusal(response));
  ClientConfig& config = *response.add_config();
  EXPECT_THAT(StatusTable(response), testing::EndsWith("\n0 resources\n"));
  Add(config, "a", envoy::admin::v3::TIMEOUT);
  EXPECT_THAT(StatusTable(response), testing::EndsWith("\n1 resource: 1 TIMEOUT\n"));
  EXPECT_FALSE(HasRefusal(response));
}

TEST(StatusTableTest, SeveralClientsAreToldApart) {
  ClientStatusResponse response;
  response.add_config()->mutable_node()->set_id("one");
  response.add_config()->mutable_node()->set_id("two");
  EXPECT_THAT(StatusTable(response), testing::HasSubstr("node one\nTYPE"));
  EXPECT_THAT(StatusTable(response), testing::HasSubstr("node two\nTYPE"));
}

TEST(StatusTableTest, NothingReachesTheTerminalUnprintable) {
  ClientStatusResponse response;
  ClientConfig& config = *response.add_config();
  auto& resource = Add(config, "\x1b[2J", static_cast<envoy::admin::v3::ClientResourceStatus>(77));
  resource.set_type_url("a/\x07");
  resource.set_version_info("\r");
  resource.mutable_error_state()->set_details(
      "\xc2\x9b"
      "31m");
  const std::string text = StatusTable(response);
  for (const char c : text) EXPECT_TRUE((c >= ' ' && c < 127) || c == '\n') << text;
  EXPECT_THAT(text, testing::HasSubstr("77"));
}

}  // namespace
}  // namespace weir::control
