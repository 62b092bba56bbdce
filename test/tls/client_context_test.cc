// What a client asks for and whom it believes before a byte is sent: names, trust, sessions.
#include "source/tls/client_context.h"

#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class ClientContextTest : public TlsFixture {
 protected:
  // The SNI that reaches the server.
  std::string NameSent(const ClientTransportConfig& config, std::string_view offered = "",
                       std::string_view host_name = "") {
    net::ClientTransportOptions options;
    options.server_name = offered;
    options.host_name = host_name;
    auto pair = Connect(server_, MakeClient(config), options);
    EXPECT_TRUE(pair->server.is_established()) << pair->server.reason();
    return pair->server.socket->secure_info()->server_name;
  }
  ClientTransportConfig Unverified() {
    ClientTransportConfig config;
    config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
    return config;
  }
  const ServerFactory server_ = MakeServer(PlainServer());
};

TEST_F(ClientContextTest, TheNameIsTheContextsThenTheConnections) {
  ClientTransportConfig config = Unverified();
  EXPECT_EQ(NameSent(config), "");
  EXPECT_EQ(NameSent(config, "asked.test", "host.test"), "asked.test");
  EXPECT_EQ(NameSent(config, "", "host.test"), "") << "nobody goes by it";
  config.settings.server_name = "Context.test.";
  EXPECT_EQ(NameSent(config, "asked.test", "host.test"), "context.test");
  config.settings.prefers_host_name = true;  // auto_host_sni
  EXPECT_EQ(NameSent(config, "asked.test", "host.test"), "host.test");
  EXPECT_EQ(NameSent(config, "asked.test"), "context.test");
  EXPECT_EQ(NameSent(config, "", "10.0.0.1"), "") << "an address is no server name";
}

// "Missing CA = fail closed."
TEST_F(ClientContextTest, WithoutTrustThereIsNoContext) {
  ClientTransportConfig config;
  config.settings.server_name = "a.test";
  EXPECT_EQ(MakeClient(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("trusted_ca"));
  config.validation = TrustOf(ValidationConfig{.names = {{.text = "a.test"}}});
  EXPECT_EQ(MakeClient(config), nullptr);
  config.validation = TrustOf(ValidationConfig{.key_hashes = {std::string(32, 'h')}});
  EXPECT_NE(MakeClient(config), nullptr) << fault_;
  config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
  EXPECT_NE(MakeClient(config), nullptr) << fault_;
}

TEST_F(ClientContextTest, WithoutANameToCompareThereIsNoConnection) {
  ClientTransportConfig config = PlainClient();
  config.settings.server_name.clear();
  const auto factory = MakeClient(config);
  const auto refused = factory->Create({});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().ToString(), HasSubstr("match_typed_subject_alt_names"));
  net::ClientTransportOptions options;
  options.verified_name = "a.test";
  EXPECT_TRUE(Connect(server_, factory, options)->is_established());
  options = {};
  options.server_name = "a.test";
  EXPECT_TRUE(Connect(server_, factory, options)->is_established());
  config.validation = TrustOf(
      ValidationConfig{.trusted_ca = BytesSource::Inline(ca_.pem), .names = {{.text = "a.test"}}});
  EXPECT_TRUE(Connect(server_, MakeClient(config))->is_established());
}

TEST_F(ClientContextTest, SessionsAreKeptByName) {
  const auto certificate = Issue({.dns = {"a.test", "b.test"}}, &ca_);
  const auto server = MakeServer({.certificates = {SecretOf(certificate)}});
  ClientTransportConfig config = PlainClient();
  config.settings.server_name.clear();
  const auto client = MakeClient(config);
  const auto resumes = [&](std::string_view name) {
    net::ClientTransportOptions options;
    options.server_name = name;
    auto pair = Connect(server, client, options);
    EXPECT_TRUE(pair->is_established()) << pair->client.reason();
    pair->server.Write("x");
    pair->Run();
    return pair->client.socket->secure_info()->is_resumed;
  };
  EXPECT_FALSE(resumes("a.test"));
  EXPECT_FALSE(resumes("b.test")) << "what a.test gave is a.test's";
  EXPECT_TRUE(resumes("a.test"));
  EXPECT_TRUE(resumes("b.test"));
}

TEST_F(ClientContextTest, SessionsCanBeTurnedOff) {
  ClientTransportConfig config = PlainClient();
  config.settings.max_sessions = 0;
  const auto client = MakeClient(config);
  for (int i = 0; i < 2; ++i) {
    auto pair = Connect(server_, client);
    pair->server.Write("x");
    pair->Run();
    EXPECT_FALSE(pair->client.socket->secure_info()->is_resumed);
  }
}

TEST_F(ClientContextTest, BadProtocolsAreRefused) {
  const auto client = MakeClient(PlainClient());
  const std::string_view empty[] = {""};
  net::ClientTransportOptions options;
  options.alpn = empty;
  EXPECT_FALSE(client->Create(options).ok());
  EXPECT_EQ(*EncodeAlpn({"h2", "http/1.1"}), "\x02h2\x08http/1.1");
  EXPECT_FALSE(EncodeAlpn({std::string(256, 'x')}).ok());
}

// M26, and the line that a person reads in a log.
TEST_F(ClientContextTest, AFailureSaysWhichCheckFailed) {
  ClientTransportConfig config = PlainClient();
  config.validation = TrustOf(MakeAuthority("Other", TestKey::kOtherP256));
  auto pair = Connect(server_, MakeClient(config));
#ifdef OPENSSL_IS_BORINGSSL
  EXPECT_THAT(pair->client.reason(), HasSubstr("CERTIFICATE_VERIFY_FAILED"));
#endif
  EXPECT_THAT(pair->client.reason(), HasSubstr("unable to get local issuer certificate"));
}

}  // namespace
}  // namespace weir::tls
