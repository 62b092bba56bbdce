// Who is let in and who is not, over real handshakes: the alert the other side hears and what is
// counted. Group M of the catalogue of bad inputs, M08 to M11 and M26.
#include "absl/strings/escaping.h"
#include "source/tls/certificate_info.h"
#include "source/tls/peer_verifier.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class VerificationTest : public TlsFixture {
 protected:
  // The server's verdict over a client that shows `certificate` (null: none).
  std::unique_ptr<TlsPair> ConnectClient(const TestCertificate* certificate,
                                         ValidationConfig validation, bool requires_one = true) {
    ServerTransportConfig server = PlainServer();
    server.settings.requires_client_certificate = requires_one;
    server.validation = TrustOf(validation);
    ClientTransportConfig client = PlainClient();
    if (certificate != nullptr) client.certificate = SecretOf(*certificate);
    auto server_factory = MakeServer(std::move(server));
    EXPECT_NE(server_factory, nullptr) << fault_;
    return Connect(server_factory, MakeClient(std::move(client)));
  }
  ValidationConfig TrustingCa() const { return {.trusted_ca = BytesSource::Inline(ca_.pem)}; }
  // The client's verdict over a server that shows `certificate`.
  std::unique_ptr<TlsPair> ConnectServer(const TestCertificate& certificate,
                                         ClientTransportConfig client,
                                         std::string more_chain = "") {
    ServerTransportConfig server{.certificates = {SecretOf(certificate, std::move(more_chain))}};
    return Connect(MakeServer(std::move(server)), MakeClient(std::move(client)));
  }
  void ExpectServerRefused(const TlsPair& pair, std::string_view reason) {
    EXPECT_FALSE(pair.client.is_established());
    EXPECT_EQ(pair.client.error, EPROTO);
    EXPECT_THAT(pair.client.reason(), HasSubstr(std::string(reason)));
    EXPECT_FALSE(pair.server.is_established()) << "it is told before it sends a byte";
  }
  const TestCertificate client_certificate_ = Issue(
      {.common_name = "client", .dns = {"client.test"}, .uri = {"spiffe://test/client"}}, &ca_);
  const TestCertificate other_ca_ = MakeAuthority("Other CA", TestKey::kOtherP256);
};

TEST_F(VerificationTest, AClientWithTheRightCertificateIsKnown) {
  auto pair = ConnectClient(&client_certificate_, TrustingCa());
  ASSERT_TRUE(pair->is_established()) << pair->server.reason();
  const net::SecureInfo* info = pair->server.socket->secure_info();
  EXPECT_TRUE(info->is_peer_validated);
  EXPECT_EQ(info->peer->uri_sans, std::vector<std::string>{"spiffe://test/client"});
  EXPECT_EQ(info->peer_chain_pem, client_certificate_.pem);
  EXPECT_EQ(ServerStats().no_certificate.value(), 0u);
}

TEST_F(VerificationTest, AClientWithoutACertificateIsRefusedWhereOneIsRequired) {
  auto pair = ConnectClient(nullptr, TrustingCa());
  EXPECT_FALSE(pair->server.is_established());
  EXPECT_EQ(pair->server.error, EPROTO);
  EXPECT_EQ(ServerStats().fail_verify_no_cert.value(), 1u);
  EXPECT_EQ(ServerStats().connection_error.value(), 0u);
}

TEST_F(VerificationTest, AClientWithoutACertificateIsLetInWhereNoneIsRequired) {
  auto pair = ConnectClient(nullptr, TrustingCa(), /*requires_one=*/false);
  ASSERT_TRUE(pair->is_established());
  EXPECT_FALSE(pair->server.socket->secure_info()->is_peer_validated);
  EXPECT_EQ(ServerStats().no_certificate.value(), 1u);
}

// One that is shown is verified although none is required.
TEST_F(VerificationTest, AWrongCertificateIsRefusedAlsoWhereNoneIsRequired) {
  const auto stranger = Issue({.common_name = "x"}, &other_ca_);
  auto pair = ConnectClient(&stranger, TrustingCa(), /*requires_one=*/false);
  EXPECT_FALSE(pair->server.is_established());
  EXPECT_EQ(ServerStats().fail_verify_error.value(), 1u);
}

struct BadClient {
  const char* name;
  CertificateSpec spec;
  const char* reason;
  const char* alert;  // as BoringSSL and OpenSSL call it, in part
};

