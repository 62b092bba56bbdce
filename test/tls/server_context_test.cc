// What a server shows and how it goes on with a client it has seen: certificates by name and key,
// OCSP staples, suites and versions, tickets and sessions.
#include "source/tls/server_context.h"

#include "source/tls/ocsp_staple.h"
#include "test/tls/raw_client.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class ServerContextTest : public TlsFixture {
 protected:
  // A client for `name` whose certificate nobody checks.
  ClientFactory ClientFor(std::string name) {
    ClientTransportConfig config;
    config.settings.server_name = std::move(name);
    config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
    return MakeClient(std::move(config));
  }
  // The common name of the certificate that a client asking for `name` is shown.
  std::string ShownTo(const ServerFactory& server, std::string name) {
    auto pair = Connect(server, ClientFor(std::move(name)));
    if (!pair->is_established()) return "refused";
    return pair->client.socket->secure_info()->peer->subject;
  }
  TestCertificate CertificateFor(std::string name, std::vector<std::string> dns,
                                 TestKey key = TestKey::kP256) {
    CertificateSpec spec;
    spec.common_name = std::move(name);
    spec.dns = std::move(dns);
    spec.key = key;
    return Issue(spec, &ca_);
  }
  // A second connection of the same client after the first one got its ticket.
  bool IsResumed(const ServerFactory& first, const ServerFactory& second,
                 const ClientFactory& client) {
    auto pair = Connect(first, client);
    EXPECT_TRUE(pair->is_established()) << pair->client.reason();
    pair->server.Write("x");  // with it come the tickets of TLS 1.3
    pair->Run();
    pair = Connect(second, client);
    EXPECT_TRUE(pair->is_established()) << pair->client.reason() << pair->server.reason();
    if (!pair->is_established()) return false;
    EXPECT_EQ(pair->client.socket->secure_info()->is_resumed,
              pair->server.socket->secure_info()->is_resumed);
    return pair->client.socket->secure_info()->is_resumed;
  }
  bool IsResumed(const ServerFactory& server, const ClientFactory& client) {
    return IsResumed(server, server, client);
  }
  static ServerTransportConfig With(
      std::vector<std::shared_ptr<Secret<Certificate>>> certificates) {
    ServerTransportConfig config;
    config.certificates = std::move(certificates);
    return config;
  }
};

TEST_F(ServerContextTest, ChoosesByName) {
  const auto server = MakeServer(With({SecretOf(CertificateFor("first", {"first.test"})),
                                       SecretOf(CertificateFor("exact", {"x.a.test", "A.B.test"})),
                                       SecretOf(CertificateFor("wild", {"*.a.test"})),
                                       SecretOf(CertificateFor("old.test", {}))}));
  EXPECT_EQ(ShownTo(server, "x.a.test"), "CN=exact");
  EXPECT_EQ(ShownTo(server, "a.B.TEST"), "CN=exact");
  EXPECT_EQ(ShownTo(server, "y.a.test"), "CN=wild");
  EXPECT_EQ(ShownTo(server, "old.test"), "CN=old.test")
      << "its subject, where it has no other name";
  EXPECT_EQ(ShownTo(server, "z.y.a.test"), "CN=first");
  EXPECT_EQ(ShownTo(server, "a.test"), "CN=first");
  EXPECT_EQ(ShownTo(server, ""), "CN=first");
}

TEST_F(ServerContextTest, ShowsTheWholeChain) {
  const auto between = Issue({.common_name = "Between", .is_ca = true}, &ca_);
  const auto leaf = Issue({.common_name = "leaf", .dns = {"a.test"}}, &between);
  const auto server = MakeServer(With({SecretOf(leaf, between.pem)}));
  auto pair = Connect(server, MakeClient(PlainClient()));
  ASSERT_TRUE(pair->is_established()) << pair->client.reason();
  EXPECT_EQ(pair->client.socket->secure_info()->peer_chain_pem, leaf.pem + between.pem);
}

