#include "source/config/load.h"

#include <gtest/gtest.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;
using envoy::config::cluster::v3::Cluster;
using envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;
using google::protobuf::Any;

std::string Load(std::string_view text, google::protobuf::Message& into,
                 const LoadOptions& options = {}) {
  Faults faults("b.yaml");
  const bool is_loaded = LoadText(text, into, faults, options);
  EXPECT_EQ(is_loaded, faults.ok());
  return faults.ToString();
}

constexpr std::string_view kBootstrap = R"(
node: {id: weir-1, cluster: front}
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 9901}}
static_resources:
  listeners:
  - name: web
    address: {socket_address: {address: 0.0.0.0, port_value: 10000}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": "type.googleapis.com/envoy.extensions.filters.network.\
            http_connection_manager.v3.HttpConnectionManager"
          stat_prefix: web
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route:
                  weightedClusters:
                    clusters: [{name: a, weight: 90}, {name: b, weight: "10"}]
                  timeout: {seconds: 3}
  clusters:
  - name: a
    type: strict_dns
    connect_timeout: 0.25s
    load_assignment:
      cluster_name: a
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: backend, port_value: 80}}}
          load_balancing_weight: 2
)";

TEST(LoadText, ReadsABootstrap) {
  Bootstrap bootstrap;
  ASSERT_EQ(Load(kBootstrap, bootstrap), "");
  EXPECT_EQ(bootstrap.node().id(), "weir-1");
  const auto& cluster = bootstrap.static_resources().clusters(0);
  EXPECT_EQ(cluster.type(), Cluster::STRICT_DNS);
  EXPECT_EQ(cluster.connect_timeout().nanos(), 250000000);
  envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager manager;
  const auto& filter = bootstrap.static_resources().listeners(0).filter_chains(0).filters(0);
  ASSERT_TRUE(filter.typed_config().UnpackTo(&manager));
  const auto& route = manager.route_config().virtual_hosts(0).routes(0).route();
  EXPECT_EQ(route.weighted_clusters().clusters(1).weight().value(), 10u);
  EXPECT_EQ(route.timeout().seconds(), 3);
}

// A static bootstrap that is wrong in several places (fault-catalogue entry O34).
TEST(LoadText, ListsEveryFaultAtOnce) {
  Bootstrap bootstrap;
  EXPECT_EQ(Load(R"(admin:
  address:
    socket_address: {address: 127.0.0.1, port_value: 70000}
static_resources:
  listeners:
  - name: web
    address: {}
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          cluster: a
          max_connect_attempts: 0
  clusters:
  - nmae: a
    connect_timeout: -1s
    eds_cluster_config:
      eds_config: {api_config_source: {api_type: REST}}
  - name: b
    filters: []
    load_assignment: {endpoints: []}
)",
                 bootstrap),
            "b.yaml:3:42: admin.address.socket_address.port_value: value 70000 is out of range "
            "(0 to 65535)\n"
            "b.yaml:14:11: static_resources.listeners[0].filter_chains[0].filters[0].typed_config."
            "max_connect_attempts: value 0 is out of range (1 to 4294967295)\n"
            "b.yaml:16:5: static_resources.clusters[0].nmae: unknown field (did you mean "
            "`name`?)\n"
            "b.yaml:19:40: static_resources.clusters[0].eds_cluster_config.eds_config."
            "api_config_source.api_type: \"REST\" is known to Envoy, not implemented by Weir\n"
            "b.yaml:21:5: static_resources.clusters[1].filters: known to Envoy, not "
            "implemented by Weir\n"
            "b.yaml:7:5: static_resources.listeners[0].address: one of `socket_address`, `pipe` "
            "must be set\n"
            "b.yaml:11:9: static_resources.listeners[0].filter_chains[0].filters[0].typed_config."
            "stat_prefix: must not be empty\n"
            "b.yaml:16:5: static_resources.clusters[0].name: must not be empty\n"
            "b.yaml:17:5: static_resources.clusters[0].connect_timeout: value -1s is out of range "
            "(more than 0s)\n"
            "b.yaml:22:5: static_resources.clusters[1].load_assignment.cluster_name: must not be "
            "empty");
}

