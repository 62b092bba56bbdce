#include "source/config/harmless_fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "source/config/envoy_fields.h"
#include "source/config/type_urls.h"

namespace weir::config {
namespace {

TEST(HarmlessFields, AreFoundByMessageAndName) {
  EXPECT_TRUE(IsHarmlessField("envoy.config.cluster.v3.Cluster", "track_cluster_stats"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.cluster.v3.Cluster", "filters"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.cluster.v3.Cluster", ""));
}

// A field that decides what is let through or where it goes must refuse its resource.
TEST(HarmlessFields, HoldNothingThatSteersTraffic) {
  EXPECT_FALSE(IsHarmlessField("envoy.config.route.v3.RouteMatch", "dynamic_metadata"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.route.v3.RouteAction", "metadata_match"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.route.v3.RouteAction", "request_mirror_policies"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.listener.v3.FilterChainMatch", "address_suffix"));
  EXPECT_FALSE(IsHarmlessField("envoy.config.cluster.v3.Cluster", "transport_socket_matches"));
}

TEST(HarmlessFields, AreFieldsOfEnvoyThatWeirHasNot) {
  // The messages that the checks below look up are linked only when something uses them.
  for (const google::protobuf::Descriptor* used :
       {envoy::config::bootstrap::v3::Bootstrap::descriptor(),
        envoy::extensions::filters::network::http_connection_manager::v3::Rds::descriptor(),
        envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy::descriptor()}) {
    ASSERT_NE(used, nullptr);
  }
  size_t declared_count = 0;
  for (const std::string_view entry : HarmlessFields()) {
    const std::string_view message = entry.substr(0, entry.rfind('.'));
    const std::string_view field = entry.substr(entry.rfind('.') + 1);
    EXPECT_TRUE(envoy_fields::HasMember(message, field)) << entry;
    const auto* type = FindMessageType(message);
    if (type == nullptr) continue;
    ++declared_count;
    EXPECT_EQ(type->FindFieldByName(std::string(field)), nullptr)
        << entry << " is implemented: take it off the list";
  }
  EXPECT_GT(declared_count, 50u);
  EXPECT_TRUE(std::is_sorted(HarmlessFields().begin(), HarmlessFields().end()));
}

}  // namespace
}  // namespace weir::config