TEST_F(ServerContextTest, ChoosesTheKeyThatTheClientTakes) {
  const auto server =
      MakeServer(With({SecretOf(CertificateFor("rsa", {"a.test"}, TestKey::kRsa)),
                       SecretOf(CertificateFor("ecdsa", {"a.test"}, TestKey::kP256))}));
  EXPECT_EQ(ShownTo(server, "a.test"), "CN=ecdsa");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientTransportConfig config;
    config.settings.server_name = "a.test";
    config.settings.parameters.allows_tls12 = version == TLS1_2_VERSION;
    config.settings.parameters.allows_tls13 = version == TLS1_3_VERSION;
    config.settings.parameters.signature_algorithms = {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"};
    config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
    auto pair = Connect(server, MakeClient(std::move(config)));
    ASSERT_TRUE(pair->is_established()) << pair->client.reason();
    EXPECT_EQ(pair->client.socket->secure_info()->peer->subject, "CN=rsa");
  }
}

TEST_F(ServerContextTest, ATls12ClientWithoutEcdsaSuitesGetsRsa) {
  const auto server =
      MakeServer(With({SecretOf(CertificateFor("ecdsa", {"a.test"}, TestKey::kP384)),
                       SecretOf(CertificateFor("rsa", {"a.test"}, TestKey::kRsa))}));
  ClientTransportConfig config;
  config.settings.server_name = "a.test";
  config.settings.parameters.allows_tls13 = false;
  config.settings.parameters.cipher_suites = {"ECDHE-RSA-AES128-GCM-SHA256"};
  config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
  auto pair = Connect(server, MakeClient(config));
  ASSERT_TRUE(pair->is_established()) << pair->client.reason();
  EXPECT_EQ(pair->client.socket->secure_info()->peer->subject, "CN=rsa");
}

TEST_F(ServerContextTest, NoCertificateForTheClientsKeysIsAFailure) {
  const auto server = MakeServer(With({SecretOf(CertificateFor("ecdsa", {"a.test"}))}));
  ClientTransportConfig config = PlainClient();
  config.settings.parameters.signature_algorithms = {"rsa_pss_rsae_sha256"};
  auto pair = Connect(server, MakeClient(std::move(config)));
  EXPECT_FALSE(pair->is_established());
  EXPECT_EQ(pair->server.error, EPROTO);
  EXPECT_EQ(ServerStats().connection_error.value(), 1u);
}

