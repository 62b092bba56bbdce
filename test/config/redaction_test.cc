#include "source/config/redaction.h"

#include <gtest/gtest.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {
namespace {

namespace tls = envoy::extensions::transport_sockets::tls::v3;
using envoy::config::cluster::v3::Cluster;
using google::protobuf::Any;

tls::TlsCertificate Certificate() {
  tls::TlsCertificate certificate;
  certificate.mutable_certificate_chain()->set_inline_string("CHAIN");
  certificate.mutable_private_key()->set_inline_string("KEY");
  certificate.mutable_password()->set_inline_bytes("KEY");
  return certificate;
}

Any ClusterWith(const Any& socket) {
  Cluster cluster;
  cluster.set_name("web");
  *cluster.mutable_transport_socket()->mutable_typed_config() = socket;
  Any any;
  any.PackFrom(cluster);
  return any;
}

template <class Message>
Any Pack(const Message& message) {
  Any any;
  any.PackFrom(message);
  return any;
}

Any SocketOf(const Any& cluster) {
  Cluster message;
  EXPECT_TRUE(cluster.UnpackTo(&message));
  return message.transport_socket().typed_config();
}

bool Shows(const google::protobuf::Message& message, const std::string& text) {
  return message.SerializeAsString().find(text) != std::string::npos;
}

TEST(RedactionTest, KeysGoAndAllElseStays) {
  tls::Secret secret;
  secret.set_name("s");
  *secret.mutable_tls_certificate() = Certificate();
  EXPECT_TRUE(Redact(secret));
  EXPECT_EQ(secret.tls_certificate().certificate_chain().inline_string(), "CHAIN");
  EXPECT_EQ(secret.tls_certificate().private_key().inline_string(), "[redacted]");
  EXPECT_EQ(secret.tls_certificate().password().inline_bytes(), "[redacted]");
  secret.mutable_session_ticket_keys()->add_keys()->set_inline_bytes("KEY");
  secret.mutable_session_ticket_keys()->add_keys()->set_filename("/etc/ticket");
  EXPECT_TRUE(Redact(secret));
  EXPECT_EQ(secret.session_ticket_keys().keys(0).inline_bytes(), "[redacted]");
  EXPECT_EQ(secret.session_ticket_keys().keys(1).filename(), "/etc/ticket");
}

TEST(RedactionTest, InsideAny) {
  tls::UpstreamTlsContext context;
  context.set_sni("web.test");
  *context.mutable_common_tls_context()->add_tls_certificates() = Certificate();
  Any any = ClusterWith(Pack(context));
  ASSERT_TRUE(Shows(any, "KEY"));
  EXPECT_TRUE(Redact(any));
  EXPECT_FALSE(Shows(any, "KEY"));
  tls::UpstreamTlsContext left;
  ASSERT_TRUE(SocketOf(any).UnpackTo(&left));
  EXPECT_EQ(left.sni(), "web.test");
  EXPECT_EQ(left.common_tls_context().tls_certificates(0).certificate_chain().inline_string(),
            "CHAIN");
}

TEST(RedactionTest, InABootstrap) {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  bootstrap.mutable_node()->set_id("n");
  auto& secret = *bootstrap.mutable_static_resources()->add_secrets();
  *secret.mutable_tls_certificate() = Certificate();
  EXPECT_TRUE(Redact(bootstrap));
  EXPECT_FALSE(Shows(bootstrap, "KEY"));
  EXPECT_EQ(bootstrap.node().id(), "n");
}

TEST(RedactionTest, InATypedStruct) {
  xds::type::v3::TypedStruct typed;
  typed.set_type_url("t/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext");
  auto& fields = *typed.mutable_value()->mutable_fields();
  fields["sni"].set_string_value("web.test");
  auto& common = *fields["common_tls_context"].mutable_struct_value()->mutable_fields();
  auto& certificate = *common["tlsCertificates"].mutable_list_value()->add_values();
  auto& source = (*certificate.mutable_struct_value()->mutable_fields())["privateKey"];
  (*source.mutable_struct_value()->mutable_fields())["inlineString"].set_string_value("KEY");
  Any any = ClusterWith(Pack(typed));
  EXPECT_TRUE(Redact(any));
  EXPECT_FALSE(Shows(any, "KEY"));
  EXPECT_TRUE(Shows(any, "[redacted]"));
  EXPECT_TRUE(Shows(any, "web.test"));
}

TEST(RedactionTest, FieldsThatAreNotDeclaredGoWhereKeysAre) {
  tls::Secret secret;
  secret.GetReflection()->MutableUnknownFields(&secret)->AddLengthDelimited(5, "KEY");
  EXPECT_TRUE(Redact(secret));
  EXPECT_FALSE(Shows(secret, "KEY"));
}

TEST(RedactionTest, WhatCannotBeReadIsLeftOut) {
  Any unknown;
  unknown.set_type_url("t/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport");
  unknown.set_value("KEY");
  Any any = ClusterWith(unknown);
  EXPECT_TRUE(Redact(any));
  EXPECT_FALSE(Shows(any, "KEY"));
  EXPECT_EQ(SocketOf(any).type_url(), unknown.type_url());
  Any broken;
  broken.set_type_url("t/envoy.extensions.transport_sockets.tls.v3.Secret");
  broken.set_value("\xFFKEY");
  EXPECT_TRUE(Redact(broken));
  EXPECT_EQ(broken.value(), "");
}

TEST(RedactionTest, HowDeepItIsDoesNotMatter) {
  Any any = Pack(Certificate());
  for (int i = 0; i < 1000; ++i) any = Pack(any);
  EXPECT_TRUE(Redact(any));
  EXPECT_FALSE(Shows(any, "KEY"));
}

TEST(RedactionTest, WhatHoldsNoKeyIsNotTouched) {
  Any plain = ClusterWith(Any());
  const std::string before = plain.SerializeAsString();
  EXPECT_FALSE(Redact(plain));
  Any unknown;
  unknown.set_type_url("t/a.B");
  unknown.set_value("\xFF");
  EXPECT_FALSE(Redact(unknown));
  EXPECT_EQ(unknown.value(), "\xFF");
  EXPECT_EQ(plain.SerializeAsString(), before);
}

}  // namespace
}  // namespace weir::config