TEST_F(VerificationTest, BadClientCertificatesAreToldWhy) {
  const BadClient cases[] = {
      {"expired", {.not_before_s = -7200, .not_after_s = -3600}, "expired", "EXPIRED"},
      {"not yet valid", {.not_before_s = 3600}, "not yet valid", "EXPIRED"},
      {"wrong use", {.extended_key_usage = "serverAuth"}, "purpose", "UNSUPPORTED"},
  };
  uint64_t count = 0;
  for (const BadClient& bad : cases) {
    SCOPED_TRACE(bad.name);
    const auto certificate = Issue(bad.spec, &ca_);
    auto pair = ConnectClient(&certificate, TrustingCa());
    EXPECT_FALSE(pair->server.is_established());
    EXPECT_THAT(pair->server.reason(), HasSubstr(bad.reason));
    EXPECT_EQ(ServerStats().fail_verify_error.value(), ++count);
#ifdef OPENSSL_IS_BORINGSSL
    EXPECT_THAT(pair->client.reason(), HasSubstr(bad.alert));
#endif
  }
  EXPECT_EQ(ServerStats().connection_error.value(), 0u) << "each is counted once";
  EXPECT_EQ(ServerStats().handshake.value(), 0u);
}

TEST_F(VerificationTest, ARevokedCertificateIsRefused) {
  const auto revoked = Issue({.common_name = "revoked"}, &ca_);
  ValidationConfig config = TrustingCa();
  config.crl = BytesSource::Inline(MakeCrl(ca_, {revoked}));
  auto pair = ConnectClient(&revoked, config);
  EXPECT_FALSE(pair->server.is_established());
  EXPECT_THAT(pair->server.reason(), HasSubstr("revoked"));
  pair = ConnectClient(&client_certificate_, config);
  EXPECT_TRUE(pair->is_established());
}

TEST_F(VerificationTest, ARevocationListOfAnotherCaIsNotEnough) {
  const auto between =
      Issue({.common_name = "Between", .key = TestKey::kOtherP256, .is_ca = true}, &ca_);
  const auto leaf = Issue({.common_name = "leaf", .dns = {"a.test"}}, &between);
  ClientTransportConfig client = PlainClient();
  ValidationConfig config = TrustingCa();
  config.crl = BytesSource::Inline(MakeCrl(ca_, {}));
  client.validation = TrustOf(config);
  ExpectServerRefused(*ConnectServer(leaf, std::move(client), between.pem), "CRL");
  config.crl = BytesSource::Inline(MakeCrl(between, {}));
  config.checks_leaf_crl_only = true;
  client = PlainClient();
  client.validation = TrustOf(config);
  EXPECT_TRUE(ConnectServer(leaf, std::move(client), between.pem)->is_established());
}

TEST_F(VerificationTest, AnExpiredCertificateMayBeAllowed) {
  const auto expired = Issue({.not_before_s = -7200, .not_after_s = -3600}, &ca_);
  ValidationConfig config = TrustingCa();
  config.allows_expired = true;
  EXPECT_TRUE(ConnectClient(&expired, config)->is_established());
  const auto stranger = Issue({.not_before_s = -7200, .not_after_s = -3600}, &other_ca_);
  EXPECT_FALSE(ConnectClient(&stranger, config)->server.is_established());
}

TEST_F(VerificationTest, NamesOfClientsAreMatchedByType) {
  struct Case {
    NameMatcher matcher;
    bool is_let_in;
  };
  using Type = NameMatcher::Type;
  using Kind = NameMatcher::Kind;
  const Case cases[] = {
      {{.type = Type::kUri, .kind = Kind::kPrefix, .text = "spiffe://test/"}, true},
      {{.type = Type::kUri, .text = "spiffe://test/client"}, true},
      {{.type = Type::kUri, .text = "spiffe://test/clien"}, false},
      {{.type = Type::kDns, .text = "spiffe://test/client"}, false},
      {{.type = Type::kDns, .text = "CLIENT.test"}, true},
      {{.type = Type::kEmail, .text = "client.test"}, false},
      {{.type = Type::kAny, .kind = Kind::kContains, .text = "test/cl"}, true},
  };
  uint64_t refused = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.matcher.text);
    ValidationConfig config = TrustingCa();
    config.names = {c.matcher};
    auto pair = ConnectClient(&client_certificate_, config);
    EXPECT_EQ(pair->server.is_established(), c.is_let_in);
    refused += c.is_let_in ? 0 : 1;
    EXPECT_EQ(ServerStats().fail_verify_san.value(), refused);
  }
}