// YAML that is odd or hostile (fault-catalogue entry O35).
TEST(LoadText, RefusesOddTexts) {
  struct Case {
    std::string text, fault;
  };
  for (const Case& c : {
           Case{"", "b.yaml:1:1: is empty"},
           Case{"~", "b.yaml:1:1: is empty"},
           Case{"name: a\nname: a\n", "b.yaml:2:1: name: is there twice, first at 1:1"},
           Case{"name: a\n\tname: b\n", "b.yaml:2:1: a tab in the indentation; YAML takes spaces"},
           Case{"\xEF\xBB\xBFname: a\n",
                "b.yaml:1:1: begins with a byte order mark; save it as UTF-8 without one"},
           Case{"name: a\nconnect_timeout: .nan\n",
                "b.yaml:2:1: connect_timeout: \".nan\" is not a duration such as \"1.5s\""},
           Case{"name: a\nconnect_timeout: -5s\n",
                "b.yaml:2:1: connect_timeout: value -5s is out of range (more than 0s)"},
           Case{"name: a\ndns_refresh_rate: 0s\n",
                "b.yaml:2:1: dns_refresh_rate: value 0s is out of range (more than 0.001s)"},
           Case{"name: a\nper_connection_buffer_limit_bytes: 99999999999999999999\n",
                "b.yaml:2:1: per_connection_buffer_limit_bytes: value 99999999999999999999 is out "
                "of range (0 to 4294967295)"},
           Case{"name: a\nmetadata: " + std::string(200, '[') + std::string(200, ']'),
                "b.yaml:2:110: nested more than 100 deep"},
       }) {
    Cluster cluster;
    EXPECT_EQ(Load(c.text, cluster), c.fault) << c.text.substr(0, 40);
  }
}

TEST(LoadText, UnsupportedFieldsMayBeAllowed) {
  Cluster cluster;
  Faults faults;
  EXPECT_TRUE(LoadText("{name: a, filters: []}", cluster, faults, {.allow_unsupported = true}));
  ASSERT_EQ(faults.ignored().size(), 1u);
  EXPECT_EQ(faults.ignored()[0].path, "filters");
}

TEST(LoadText, EarlierFaultsOfTheCallerDoNotCount) {
  Cluster cluster;
  Faults faults;
  faults.Add("elsewhere", "is bad");
  EXPECT_TRUE(LoadText("name: a", cluster, faults));
}

TEST(MergeText, OverlaysAsProtobufMerges) {
  Bootstrap bootstrap;
  Faults faults("b.yaml");
  ASSERT_TRUE(LoadText("{node: {id: a, cluster: c}, static_resources: {clusters: [{name: x}]}}",
                       bootstrap, faults));
  const LoadOptions overlay{.source_name = "--config-yaml"};
  ASSERT_TRUE(MergeText("{node: {id: b}, static_resources: {clusters: [{name: y}]}}", bootstrap,
                        faults, overlay));
  EXPECT_EQ(bootstrap.node().id(), "b");
  EXPECT_EQ(bootstrap.node().cluster(), "c");
  EXPECT_EQ(bootstrap.static_resources().clusters_size(), 2);
  EXPECT_FALSE(MergeText("a: [", bootstrap, faults, overlay));
  EXPECT_FALSE(MergeText("{nod: {}}", bootstrap, faults, overlay));
  EXPECT_EQ(faults.ToString(),
            "--config-yaml:1:1: is not YAML here: end of sequence flow not found\n"
            "--config-yaml:1:2: nod: unknown field (did you mean `node`?)");
}

template <class TypedStruct>
Any PackTypedStruct(const std::string& type_url, std::string_view yaml) {
  TypedStruct content;
  content.set_type_url(type_url);
  Faults faults;
  EXPECT_TRUE(LoadText(yaml, *content.mutable_value(), faults)) << faults.ToString();
  Any any;
  any.PackFrom(content);
  return any;
}

