#include "source/config/message_reader.h"

#include <gtest/gtest.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::Filter;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using google::protobuf::Message;

// Reads `text` into `into` and answers the faults.
std::string Read(std::string_view text, Message& into, ReadOptions options = {}) {
  Faults faults("f");
  const int index = faults.source_map().AddDocument();
  const auto document = TextDocument::Parse(text, faults, index);
  if (document != nullptr) {
    faults.source_map().Attach(index, document);
    MessageReader(faults, options).Read(document->root(), into, {});
  }
  return faults.ToString();
}

TEST(MessageReader, TakesBothSpellingsOfKeys) {
  Cluster cluster;
  EXPECT_EQ(
      Read("name: a\nconnect_timeout: 1s\naltStatName: b\nlbPolicy: LEAST_REQUEST\n", cluster), "");
  EXPECT_EQ(cluster.name(), "a");
  EXPECT_EQ(cluster.connect_timeout().seconds(), 1);
  EXPECT_EQ(cluster.alt_stat_name(), "b");
  EXPECT_EQ(cluster.lb_policy(), Cluster::LEAST_REQUEST);
}

TEST(MessageReader, WrappersAreBareValues) {
  Listener listener;
  EXPECT_EQ(
      Read("{per_connection_buffer_limit_bytes: 7, bind_to_port: false, transparent: ~}", listener),
      "");
  EXPECT_EQ(listener.per_connection_buffer_limit_bytes().value(), 7u);
  EXPECT_TRUE(listener.has_bind_to_port());
  EXPECT_FALSE(listener.bind_to_port().value());
  EXPECT_FALSE(listener.has_transparent());
}

TEST(MessageReader, ListsMapsAndStructs) {
  Cluster cluster;
  EXPECT_EQ(Read("metadata: {filter_metadata: {envoy.lb: {canary: true}, b: {}}}\n"
                 "circuit_breakers:\n  thresholds:\n  - max_requests: 1\n  - priority: HIGH\n",
                 cluster),
            "");
  const auto& metadata = cluster.metadata().filter_metadata();
  EXPECT_EQ(metadata.size(), 2u);
  EXPECT_TRUE(metadata.at("envoy.lb").fields().at("canary").bool_value());
  EXPECT_EQ(cluster.circuit_breakers().thresholds_size(), 2);
}

TEST(MessageReader, FaultsHavePlaceAndPath) {
  struct Case {
    std::string_view text, faults;
  };
  for (const Case& c : {
           Case{"name: a\nconect_timeout: 1s\n",
                "f:2:1: conect_timeout: unknown field (did you mean `connect_timeout`?)"},
           Case{"conectTimeout: 1s\n",
                "f:1:1: conectTimeout: unknown field (did you mean `connect_timeout`?)"},
           Case{"zzz: 1\n", "f:1:1: zzz: unknown field"},
           Case{"<<: 1\n", "f:1:1: <<: unknown field"},
           Case{"filters: []\n", "f:1:1: filters: known to Envoy, not implemented by Weir"},
           Case{"trackClusterStats: {}\n",
                "f:1:1: trackClusterStats: known to Envoy, not implemented by Weir"},
           Case{"name: a\nname: b\n", "f:2:1: name: is there twice, first at 1:1"},
           Case{"alt_stat_name: a\naltStatName: b\n",
                "f:2:1: alt_stat_name: is there twice, first at 1:1"},
           Case{"metadata: {filter_metadata: {a: {}, a: {}}}\n",
                "f:1:37: metadata.filter_metadata[a]: is there twice"},
           Case{"name: [a]\n", "f:1:1: name: must be one value, not a list"},
           Case{"name: {a: b}\n", "f:1:1: name: must be one value, not a map"},
           Case{"load_assignment: 1\n", "f:1:1: load_assignment: must be a map of fields"},
           Case{"dns_resolvers: {}\n", "f:1:1: dns_resolvers: must be a list"},
           Case{"metadata: {filter_metadata: []}\n",
                "f:1:12: metadata.filter_metadata: must be a map"},
           Case{"circuit_breakers: {thresholds: [~]}\n",
                "f:1:33: circuit_breakers.thresholds[0]: must be a map of fields"},
           Case{"connect_timeout: 10\n",
                "f:1:1: connect_timeout: \"10\" is not a duration such as \"1.5s\" (did you mean "
                "`10s`?)"},
           Case{"[1]", "f:1:1: must be a map of fields"},
       }) {
    Cluster cluster;
    EXPECT_EQ(Read(c.text, cluster), c.faults) << c.text;
  }
}

TEST(MessageReader, GoesOnAfterAFault) {
  Cluster cluster;
  EXPECT_EQ(
      Read("nmae: x\ndns_lookup_family: foo\nalt_stat_name: ok\nper_connection_buffer_limit_bytes: "
           "x",
           cluster),
      "f:1:1: nmae: unknown field (did you mean `name`?)\n"
      "f:2:1: dns_lookup_family: \"foo\" is not one of AUTO, V4_ONLY, V6_ONLY, V4_PREFERRED, ALL\n"
      "f:4:1: per_connection_buffer_limit_bytes: \"x\" is not a number");
  EXPECT_EQ(cluster.alt_stat_name(), "ok");
}

TEST(MessageReader, OneofsTakeOneMember) {
  envoy::config::route::v3::RouteMatch match;
  EXPECT_EQ(Read("{prefix: /a, path: /b}", match),
            "f:1:14: path: cannot be set together with `prefix`");
  match.Clear();
  EXPECT_EQ(Read("{prefix: /a, path: ~}", match), "");
  EXPECT_EQ(match.prefix(), "/a");
}