TEST_F(VerificationTest, PinsStandForThemselves) {
  ValidationConfig by_certificate;
  by_certificate.certificate_hashes = {Sha256(DerOf(client_certificate_.x509.get()))};
  EXPECT_TRUE(ConnectClient(&client_certificate_, by_certificate)->is_established());
  ValidationConfig by_key;
  by_key.key_hashes = {PublicKeyHash(client_certificate_.x509.get())};
  auto pair = ConnectClient(&client_certificate_, by_key);
  EXPECT_TRUE(pair->is_established());
  EXPECT_TRUE(pair->server.socket->secure_info()->is_peer_validated);
  const auto other = Issue({.key = TestKey::kOtherP256}, &ca_);
  EXPECT_FALSE(ConnectClient(&other, by_certificate)->server.is_established());
  EXPECT_FALSE(ConnectClient(&other, by_key)->server.is_established());
  EXPECT_EQ(ServerStats().fail_verify_cert_hash.value(), 2u);
}

TEST_F(VerificationTest, TheUntrustedMayBeAcceptedAndAreKnownAsSuch) {
  ValidationConfig config = TrustingCa();
  config.accepts_untrusted = true;
  const auto stranger = Issue({.common_name = "stranger"}, &other_ca_);
  auto pair = ConnectClient(&stranger, config);
  ASSERT_TRUE(pair->is_established());
  EXPECT_FALSE(pair->server.socket->secure_info()->is_peer_validated);
  EXPECT_EQ(pair->server.socket->secure_info()->peer->subject, "CN=stranger");
  EXPECT_EQ(ServerStats().fail_verify_error.value(), 1u);
}

// M26: on by default.
TEST_F(VerificationTest, ServersAreVerified) {
  const auto wrong_ca = Issue({.dns = {"a.test"}}, &other_ca_);
  ExpectServerRefused(*ConnectServer(wrong_ca, PlainClient()), "issuer");
  const auto expired = Issue({.dns = {"a.test"}, .not_before_s = -99, .not_after_s = -9}, &ca_);
  ExpectServerRefused(*ConnectServer(expired, PlainClient()), "expired");
  const auto for_clients = Issue({.dns = {"a.test"}, .extended_key_usage = "clientAuth"}, &ca_);
  ExpectServerRefused(*ConnectServer(for_clients, PlainClient()), "purpose");
  const auto self_signed = Issue({.dns = {"a.test"}, .key = TestKey::kOtherP256}, nullptr);
  ExpectServerRefused(*ConnectServer(self_signed, PlainClient()), "self");
  EXPECT_EQ(ClientStats().fail_verify_error.value(), 4u);
}

TEST_F(VerificationTest, TheServersNameIsTheOneThatWasAskedFor) {
  const auto other = Issue({.common_name = "a.test", .dns = {"b.test"}}, &ca_);
  ExpectServerRefused(*ConnectServer(other, PlainClient()), "is not for a.test (DNS: b.test");
  const auto by_common_name = Issue({.common_name = "a.test"}, &ca_);
  ExpectServerRefused(*ConnectServer(by_common_name, PlainClient()), "is not for a.test");
  EXPECT_EQ(ClientStats().fail_verify_san.value(), 2u);
}

TEST_F(VerificationTest, MatchersTakeThePlaceOfTheName) {
  const auto other = Issue({.dns = {"b.test"}}, &ca_);
  ClientTransportConfig client = PlainClient();
  ValidationConfig config = TrustingCa();
  config.names = {{.type = NameMatcher::Type::kDns, .text = "b.test"}};
  client.validation = TrustOf(config);
  EXPECT_TRUE(ConnectServer(other, client)->is_established());
  client.settings.checks_server_name_only = true;  // auto_sni_san_validation
  ExpectServerRefused(*ConnectServer(other, client), "is not for a.test");
}

TEST_F(VerificationTest, AVerifiedNameIsOneMore) {
  const auto both = Issue({.dns = {"a.test", "b.test"}}, &ca_);
  ValidationConfig config = TrustingCa();
  config.names = {{.type = NameMatcher::Type::kDns, .text = "b.test"}};
  ClientTransportConfig client = PlainClient();
  client.validation = TrustOf(config);
  const auto server = MakeServer({.certificates = {SecretOf(both)}});
  const auto factory = MakeClient(client);
  net::ClientTransportOptions options;
  options.verified_name = "a.test";
  EXPECT_TRUE(Connect(server, factory, options)->is_established());
  options.verified_name = "c.test";
  ExpectServerRefused(*Connect(server, factory, options), "is not for c.test");
}

TEST_F(VerificationTest, AnAddressIsComparedButNotSent) {
  const auto certificate = Issue({.ip = {"10.1.2.3", "2001:db8::1"}}, &ca_);
  const auto server = MakeServer({.certificates = {SecretOf(certificate)}});
  for (const auto& [address, is_right] :
       {std::pair("10.1.2.3", true), {"2001:db8:0::1", true}, {"10.1.2.4", false}}) {
    SCOPED_TRACE(address);
    ClientTransportConfig client = PlainClient();
    client.settings.server_name = address;
    auto pair = Connect(server, MakeClient(client));
    EXPECT_EQ(pair->is_established(), is_right);
    if (!is_right) continue;
    EXPECT_EQ(pair->server.socket->secure_info()->server_name, "");
  }
}

