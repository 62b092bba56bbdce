// DownstreamTlsContext and UpstreamTlsContext as YAML: what the factories make of them, over real
// handshakes, and the faults that say what they will not make.
#include "source/extensions/transport_sockets/tls/tls_factories.h"

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/load.h"
#include "source/filter/registry.h"
#include "test/tls/tls_fixture.h"

namespace weir::extensions::tls {
namespace {

using testing::HasSubstr;
namespace proto = envoy::extensions::transport_sockets::tls::v3;
using weir::tls::Issue;
using weir::tls::TestCertificate;
using weir::tls::TlsFixture;

class TlsFactoriesTest : public TlsFixture {
 protected:
  // $CA, $CERT and $KEY stand for the usual PEM texts.
  template <class Proto>
  google::protobuf::Any FromYaml(std::string yaml) {
    const auto quoted = [](const std::string& pem) {
      return "{inline_string: \"" + absl::StrReplaceAll(pem, {{"\n", "\\n"}}) + "\"}";
    };
    yaml = absl::StrReplaceAll(yaml, {{"$CA", quoted(ca_.pem)},
                                      {"$CERT", quoted(server_certificate_.pem)},
                                      {"$KEY", quoted(server_certificate_.key_pem)}});
    Proto message;
    config::Faults faults;
    EXPECT_TRUE(config::LoadText(yaml, message, faults)) << faults.ToString();
    google::protobuf::Any any;
    any.PackFrom(message);
    return any;
  }
  ServerFactory Downstream(const std::string& yaml) {
    config::Faults faults;
    const filter::TransportContext context{main_, stats_, secrets_, "listener.a"};
    auto factory = CreateDownstreamFactory()->Parse(FromYaml<proto::DownstreamTlsContext>(yaml),
                                                    context, faults);
    EXPECT_EQ(factory == nullptr, !faults.ok());
    fault_ = faults.ToString();
    return factory;
  }
  ClientFactory Upstream(const std::string& yaml) {
    config::Faults faults;
    const filter::TransportContext context{main_, stats_, secrets_, "cluster.b"};
    auto factory =
        CreateUpstreamFactory()->Parse(FromYaml<proto::UpstreamTlsContext>(yaml), context, faults);
    EXPECT_EQ(factory == nullptr, !faults.ok());
    fault_ = faults.ToString();
    return factory;
  }
  void AddStatic(const std::string& yaml) {
    proto::Secret secret;
    FromYaml<proto::Secret>(yaml).UnpackTo(&secret);
    config::Faults faults;
    EXPECT_TRUE(secrets_.AddStatic(secret, faults)) << faults.ToString();
  }
};

constexpr char kServer[] = R"(
common_tls_context:
  alpn_protocols: [h2, http/1.1]
  tls_certificates: [{certificate_chain: $CERT, private_key: $KEY}]
)";
constexpr char kClient[] = R"(
sni: a.test
common_tls_context:
  alpn_protocols: [http/1.1]
  validation_context: {trusted_ca: $CA}
)";

TEST_F(TlsFactoriesTest, AreFoundByTheirTypes) {
  filter::ExtensionRegistry registry;
  registry.Add(CreateDownstreamFactory());
  registry.Add(CreateUpstreamFactory());
  config::Faults faults;
  const auto server = FromYaml<proto::DownstreamTlsContext>(kServer);
  const auto client = FromYaml<proto::UpstreamTlsContext>(kClient);
  EXPECT_NE(registry.FindServerTransport(server, faults), nullptr);
  EXPECT_NE(registry.FindClientTransport(client, faults), nullptr);
  EXPECT_EQ(registry.FindServerTransport(client, faults), nullptr);
}

TEST_F(TlsFactoriesTest, TalkToEachOther) {
  const auto server = Downstream(kServer);
  const auto client = Upstream(kClient);
  ASSERT_NE(server, nullptr) << fault_;
  ASSERT_NE(client, nullptr) << fault_;
  EXPECT_TRUE(server->is_secure());
  EXPECT_TRUE(client->is_secure());
  auto pair = Connect(server, client);
  ASSERT_TRUE(pair->is_established()) << pair->client.reason();
  EXPECT_EQ(pair->server.socket->alpn(), "http/1.1");
  EXPECT_EQ(ServerStats().handshake.value(), 1u);
  EXPECT_EQ(ClientStats().handshake.value(), 1u);
}

