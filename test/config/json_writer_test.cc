#include "source/config/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "source/config/load.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {
namespace {

using envoy::config::cluster::v3::Cluster;

TEST(ToJson, WritesFieldsUnderTheirProtoNames) {
  Cluster cluster;
  cluster.set_name("a");
  cluster.set_lb_policy(Cluster::RANDOM);
  cluster.mutable_connect_timeout()->set_nanos(250000000);
  cluster.mutable_per_connection_buffer_limit_bytes()->set_value(0);
  cluster.mutable_eds_cluster_config();
  EXPECT_EQ(ToJson(cluster, false),
            R"({"name":"a","eds_cluster_config":{},"connect_timeout":"0.250s",)"
            R"("per_connection_buffer_limit_bytes":0,"lb_policy":"RANDOM"})");
}

TEST(ToJson, PrettyIndentsByOne) {
  Cluster cluster;
  cluster.set_name("a");
  cluster.mutable_circuit_breakers()->add_thresholds()->mutable_max_requests()->set_value(1);
  EXPECT_EQ(ToJson(cluster), R"({
 "name": "a",
 "circuit_breakers": {
  "thresholds": [
   {
    "max_requests": 1
   }
  ]
 }
})");
  EXPECT_EQ(ToJson(Cluster()), "{}");
}

TEST(ToJson, MapsAreSorted) {
  google::protobuf::Struct value;
  for (const char* key : {"d", "a", "c", "b"}) (*value.mutable_fields())[key].set_number_value(1.5);
  EXPECT_EQ(ToJson(value, false), R"({"a":1.5,"b":1.5,"c":1.5,"d":1.5})");
}

TEST(ToJson, WellKnownMessagesHaveTheirOwnForm) {
  google::protobuf::Value value;
  EXPECT_EQ(ToJson(value), "null");
  value.set_null_value(google::protobuf::NULL_VALUE);
  EXPECT_EQ(ToJson(value), "null");
  value.set_bool_value(true);
  EXPECT_EQ(ToJson(value), "true");
  value.mutable_list_value()->add_values()->set_number_value(2);
  value.mutable_list_value()->add_values()->set_string_value("x");
  EXPECT_EQ(ToJson(value, false), R"([2,"x"])");
  google::protobuf::UInt64Value large;
  large.set_value(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(ToJson(large), "\"18446744073709551615\"");
  google::protobuf::DoubleValue odd;
  odd.set_value(std::numeric_limits<double>::infinity());
  EXPECT_EQ(ToJson(odd), "\"Infinity\"");
  google::protobuf::BytesValue bytes;
  bytes.set_value("hi");
  EXPECT_EQ(ToJson(bytes), "\"aGk=\"");
}

TEST(ToJson, AnyIsExpandedWhenKnown) {
  Cluster cluster;
  cluster.set_name("a");
  google::protobuf::Any any;
  any.PackFrom(cluster);
  EXPECT_EQ(ToJson(any, false),
            R"({"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"a"})");
  google::protobuf::UInt32Value number;
  number.set_value(5);
  any.PackFrom(number);
  EXPECT_EQ(ToJson(any, false),
            R"({"@type":"type.googleapis.com/google.protobuf.UInt32Value","value":5})");
  any.set_type_url("a/x.Y");
  any.set_value("hi");
  EXPECT_EQ(ToJson(any, false), R"({"@type":"a/x.Y","value":"aGk="})");
  any.set_type_url("a/envoy.config.cluster.v3.Cluster");
  any.set_value("\xFF");
  EXPECT_EQ(ToJson(any, false), R"({"@type":"a/envoy.config.cluster.v3.Cluster","value":"/w=="})");
  EXPECT_EQ(ToJson(google::protobuf::Any(), false), "{}");
}

TEST(ToJson, UndeclaredEnumValuesAreNumbers) {
  Cluster cluster;
  cluster.set_lb_policy(static_cast<Cluster::LbPolicy>(77));
  EXPECT_EQ(ToJson(cluster, false), R"({"lb_policy":77})");
}

TEST(ToJson, StringsAreEscaped) {
  google::protobuf::Value value;
  value.set_string_value("\"\\\n\r\t\x01<b>é😀\x7F");
  EXPECT_EQ(ToJson(value), R"("\"\\\n\r\t\u0001\u003cb\u003eé😀\u007f")");
  google::protobuf::StringValue broken;
  broken.set_value("a\xFF\xC3z\xE2\x82<");
  EXPECT_EQ(ToJson(broken), R"("a\ufffd\ufffdz\ufffd\ufffd\u003c")");
}

TEST(ToJson, KeysAreNotShown) {
  envoy::extensions::transport_sockets::tls::v3::Secret secret;
  secret.set_name("s");
  auto& certificate = *secret.mutable_tls_certificate();
  certificate.mutable_certificate_chain()->set_inline_string("CHAIN");
  certificate.mutable_private_key()->set_inline_string("KEY");
  certificate.mutable_password()->set_filename("/etc/password");
  EXPECT_EQ(ToJson(secret, false),
            R"({"name":"s","tls_certificate":{"certificate_chain":{"inline_string":"CHAIN"},)"
            R"("private_key":{"inline_string":"[redacted]"},)"
            R"("password":{"filename":"/etc/password"}}})");
  google::protobuf::Any any;
  secret.mutable_session_ticket_keys()->add_keys()->set_inline_bytes("TICKET");
  any.PackFrom(secret);
  EXPECT_EQ(ToJson(any, false).find("VElDS0VU"), std::string::npos);
}

TEST(ToJson, KeysInATypedStructAreNotShown) {
  xds::type::v3::TypedStruct typed;
  typed.set_type_url("t/envoy.extensions.transport_sockets.tls.v3.TlsCertificate");
  auto& key = (*typed.mutable_value()->mutable_fields())["private_key"];
  (*key.mutable_struct_value()->mutable_fields())["inline_string"].set_string_value("KEY");
  google::protobuf::Any any;
  any.PackFrom(typed);
  const std::string json = ToJson(any, false);
  EXPECT_NE(json.find(R"("private_key":{"inline_string":"[redacted]"})"), std::string::npos)
      << json;
}

}  // namespace
}  // namespace weir::config
