#include "source/clusters/http_options_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/clusters/cluster_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

using envoy::config::cluster::v3::Cluster;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;
constexpr char kExtension[] = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

upstream::ClusterConfig Parse(const Cluster& proto, config::Faults& faults) {
  upstream::ClusterOptions options;
  ParseHttpOptions(proto, options, faults);
  upstream::ClusterConfig config;
  config.options = upstream::ClusterOptions::Share(std::move(options));
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
  EXPECT_EQ(parsed->config->options->idle_timeout_ms, 5'000);
  EXPECT_EQ(parsed->config->options->max_connection_duration_ms, 60'000);
  EXPECT_EQ(parsed->config->options->max_requests_per_connection, 10U);
  EXPECT_EQ(parsed->config->http_config().http1.limits.max_headers, 20U);
  EXPECT_EQ(parsed->config->http_config().http2.limits.max_headers, 20U);
}

TEST(ParseHttpOptions, OlderFormCountsAlone) {
  config::Faults faults;
  const upstream::ClusterConfig config = Parse(ClusterFromYaml(R"(
name: web
max_requests_per_connection: 7
common_http_protocol_options: {idle_timeout: 0s}
)"),
                                               faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(config.options->idle_timeout_ms, 0);
  EXPECT_EQ(config.options->max_requests_per_connection, 7U);
}

TEST(ParseHttpOptions, TypedOptionsTakeTheOlderFormsPlace) {
  auto proto =
      WithOptions(FromYaml<HttpOptions>("explicit_http_config: "
                                        "{http_protocol_options: {}}"));
  proto.mutable_common_http_protocol_options()->mutable_idle_timeout()->set_seconds(1);
  config::Faults faults;
  const upstream::ClusterConfig config = Parse(proto, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(config.options->idle_timeout_ms, upstream::ClusterOptions().idle_timeout_ms);
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

upstream::HttpConfig ParseTyped(std::string_view yaml) {
  config::Faults faults;
  const upstream::ClusterConfig config = Parse(WithOptions(FromYaml<HttpOptions>(yaml)), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return config.http_config();
}

TEST(ParseHttpOptions, ProtocolIsChosen) {
  EXPECT_EQ(ParseTyped("explicit_http_config: {http_protocol_options: {}}").protocol,
            upstream::HttpProtocol::kHttp1);
  const upstream::HttpConfig explicit2 =
      ParseTyped("explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 7}}");
  EXPECT_EQ(explicit2.protocol, upstream::HttpProtocol::kHttp2);
  EXPECT_EQ(explicit2.http2.max_concurrent_streams, 7U);
  const upstream::HttpConfig by_alpn = ParseTyped(
      "auto_config: {http_protocol_options: {enable_trailers: true}, "
      "http2_protocol_options: {hpack_table_size: 0}}");
  EXPECT_EQ(by_alpn.protocol, upstream::HttpProtocol::kByAlpn);
  EXPECT_TRUE(by_alpn.http1.enable_trailers);
  EXPECT_EQ(by_alpn.http2.hpack_table_bytes, 0U);
  EXPECT_EQ(ParseTyped("use_downstream_protocol_config: {}").protocol,
            upstream::HttpProtocol::kByDownstream);
}

TEST(ParseHttpOptions, PlainHttp1NeedsNoConfigOfItsOwn) {
  config::Faults faults;
  EXPECT_EQ(Parse(WithOptions(FromYaml<HttpOptions>("explicit_http_config: "
                                                    "{http_protocol_options: {}}")),
                  faults)
                .options->http,
            nullptr);
  EXPECT_EQ(Parse(ClusterFromYaml("name: web"), faults).options->http, nullptr);
}

TEST(ParseHttpOptions, OlderFormsOfTheProtocol) {
  config::Faults faults;
  EXPECT_EQ(Parse(ClusterFromYaml("{name: web, http2_protocol_options: {}}"), faults)
                .http_config()
                .protocol,
            upstream::HttpProtocol::kHttp2);
  const upstream::ClusterConfig by_downstream =
      Parse(ClusterFromYaml("{name: web, http2_protocol_options: {max_concurrent_streams: 9}, "
                            "protocol_selection: USE_DOWNSTREAM_PROTOCOL, "
                            "upstream_http_protocol_options: {auto_sni: true}}"),
            faults);
  EXPECT_EQ(by_downstream.http_config().protocol, upstream::HttpProtocol::kByDownstream);
  EXPECT_EQ(by_downstream.http_config().http2.max_concurrent_streams, 9U);
  EXPECT_TRUE(by_downstream.http_config().auto_sni);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
}

TEST(ParseHttpOptions, NamesOfRequests) {
  const upstream::HttpConfig names = ParseTyped(R"(
explicit_http_config: {http_protocol_options: {}}
upstream_http_protocol_options:
  auto_sni: true
  auto_san_validation: true
  override_auto_sni_header: X-Host
)");
  EXPECT_TRUE(names.auto_sni && names.auto_san_validation);
  EXPECT_EQ(names.host_header, "x-host");
}

TEST(ParseHttpOptions, ListsFaultsOfHttp2) {
  HttpOptions options;
  options.mutable_explicit_http_config()->mutable_http2_protocol_options();
  options.mutable_upstream_http_protocol_options()->set_auto_sni(true);
  options.mutable_upstream_http_protocol_options()->set_override_auto_sni_header("not a name");
  ExpectFault(WithOptions(options),
              "upstream_http_protocol_options.override_auto_sni_header: is not the name");
  Cluster proto = ClusterFromYaml("name: web");
  proto.mutable_http2_protocol_options()->mutable_max_concurrent_streams()->set_value(0);
  ExpectFault(proto, "http2_protocol_options.max_concurrent_streams: must be from 1");
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
}  // namespace weir::clusters