TEST_F(TlsFactoriesTest, TheSettingsTakeEffect) {
  const auto server = Downstream(std::string(kServer) + R"(
  tls_params:
    tls_maximum_protocol_version: TLSv1_2
    cipher_suites: [ECDHE-ECDSA-CHACHA20-POLY1305]
    ecdh_curves: [P-256]
  validation_context: {trusted_ca: $CA}
require_client_certificate: true
session_timeout: 60s
disable_stateless_session_resumption: true
disable_stateful_session_resumption: true
prefer_client_ciphers: true
full_scan_certs_on_sni_mismatch: true
ocsp_staple_policy: STRICT_STAPLING
)");
  ASSERT_NE(server, nullptr) << fault_;
  EXPECT_FALSE(Connect(server, Upstream(kClient))->server.is_established());
  const auto client = Upstream(
      std::string(kClient) + "  tls_certificates: [{certificate_chain: $CERT, private_key: $KEY}]");
  for (int i = 0; i < 2; ++i) {
    auto pair = Connect(server, client);
    ASSERT_TRUE(pair->is_established()) << pair->server.reason();
    const net::SecureInfo* info = pair->server.socket->secure_info();
    EXPECT_EQ(info->protocol, "TLSv1.2");
    EXPECT_EQ(info->cipher, "ECDHE-ECDSA-CHACHA20-POLY1305");
    EXPECT_FALSE(info->is_resumed);
    EXPECT_EQ(info->peer->subject, "CN=a.test");
  }
}

TEST_F(TlsFactoriesTest, StaticSecretsAreUsed) {
  AddStatic("{name: cert, tls_certificate: {certificate_chain: $CERT, private_key: $KEY}}");
  AddStatic("{name: ca, validation_context: {trusted_ca: $CA}}");
  AddStatic("{name: keys, session_ticket_keys: {keys: [{inline_string: \"" + std::string(80, 'k') +
            "\"}]}}");
  const auto server = Downstream(R"(
common_tls_context: {tls_certificate_sds_secret_configs: [{name: cert}]}
session_ticket_keys_sds_secret_config: {name: keys}
)");
  const auto client = Upstream(R"(
sni: a.test
common_tls_context: {validation_context_sds_secret_config: {name: ca}}
)");
  ASSERT_NE(server, nullptr) << fault_;
  ASSERT_NE(client, nullptr) << fault_;
  EXPECT_TRUE(Connect(server, client)->is_established());
  const auto combined = Upstream(R"(
common_tls_context:
  combined_validation_context:
    default_validation_context:
      match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a.test}}]
    validation_context_sds_secret_config: {name: ca}
)");
  ASSERT_NE(combined, nullptr) << fault_;
  EXPECT_TRUE(Connect(server, combined)->is_established());
  EXPECT_EQ(Downstream("common_tls_context: {tls_certificate_sds_secret_configs: [{name: cret}]}"),
            nullptr);
  EXPECT_THAT(fault_, HasSubstr("tls_certificate_sds_secret_configs[0].name"));
}

TEST_F(TlsFactoriesTest, SdsNeedsASource) {
  EXPECT_EQ(Downstream(R"(
common_tls_context:
  tls_certificate_sds_secret_configs: [{name: cert, sds_config: {ads: {}}}]
)"),
            nullptr);
  EXPECT_THAT(fault_, HasSubstr("tls_certificate_sds_secret_configs[0].sds_config"));
}