TEST_F(ServerContextTest, SpeaksTheVersionsAndSuitesItIsToldTo) {
  ServerTransportConfig config = PlainServer();
  config.settings.parameters.allows_tls13 = false;
  config.settings.parameters.cipher_suites = {"ECDHE-ECDSA-AES256-GCM-SHA384"};
  config.settings.parameters.curves = {"P-256"};
  auto pair = Connect(MakeServer(std::move(config)), MakeClient(PlainClient()));
  ASSERT_TRUE(pair->is_established());
  EXPECT_EQ(pair->server.socket->secure_info()->protocol, "TLSv1.2");
  EXPECT_EQ(pair->server.socket->secure_info()->cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(ServerStats().versions[0].value(), 1u);
  EXPECT_EQ(ServerStats().curves[1].value(), 1u);
  config = PlainServer();
  config.settings.parameters.allows_tls12 = false;
  ClientTransportConfig old = PlainClient();
  old.settings.parameters.allows_tls13 = false;
  EXPECT_FALSE(
      Connect(MakeServer(std::move(config)), MakeClient(std::move(old)))->is_established());
}

TEST_F(ServerContextTest, FaultsNameWhatIsWrong) {
  ServerTransportConfig config = PlainServer();
  config.settings.parameters.cipher_suites = {"ECDHE-RSA-AES128-GCM-SHA256", "RC4-SHOUTING"};
  EXPECT_EQ(MakeServer(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("RC4-SHOUTING"));
  config = PlainServer();
  config.settings.parameters.curves = {"P-7"};
  EXPECT_EQ(MakeServer(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("ecdh_curves"));
  config = PlainServer();
  config.settings.requires_client_certificate = true;
  EXPECT_EQ(MakeServer(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("require_client_certificate"));
  config = PlainServer();
  config.validation = TrustOf(ValidationConfig{.names = {{.text = "a.test"}}});
  EXPECT_EQ(MakeServer(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("trusted_ca"));
  config = PlainServer();
  config.settings.ocsp_policy = OcspPolicy::kMustStaple;
  EXPECT_EQ(MakeServer(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("ocsp_staple"));
}

class StapleTest : public ServerContextTest {
 protected:
  // Whether a client that asks for a staple is served with one; none: refused.
  std::optional<bool> IsStapled(OcspPolicy policy, const OcspSpec* spec) {
    const auto certificate = CertificateFor("a", {"a.test"});
    ServerTransportConfig config = With(
        {SecretOf(certificate, "", spec == nullptr ? "" : MakeOcspResponse(certificate, *spec))});
    config.settings.ocsp_policy = policy;
    const auto server = MakeServer(std::move(config));
    if (server == nullptr) return std::nullopt;
    RawClient client;
    client.AskForStaple();
    auto pair = Open(server, nullptr);
    for (int i = 0; i < 10; ++i) {
      client.Step(pair->client.fd);
      pair->server.Read();
    }
    if (!pair->server.is_established()) return std::nullopt;
    EXPECT_TRUE(client.staple().empty() || client.staple() == MakeOcspResponse(certificate, *spec));
    return !client.staple().empty();
  }
  const OcspSpec current_;
  const OcspSpec stale_{.this_update_s = -7200, .next_update_s = -3600};
  const OcspSpec endless_{.next_update_s = 0};
};

// M30
TEST_F(StapleTest, FollowThePolicy) {
  EXPECT_EQ(IsStapled(OcspPolicy::kLenient, &current_), true);
  EXPECT_EQ(IsStapled(OcspPolicy::kLenient, &endless_), true);
  EXPECT_EQ(IsStapled(OcspPolicy::kLenient, &stale_), false);
  EXPECT_EQ(IsStapled(OcspPolicy::kLenient, nullptr), false);
  EXPECT_EQ(ServerStats().ocsp_staple_requests.value(), 4u);
  EXPECT_EQ(ServerStats().ocsp_staple_responses.value(), 2u);
  EXPECT_EQ(ServerStats().ocsp_staple_omitted.value(), 2u);
  EXPECT_EQ(IsStapled(OcspPolicy::kStrict, &current_), true);
  EXPECT_EQ(IsStapled(OcspPolicy::kStrict, nullptr), false);
  EXPECT_EQ(IsStapled(OcspPolicy::kStrict, &stale_), std::nullopt);
  EXPECT_EQ(IsStapled(OcspPolicy::kMustStaple, &current_), true);
  EXPECT_EQ(IsStapled(OcspPolicy::kMustStaple, &stale_), std::nullopt);
  EXPECT_EQ(ServerStats().ocsp_staple_failed.value(), 2u);
}

TEST_F(StapleTest, AClientThatDoesNotAskGetsNone) {
  const auto certificate = CertificateFor("a", {"a.test"});
  ServerTransportConfig config =
      With({SecretOf(certificate, "", MakeOcspResponse(certificate, stale_))});
  config.settings.ocsp_policy = OcspPolicy::kStrict;
  EXPECT_TRUE(Connect(MakeServer(std::move(config)), MakeClient(PlainClient()))->is_established());
  EXPECT_EQ(ServerStats().ocsp_staple_requests.value(), 0u);
}

class ResumptionTest : public ServerContextTest, public testing::WithParamInterface<bool> {
 protected:
  bool is_tls13() const { return GetParam(); }
  ClientFactory Client() {
    ClientTransportConfig config = PlainClient();
    config.settings.parameters.allows_tls13 = is_tls13();
    return MakeClient(std::move(config));
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, ResumptionTest, testing::Bool());

TEST_P(ResumptionTest, IsOffered) {
  EXPECT_TRUE(IsResumed(MakeServer(PlainServer()), Client()));
  EXPECT_EQ(ServerStats().session_reused.value(), 1u);
  EXPECT_EQ(ClientStats().session_reused.value(), 1u);
  EXPECT_EQ(ServerStats().handshake.value(), 2u);
}

TEST_P(ResumptionTest, CanBeTurnedOff) {
  ServerTransportConfig config = PlainServer();
  config.settings.tickets = ServerSettings::Tickets::kOff;
  config.settings.keeps_sessions = false;
  EXPECT_FALSE(IsResumed(MakeServer(std::move(config)), Client()));
}

TEST_P(ResumptionTest, WorksAcrossServersThatShareKeys) {
  config::Faults faults;
  const auto keys = secrets_.MakeTicketKeys({{BytesSource::Inline(std::string(80, 'k'))}}, faults);
  ServerTransportConfig config = PlainServer();
  config.settings.tickets = ServerSettings::Tickets::kGivenKeys;
  config.ticket_keys = keys;
  EXPECT_TRUE(IsResumed(MakeServer(config), MakeServer(config), Client()));
  EXPECT_FALSE(IsResumed(MakeServer(PlainServer()), MakeServer(PlainServer()), Client()))
      << "each has keys of its own";
}

// M07
TEST_P(ResumptionTest, AnUnknownKeyMeansAFullHandshake) {
  config::Faults faults;
  ServerTransportConfig config = PlainServer();
  config.settings.tickets = ServerSettings::Tickets::kGivenKeys;
  const auto with_keys = [&](std::vector<char> fills) {
    TicketKeysConfig keys;
    for (const char fill : fills) keys.keys.push_back(BytesSource::Inline(std::string(80, fill)));
    config.ticket_keys = secrets_.MakeTicketKeys(keys, faults);
    return MakeServer(config);
  };
  const auto old_keys = with_keys({'a'});
  EXPECT_TRUE(IsResumed(old_keys, with_keys({'b', 'a'}), Client())) << "the old key still decrypts";
  EXPECT_FALSE(IsResumed(old_keys, with_keys({'c', 'b'}), Client()));
}

// M06 (CVE-2025-23419): what a session proves, it proves under the configuration it was made with.
TEST_P(ResumptionTest, IsBoundToTheConfiguration) {
  config::Faults faults;
  const auto keys = secrets_.MakeTicketKeys({{BytesSource::Inline(std::string(80, 'k'))}}, faults);
  const auto with_keys = [&](ServerTransportConfig config) {
    config.settings.tickets = ServerSettings::Tickets::kGivenKeys;
    config.ticket_keys = keys;
    return MakeServer(std::move(config));
  };
  const auto open = with_keys(PlainServer());
  ServerTransportConfig other_certificate = With({SecretOf(CertificateFor("n", {"a.test"}))});
  EXPECT_FALSE(IsResumed(open, with_keys(other_certificate), Client()));
  const auto other_ca = MakeAuthority("Other CA", TestKey::kOtherP256);
  ServerTransportConfig asks = PlainServer();
  asks.validation = TrustOf(ca_);
  ServerTransportConfig asks_others = PlainServer();
  asks_others.validation = TrustOf(other_ca);
  EXPECT_FALSE(IsResumed(open, with_keys(asks), Client()));
  EXPECT_FALSE(IsResumed(with_keys(asks), with_keys(asks_others), Client()));
}

TEST_P(ResumptionTest, AResumedClientIsStillKnown) {
#ifndef OPENSSL_IS_BORINGSSL
  GTEST_SKIP() << "OpenSSL's tickets hold no chain: such clients shake hands in full";
#endif
  ServerTransportConfig server = PlainServer();
  server.validation = TrustOf(ca_);
  server.settings.requires_client_certificate = true;
  const auto server_factory = MakeServer(std::move(server));
  ClientTransportConfig config = PlainClient();
  config.settings.parameters.allows_tls13 = is_tls13();
  config.certificate = SecretOf(Issue({.common_name = "client"}, &ca_));
  const auto client = MakeClient(std::move(config));
  ASSERT_TRUE(IsResumed(server_factory, client));
  auto pair = Connect(server_factory, client);
  ASSERT_TRUE(pair->is_established());
  EXPECT_TRUE(pair->server.socket->secure_info()->is_peer_validated);
  EXPECT_EQ(pair->server.socket->secure_info()->peer->subject, "CN=client");
}

}  // namespace
}  // namespace weir::tls