TEST(Unpack, TakesTheMessageOrATypedStruct) {
  TcpProxy expected;
  expected.set_stat_prefix("s");
  expected.set_cluster("c");
  Any plain;
  plain.PackFrom(expected);
  const std::string url = plain.type_url();
  constexpr std::string_view kYaml = "{statPrefix: s, cluster: c}";
  for (const Any& any : {plain, PackTypedStruct<xds::type::v3::TypedStruct>(url, kYaml),
                         PackTypedStruct<udpa::type::v1::TypedStruct>(url, kYaml)}) {
    EXPECT_EQ(TypeUrlOf(any), url);
    TcpProxy proxy;
    Faults faults;
    EXPECT_TRUE(Unpack(any, proxy, faults)) << faults.ToString();
    EXPECT_EQ(proxy.stat_prefix(), "s");
    EXPECT_EQ(proxy.cluster(), "c");
  }
}

TEST(Unpack, SaysWhatIsWrong) {
  Any wrong;
  wrong.PackFrom(Cluster());
  Any broken;
  broken.set_type_url("a/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");
  broken.set_value("\xFF");
  Any broken_struct;
  broken_struct.set_type_url("a/xds.type.v3.TypedStruct");
  broken_struct.set_value("\xFF");
  Any old;
  old.set_type_url("type.googleapis.com/envoy.config.filter.network.tcp_proxy.v2.TcpProxy");
  Any invalid;
  invalid.PackFrom(TcpProxy());
  const std::string name = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  struct Case {
    Any any;
    std::string fault;
  };
  for (const Case& c : {
           Case{wrong, "typed_config: is of type `envoy.config.cluster.v3.Cluster`, must be `" +
                           name + "`"},
           Case{broken, "typed_config: its bytes are not a " + name},
           Case{broken_struct, "typed_config: its bytes are not a TypedStruct"},
           Case{Any(), "typed_config: the type URL is missing"},
           Case{old,
                "typed_config: type `envoy.config.filter.network.tcp_proxy.v2.TcpProxy` is of "
                "an API version that is gone; use `" +
                    name + "`"},
           Case{PackTypedStruct<xds::type::v3::TypedStruct>("a/" + name, "{stat_prefx: s}"),
                "typed_config.stat_prefx: unknown field (did you mean `stat_prefix`?)"},
           Case{PackTypedStruct<xds::type::v3::TypedStruct>("a/x.Y", "{}"),
                "typed_config: unknown type \"x.Y\""},
           Case{invalid,
                "typed_config: one of `cluster`, `weighted_clusters` must be set\n"
                "typed_config.stat_prefix: must not be empty"},
       }) {
    Faults faults;
    Faults::Scope scope(faults, "typed_config");
    TcpProxy proxy;
    EXPECT_FALSE(Unpack(c.any, proxy, faults));
    EXPECT_EQ(faults.ToString(), c.fault);
  }
}

TEST(Unpack, HarmlessUnknownFieldsAreIgnoredBothWays) {
  TcpProxy proxy;
  proxy.set_stat_prefix("s");
  proxy.set_cluster("c");
  proxy.GetReflection()->MutableUnknownFields(&proxy)->AddLengthDelimited(17, "");
  Any any;
  any.PackFrom(proxy);
  const std::string url = any.type_url();
  for (const Any& sent : {any, PackTypedStruct<xds::type::v3::TypedStruct>(
                                   url, "{stat_prefix: s, cluster: c, access_log_options: {}}")}) {
    Faults faults;
    EXPECT_TRUE(Unpack(sent, proxy, faults)) << faults.ToString();
    ASSERT_EQ(faults.ignored().size(), 1u);
    EXPECT_EQ(faults.ignored()[0].path, "access_log_options");
  }
}

TEST(CheckMessage, SaysWhatIsWrong) {
  Faults faults;
  EXPECT_FALSE(CheckMessage(Cluster(), faults));
  EXPECT_EQ(faults.ToString(), "name: must not be empty");
}

}  // namespace
}  // namespace weir::config