TEST(MessageReader, UnsupportedFieldsMayBeAllowed) {
  Cluster cluster;
  EXPECT_EQ(Read("filters: []", cluster, {.allow_unsupported = true}), "");
  EXPECT_EQ(Read("zzz: []", cluster, {.allow_unsupported = true}), "f:1:1: zzz: unknown field");
}

TEST(MessageReader, DynamicTextMayHoldHarmlessFields) {
  Cluster cluster;
  EXPECT_EQ(Read("track_cluster_stats: {}", cluster, {.is_dynamic = true}), "");
  EXPECT_EQ(Read("filters: []", cluster, {.is_dynamic = true}),
            "f:1:1: filters: known to Envoy, not implemented by Weir");
  EXPECT_EQ(Read("track_cluster_stats: {}", cluster),
            "f:1:1: track_cluster_stats: known to Envoy, not implemented by Weir");
}

// Any ---------------------------------------------------------------------------------------------

constexpr std::string_view kCluster =
    "\"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster";

TEST(MessageReader, AnyBecomesTheMessageItNames) {
  Filter filter;
  EXPECT_EQ(Read("typed_config: {" + std::string(kCluster) + ", name: inner}", filter), "");
  Cluster inner;
  ASSERT_TRUE(filter.typed_config().UnpackTo(&inner));
  EXPECT_EQ(inner.name(), "inner");
}

TEST(MessageReader, TypedStructBecomesTheMessageItNames) {
  for (const std::string type : {"xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"}) {
    Filter filter;
    EXPECT_EQ(Read("typed_config:\n  \"@type\": type.googleapis.com/" + type +
                       "\n  type_url: type.googleapis.com/envoy.config.cluster.v3.Cluster\n"
                       "  value: {name: inner, connectTimeout: 2s}\n",
                   filter),
              "");
    Cluster inner;
    ASSERT_TRUE(filter.typed_config().UnpackTo(&inner));
    EXPECT_EQ(inner.name(), "inner");
    EXPECT_EQ(inner.connect_timeout().seconds(), 2);
  }
}

TEST(MessageReader, WellKnownMessagesInAnyStandUnderValue) {
  Filter filter;
  EXPECT_EQ(
      Read("typed_config: {\"@type\": type.googleapis.com/google.protobuf.UInt32Value, value: 5}",
           filter),
      "");
  google::protobuf::UInt32Value value;
  ASSERT_TRUE(filter.typed_config().UnpackTo(&value));
  EXPECT_EQ(value.value(), 5u);
}

TEST(MessageReader, FaultsInsideAnyHavePlaceAndPath) {
  struct Case {
    std::string text, faults;
  };
  for (const Case& c : {
           Case{"typed_config:\n  " + std::string(kCluster) + "\n  nmae: x\n",
                "f:3:3: typed_config.nmae: unknown field (did you mean `name`?)"},
           Case{"typed_config:\n  \"@type\": a/xds.type.v3.TypedStruct\n"
                "  type_url: a/envoy.config.cluster.v3.Cluster\n  value:\n    nmae: x\n",
                "f:5:5: typed_config.nmae: unknown field (did you mean `name`?)"},
           Case{"typed_config: {name: x}",
                "f:1:1: typed_config: must have \"@type\", such as "
                "\"type.googleapis.com/envoy...\""},
           Case{"typed_config: x", "f:1:1: typed_config: must be a map with \"@type\""},
           Case{"typed_config: {\"@type\": a/xds.type.v3.TypedStruct}",
                "f:1:1: typed_config: must have `type_url`: the type of what `value` holds"},
           Case{"typed_config: {\"@type\": a/envoy.extensions.filters.http.lua.v3.Lua}",
                "f:1:1: typed_config: type `envoy.extensions.filters.http.lua.v3.Lua` is known to "
                "Envoy, not implemented by Weir"},
           Case{"typed_config: {\"@type\": a/envoy.api.v2.Cluster}",
                "f:1:1: typed_config: type `envoy.api.v2.Cluster` is of an API version that is "
                "gone; use `envoy.config.cluster.v3.Cluster`"},
           Case{"typed_config: {\"@type\": a/x.Y}", "f:1:1: typed_config: unknown type \"x.Y\""},
           Case{"typed_config: {\"@type\": x.Y}",
                "f:1:1: typed_config: \"x.Y\" is not a type URL, such as "
                "\"type.googleapis.com/a.b.C\""},
       }) {
    Filter filter;
    EXPECT_EQ(Read(c.text, filter), c.faults) << c.text;
  }
}

TEST(MessageReader, AnOptionalExtensionMayBeUnknown) {
  HttpConnectionManager manager;
  EXPECT_EQ(Read("http_filters:\n- name: x\n  is_optional: true\n"
                 "  typed_config: {\"@type\": a/x.Y, deep: {er: 1}}\n",
                 manager),
            "");
  xds::type::v3::TypedStruct kept;
  ASSERT_TRUE(manager.http_filters(0).typed_config().UnpackTo(&kept));
  EXPECT_EQ(kept.type_url(), "a/x.Y");
  EXPECT_EQ(kept.value().fields().size(), 1u);
}

TEST(MessageReader, OptionalDoesNotReachInwards) {
  HttpConnectionManager manager;
  EXPECT_EQ(Read("http_filters:\n- name: x\n  is_optional: true\n  typed_config:\n"
                 "    \"@type\": a/envoy.config.listener.v3.Filter\n"
                 "    typed_config: {\"@type\": a/x.Y}\n",
                 manager),
            "f:6:5: http_filters[0].typed_config.typed_config: unknown type \"x.Y\"");
}

}  // namespace
}  // namespace weir::config