// M09
TEST_F(VerificationTest, ANameWithANulIsNoName) {
  const std::string tricky("a.test\0.evil.example", 20);
  const auto certificate = Issue({.common_name = "a.test", .dns = {tricky, "b.test"}}, &ca_);
  ExpectServerRefused(*ConnectServer(certificate, PlainClient()), "is not for a.test");
  ValidationConfig config = TrustingCa();
  config.names = {
      {.type = NameMatcher::Type::kDns, .kind = NameMatcher::Kind::kPrefix, .text = "a.test"}};
  ClientTransportConfig client = PlainClient();
  client.validation = TrustOf(config);
  ExpectServerRefused(*ConnectServer(certificate, client), "no name of the certificate is allowed");
  for (const std::string& bad :
       {std::string("a.test\n"), std::string("a.te st"), std::string("")}) {
    EXPECT_TRUE(NamesOf(Issue({.dns = {bad}}, &ca_).x509.get()).dns.empty());
  }
}

// M10
TEST_F(VerificationTest, AWildcardIsOneLabel) {
  const auto certificate = Issue({.dns = {"*.a.test", "*", "f*o.b.test", "*.test"}}, &ca_);
  const std::pair<const char*, bool> cases[] = {
      {"x.a.test", true}, {"X.A.Test", true}, {"x.a.test.", true},   {"x.y.a.test", false},
      {"a.test", false},  {".a.test", false}, {"foo.b.test", false}, {"xn--a.a.test", true},
      {"test", false},    {"anything", false}};
  for (const auto& [name, is_right] : cases) {
    SCOPED_TRACE(name);
    ClientTransportConfig client = PlainClient();
    client.settings.server_name = name;
    EXPECT_EQ(ConnectServer(certificate, client)->client.is_established(), is_right);
  }
}

// M11
TEST_F(VerificationTest, LongChainsAreBounded) {
  std::vector<TestCertificate> chain{ca_};
  std::string between;
  const auto extend = [&](int length) {
    while (static_cast<int>(chain.size()) <= length) {
      chain.push_back(Issue({.common_name = "CA " + std::to_string(chain.size()), .is_ca = true},
                            &chain.back()));
      between = chain.back().pem + between;
    }
    return Issue({.dns = {"a.test"}}, &chain.back());
  };
  const auto ten = extend(PeerVerifier::kDefaultMaxDepth - 1);
  EXPECT_TRUE(ConnectServer(ten, PlainClient(), between)->is_established());
  const auto fifteen = extend(15);
  auto pair = ConnectServer(fifteen, PlainClient(), between);
  EXPECT_FALSE(pair->client.is_established());
  ClientTransportConfig client = PlainClient();
  ValidationConfig config = TrustingCa();
  config.max_depth = 20;
  client.validation = TrustOf(config);
  EXPECT_TRUE(ConnectServer(fifteen, client, between)->is_established()) << "when asked for";
  config.max_depth = 0;
  client.validation = TrustOf(config);
  EXPECT_FALSE(ConnectServer(ten, client, between)->client.is_established());
}

TEST_F(VerificationTest, AHugeCertificateIsRefusedBeforeItIsRead) {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.push_back("name-" + std::to_string(i) + ".a.test");
  const auto huge = Issue({.dns = names}, &ca_);
  auto pair = ConnectServer(huge, PlainClient());
  EXPECT_FALSE(pair->client.is_established());
  EXPECT_EQ(pair->client.error, EPROTO);
  names.resize(500);  // 10 KiB are nothing unusual
  names.push_back("a.test");
  EXPECT_TRUE(ConnectServer(Issue({.dns = names}, &ca_), PlainClient())->is_established());
}

TEST_F(VerificationTest, AnIntermediateCaMayBeAllThatIsTrusted) {
  const auto between =
      Issue({.common_name = "Between", .key = TestKey::kOtherP256, .is_ca = true}, &ca_);
  const auto leaf = Issue({.dns = {"a.test"}}, &between);
  ClientTransportConfig client = PlainClient();
  client.validation = TrustOf(between);
  EXPECT_TRUE(ConnectServer(leaf, client)->is_established());
  ExpectServerRefused(*ConnectServer(server_certificate_, client), "issuer");
}

}  // namespace
}  // namespace weir::tls
