#include "source/config/type_urls.h"

#include <gtest/gtest.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {
namespace {

TEST(TypeUrls, NameWhatFollowsTheSlash) {
  EXPECT_EQ(TypeNameOf("type.googleapis.com/a.b.C"), "a.b.C");
  EXPECT_EQ(TypeNameOf("a.b.C"), "");
  EXPECT_EQ(MakeTypeUrl("a.b.C"), "type.googleapis.com/a.b.C");
}

TEST(TypeUrls, FindLinkedMessages) {
  const auto* type = FindMessageType("envoy.config.cluster.v3.Cluster");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(NewMessage(*type)->GetDescriptor(), envoy::config::cluster::v3::Cluster::descriptor());
  EXPECT_EQ(FindMessageType("none.Such"), nullptr);
}

template <class Proto>
google::protobuf::Any MakeTypedStruct() {
  Proto content;
  content.set_type_url("type.googleapis.com/a.b.C");
  (*content.mutable_value()->mutable_fields())["x"].set_number_value(1);
  google::protobuf::Any any;
  any.PackFrom(content);
  return any;
}

TEST(TypeUrls, UnpackBothTypedStructs) {
  for (const auto& any : {MakeTypedStruct<xds::type::v3::TypedStruct>(),
                          MakeTypedStruct<udpa::type::v1::TypedStruct>()}) {
    TypedStructContent content;
    ASSERT_TRUE(UnpackTypedStruct(any, content));
    EXPECT_EQ(content.type_url, "type.googleapis.com/a.b.C");
    EXPECT_EQ(content.value.fields().at("x").number_value(), 1);
  }
}

TEST(TypeUrls, RefuseWhatIsNoTypedStruct) {
  google::protobuf::Any any = MakeTypedStruct<xds::type::v3::TypedStruct>();
  TypedStructContent content;
  any.set_value("\xFF\xFF");
  EXPECT_FALSE(UnpackTypedStruct(any, content));
  any.set_type_url("type.googleapis.com/a.b.C");
  EXPECT_FALSE(UnpackTypedStruct(any, content));
}

TEST(ExplainUnknownType, TellsTheCasesApart) {
  struct Case {
    std::string_view type_url, text;
  };
  for (const Case& c : {
           Case{"", "the type URL is missing"},
           Case{"a.b.C", "\"a.b.C\" is not a type URL, such as \"type.googleapis.com/a.b.C\""},
           Case{"type.googleapis.com/envoy.api.v2.Cluster",
                "type `envoy.api.v2.Cluster` is of an API version that is gone; use "
                "`envoy.config.cluster.v3.Cluster`"},
           Case{"type.googleapis.com/envoy.config.filter.network.http_connection_manager.v2."
                "HttpConnectionManager",
                "type `envoy.config.filter.network.http_connection_manager.v2."
                "HttpConnectionManager` is of an API version that is gone; use "
                "`envoy.extensions.filters.network.http_connection_manager.v3."
                "HttpConnectionManager`"},
           Case{"type.googleapis.com/envoy.config.accesslog.v2.Nothing",
                "type `envoy.config.accesslog.v2.Nothing` is of an API version that is gone"},
           Case{"type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "type `envoy.extensions.filters.http.lua.v3.Lua` is known to Envoy, not "
                "implemented by Weir"},
           Case{"type.googleapis.com/envoy.extensions.filters.http.luaa.v3.Lua",
                "unknown type \"envoy.extensions.filters.http.luaa.v3.Lua\" (did you mean "
                "`envoy.extensions.filters.http.lua.v3.Lua`?)"},
           Case{"type.googleapis.com/x.Y", "unknown type \"x.Y\""},
       }) {
    EXPECT_EQ(ExplainUnknownType(c.type_url), c.text);
  }
}

}  // namespace
}  // namespace weir::config
