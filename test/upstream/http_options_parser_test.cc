#include "source/upstream/http_options_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/upstream/cluster_parser.h"
#include "test/upstream/proto_fixture.h"

namespace weir::upstream {
namespace {

using envoy::config::cluster::v3::Cluster;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;
constexpr char kExtension[] = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

ClusterConfig Parse(const Cluster& proto, config::Faults& faults) {
  ClusterConfig config;
  ParseHttpOptions(proto, config, faults);
  return config;
}

// Made in code, not read from YAML: reflection over maps of messages is not instrumented for the
// thread sanitizer in the system's protobuf.
Cluster WithOptions(const google::protobuf::Message& options) {
  Cluster proto;
  proto.set_name("web");
  (*proto.mutable_typed_extension_protocol_options())[kExtension].PackFrom(options);
  return proto;
}

void ExpectFault(const Cluster& proto, std::string_view expected) {
  config::Faults faults;
  Parse(proto, faults);
  EXPECT_NE(faults.ToString().find(expected), std::string::npos) << expected << "\nis not in\n"
                                                                 << faults.ToString();
}

constexpr char kHttp1[] = R"(
common_http_protocol_options:
  idle_timeout: 5s
  max_connection_duration: 60s
  max_requests_per_connection: 10
  max_headers_count: 20
explicit_http_config: {http_protocol_options: {}}
)";

TEST(ParseHttpOptions, ReachesTheClustersConfiguration) {
  config::Faults faults;
  const auto parsed = ParseCluster(WithOptions(FromYaml<HttpOptions>(kHttp1)), faults);
  ASSERT_TRUE(parsed.has_value()) << faults.ToString();
  EXPECT_EQ(parsed->config->idle_timeout_ms, 5'000);
  EXPECT_EQ(parsed->config->max_connection_duration_ms, 60'000);
  EXPECT_EQ(parsed->config->max_requests_per_connection, 10U);
  ASSERT_NE(parsed->config->http1, nullptr);
  EXPECT_EQ(parsed->config->http1->limits.max_headers, 20U);
}

TEST(ParseHttpOptions, OlderFormCountsAlone) {
  config::Faults faults;
  const ClusterConfig config = Parse(ClusterFromYaml(R"(
name: web
max_requests_per_connection: 7
common_http_protocol_options: {idle_timeout: 0s}
)"),
                                     faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(config.idle_timeout_ms, 0);
  EXPECT_EQ(config.max_requests_per_connection, 7U);
}

TEST(ParseHttpOptions, TypedOptionsTakeTheOlderFormsPlace) {
  auto proto =
      WithOptions(FromYaml<HttpOptions>("explicit_http_config: "
                                        "{http_protocol_options: {}}"));
  proto.mutable_common_http_protocol_options()->mutable_idle_timeout()->set_seconds(1);
  config::Faults faults;
  const ClusterConfig config = Parse(proto, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(config.idle_timeout_ms, ClusterConfig().idle_timeout_ms);
  ASSERT_EQ(faults.ignored().size(), 1U);
  EXPECT_EQ(faults.ignored()[0].path, "common_http_protocol_options");
}

TEST(ParseHttpOptions, ListsFaults) {
  Cluster proto;
  auto& common = *proto.mutable_common_http_protocol_options();
  common.mutable_idle_timeout()->set_seconds(-1);
  common.mutable_max_connection_duration()->set_seconds(-1);
  common.mutable_max_headers_count()->set_value(0);
  common.mutable_max_stream_duration()->set_seconds(1);
  (*proto.mutable_typed_extension_protocol_options())["other"];
  for (const char* expected :
       {"common_http_protocol_options.idle_timeout: must not be negative",
        "common_http_protocol_options.max_connection_duration: must not be negative",
        "common_http_protocol_options.max_headers_count: must be at least 1",
        "common_http_protocol_options.max_stream_duration: is not implemented",
        "typed_extension_protocol_options[other]: is not implemented"}) {
    ExpectFault(proto, expected);
  }
}

TEST(ParseHttpOptions, AnotherTypeIsRefused) {
  ExpectFault(WithOptions(ClusterFromYaml("name: web")),
              "must be of type envoy.extensions.upstreams.http.v3.HttpProtocolOptions");
}

TEST(ParseHttpOptions, Http2IsRefused) {
  ExpectFault(WithOptions(FromYaml<HttpOptions>("explicit_http_config: "
                                                "{http2_protocol_options: {}}")),
              "explicit_http_config.http2_protocol_options: HTTP/2 upstream is not implemented");
}

// Field 5 is auto_config, which chooses between the versions by ALPN; 4 follows downstream's.
TEST(ParseHttpOptions, ChoosingTheVersionIsRefused) {
  for (const char* wire : {"\x2a", "\x22"}) {
    Cluster proto = WithOptions(HttpOptions());
    (*proto.mutable_typed_extension_protocol_options())[kExtension].set_value(std::string(wire, 1) +
                                                                              std::string(1, '\0'));
    ExpectFault(proto, "typed_extension_protocol_options[");
  }
}

TEST(ParseHttpOptions, TellsWhatIsForDownstream) {
  config::Faults faults;
  Parse(WithOptions(FromYaml<HttpOptions>(R"(
common_http_protocol_options: {headers_with_underscores_action: ALLOW}
explicit_http_config: {http_protocol_options: {accept_http_10: true}}
)")),
        faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(faults.ignored().size(), 2U);
}

}  // namespace
}  // namespace weir::upstream
