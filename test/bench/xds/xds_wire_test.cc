#include "test/bench/xds/xds_wire.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/any.pb.h"

namespace weir::bench {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

TEST(XdsWireTest, ReadsARequest) {
  DiscoveryRequest sent;
  sent.set_version_info("1");
  sent.mutable_node()->set_id("me");
  sent.add_resource_names("a");
  sent.add_resource_names(std::string(300, 'b'));
  sent.set_type_url("a type");
  sent.set_response_nonce("7");
  const std::string bytes = sent.SerializeAsString();
  XdsRequest request;
  ASSERT_TRUE(ReadRequest(Variant::kStateOfTheWorld, bytes, request));
  EXPECT_EQ(request.type_url, "a type");
  EXPECT_EQ(request.nonce, "7");
  ASSERT_EQ(request.names.size(), 2u);
  EXPECT_EQ(request.names[1], std::string(300, 'b'));
  EXPECT_FALSE(request.is_refusal);
}

TEST(XdsWireTest, ReadsARefusal) {
  DiscoveryRequest sent;
  sent.mutable_error_detail()->set_code(13);
  sent.mutable_error_detail()->set_message("no");
  const std::string bytes = sent.SerializeAsString();
  XdsRequest request;
  ASSERT_TRUE(ReadRequest(Variant::kStateOfTheWorld, bytes, request));
  EXPECT_TRUE(request.is_refusal);
  EXPECT_EQ(request.refusal, "no");
}

// DeltaDiscoveryRequest: node 1, type_url 2, subscribe 3, unsubscribe 4, versions 5, nonce 6.
TEST(XdsWireTest, ReadsADeltaRequest) {
  const std::string bytes = std::string("\x0a\x00", 2) + "\x12\x01t" + "\x1a\x01" + "a" +
                            "\x22\x01" + "b" + "\x2a\x03\x0a\x01" + "x" + "\x32\x01" + "9";
  XdsRequest request;
  ASSERT_TRUE(ReadRequest(Variant::kDelta, bytes, request));
  EXPECT_EQ(request.type_url, "t");
  EXPECT_EQ(request.names, (std::vector<std::string_view>{"a"}));
  EXPECT_EQ(request.dropped, (std::vector<std::string_view>{"b"}));
  EXPECT_EQ(request.nonce, "9");
}

TEST(XdsWireTest, RefusesWhatIsCutShort) {
  DiscoveryRequest sent;
  sent.set_type_url("a type");
  std::string bytes = sent.SerializeAsString();
  bytes.pop_back();
  XdsRequest request;
  EXPECT_FALSE(ReadRequest(Variant::kStateOfTheWorld, bytes, request));
  EXPECT_FALSE(ReadRequest(Variant::kStateOfTheWorld, "\xff", request));
}

TEST(XdsWireTest, WritesAResponse) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(std::string(200, 'c'));
  google::protobuf::Any any;
  any.PackFrom(cluster);
  ResponseWriter writer(Variant::kStateOfTheWorld, "a type", 300, 4);
  writer.Add("ignored", 1, any.SerializeAsString());
  writer.AddRemoved("ignored too");
  DiscoveryResponse response;
  ASSERT_TRUE(response.ParseFromString(writer.Take()));
  EXPECT_EQ(response.version_info(), "300");
  EXPECT_EQ(response.type_url(), "a type");
  EXPECT_EQ(response.nonce(), "4");
  ASSERT_EQ(response.resources_size(), 1);
  ASSERT_TRUE(response.resources(0).UnpackTo(&cluster));
  EXPECT_EQ(cluster.name(), std::string(200, 'c'));
}

// In a delta a resource is wrapped with its name and version, and what is gone is named.
TEST(XdsWireTest, WritesADeltaResponse) {
  google::protobuf::Any any;
  any.set_type_url("u");
  ResponseWriter writer(Variant::kDelta, "t", 1, 2);
  writer.Add("n", 3, any.SerializeAsString());
  writer.AddRemoved("gone");
  const std::string bytes = writer.Take();
  const std::string wrapped = std::string("\x0a\x01") + "3" + "\x12\x03\x0a\x01u" + "\x1a\x01n";
  const std::string end =
      std::string("\x12") + static_cast<char>(wrapped.size()) + wrapped + "\x32\x04gone";
  EXPECT_EQ(bytes.substr(bytes.size() - end.size()), end);
}

}  // namespace
}  // namespace weir::bench