// The way in which a client that verifies nothing comes about: by an empty line in a template.
TEST_F(TlsFactoriesTest, AClientThatTrustsEverybodyMustSaySo) {
  for (const char* yaml :
       {"{sni: a.test}", "{sni: a.test, common_tls_context: {}}",
        "{sni: a.test, common_tls_context: {validation_context: {}}}",
        "{sni: a.test, common_tls_context: {validation_context: {match_typed_subject_alt_names: "
        "[{san_type: DNS, matcher: {exact: a.test}}]}}}"}) {
    EXPECT_EQ(Upstream(yaml), nullptr) << yaml;
    EXPECT_THAT(fault_, HasSubstr("common_tls_context.validation_context.trusted_ca"));
  }
  const auto client = Upstream(
      "{sni: a.test, common_tls_context: {validation_context: {trust_chain_verification: "
      "ACCEPT_UNTRUSTED}}}");
  ASSERT_NE(client, nullptr) << fault_;
  EXPECT_TRUE(Connect(Downstream(kServer), client)->is_established());
}

TEST_F(TlsFactoriesTest, TheSystemsRootsAreTrustedWhenAsked) {
  const auto client =
      Upstream("{sni: a.test, common_tls_context: {validation_context: {system_root_certs: {}}}}");
  if (client == nullptr) {
    EXPECT_THAT(fault_, HasSubstr("validation_context.system_root_certs"));
    GTEST_SKIP() << "a machine without a bundle";
  }
  auto pair = Connect(Downstream(kServer), client);
  EXPECT_FALSE(pair->client.is_established()) << "the test's CA is not among them";
  EXPECT_EQ(ClientStats().fail_verify_error.value(), 1u);
}

TEST_F(TlsFactoriesTest, FaultsStandWhereTheyBelong) {
  const auto expect_fault = [this](const std::string& yaml, const char* fault) {
    EXPECT_EQ(Downstream(yaml), nullptr) << yaml;
    EXPECT_THAT(fault_, HasSubstr(fault));
  };
  expect_fault("{}", "common_tls_context.tls_certificates: ");
  expect_fault("common_tls_context: {tls_certificates: [{certificate_chain: $CERT}]}",
               "common_tls_context.tls_certificates[0].private_key: is required");
  expect_fault(std::string(kServer) + "require_client_certificate: true",
               "require_client_certificate: nothing says");
  expect_fault(std::string(kServer) + "ocsp_staple_policy: MUST_STAPLE", "ocsp_staple_policy: ");
  expect_fault(std::string(kServer) + "  tls_params: {ecdh_curves: [P-1]}",
               "common_tls_context.tls_params.ecdh_curves[0]: ");
  expect_fault(
      std::string(kServer) + "  tls_params: {cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, X]}",
      "common_tls_context.tls_params.cipher_suites[1]: ");
  expect_fault(std::string(kServer) + "  tls_params: {tls_minimum_protocol_version: TLSv1_1}",
               "common_tls_context.tls_params.tls_minimum_protocol_version");
  expect_fault(std::string(kServer) + "  validation_context: {trusted_ca: {filename: /none}}",
               "common_tls_context.validation_context.trusted_ca: ");
  expect_fault(std::string(kServer) + "session_ticket_keys: {keys: [{inline_string: short}]}",
               "session_ticket_keys.keys[0]: ");
  expect_fault(std::string(kServer) + "  key_log: {path: /none/at/all}",
               "common_tls_context.key_log.path");
  EXPECT_EQ(Upstream(std::string(kClient) + "allow_renegotiation: true"), nullptr);
  EXPECT_THAT(fault_, HasSubstr("allow_renegotiation"));
  EXPECT_EQ(Upstream(std::string(kClient) +
                     "  tls_certificates: [{certificate_chain: $CERT, private_key: $KEY}, "
                     "{certificate_chain: $CERT, private_key: $KEY}]"),
            nullptr);
  EXPECT_THAT(fault_, HasSubstr("one certificate"));
}

TEST_F(TlsFactoriesTest, AFaultHoldsNoSecret) {
  EXPECT_EQ(Downstream("common_tls_context: {tls_certificates: [{certificate_chain: $CERT, "
                       "private_key: {inline_string: sEcReT}, password: {inline_string: pAsS}}]}"),
            nullptr);
  EXPECT_EQ(fault_.find("sEcReT"), std::string::npos);
  EXPECT_EQ(fault_.find("pAsS"), std::string::npos);
}

}  // namespace
}  // namespace weir::extensions::tls
