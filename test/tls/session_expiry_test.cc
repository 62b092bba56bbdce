// A session outlives the moment its certificate was verified: what happens when the certificate
// ends before the session does. The library asks the C library for the time, so the test answers
// there.
#include <ctime>

#include "test/tls/tls_fixture.h"

namespace {
time_t seconds_ahead = 0;
}

// Found before the C library's own, by the TLS library too.
extern "C" time_t time(time_t* out) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const time_t answer = now.tv_sec + seconds_ahead;
  if (out != nullptr) *out = answer;
  return answer;
}

namespace weir::tls {
namespace {

class SessionExpiryTest : public TlsFixture, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override { seconds_ahead = 0; }
  void TearDown() override { seconds_ahead = 0; }
  ClientTransportConfig ClientOfVersion() {
    ClientTransportConfig config = PlainClient();
    config.settings.parameters.allows_tls13 = GetParam();
    return config;
  }
  // Leaves a session behind.
  void ConnectOnce(const ServerFactory& server, const ClientFactory& client) {
    auto pair = Connect(server, client);
    ASSERT_TRUE(pair->is_established()) << pair->server.reason() << pair->client.reason();
    pair->server.Write("x");
    pair->Run();
  }
  const CertificateSpec short_{.common_name = "a.test", .dns = {"a.test"}, .not_after_s = 600};
};
INSTANTIATE_TEST_SUITE_P(Versions, SessionExpiryTest, testing::Bool());

TEST_P(SessionExpiryTest, AClientIsNotLetInAgain) {
#ifndef OPENSSL_IS_BORINGSSL
  GTEST_SKIP() << "OpenSSL's tickets hold no chain: such clients shake hands in full";
#endif
  ServerTransportConfig config = PlainServer();
  config.validation = TrustOf(ca_);
  config.settings.requires_client_certificate = true;
  const auto server = MakeServer(std::move(config));
  ClientTransportConfig client_config = ClientOfVersion();
  client_config.certificate = SecretOf(Issue(short_, &ca_));
  const auto client = MakeClient(std::move(client_config));
  ConnectOnce(server, client);
  seconds_ahead = 900;
  auto pair = Connect(server, client);
  EXPECT_FALSE(pair->server.is_established());
  EXPECT_EQ(pair->server.error, EPROTO);
  EXPECT_THAT(pair->server.reason(), testing::HasSubstr("expired"));
  EXPECT_EQ(ServerStats().fail_verify_error.value(), 1u);
}

TEST_P(SessionExpiryTest, AServerIsNotBelievedAgain) {
  const auto server = MakeServer({.certificates = {SecretOf(Issue(short_, &ca_))}});
  const auto client = MakeClient(ClientOfVersion());
  ConnectOnce(server, client);
  seconds_ahead = 900;
  auto pair = Connect(server, client);
  EXPECT_FALSE(pair->client.is_established());
  EXPECT_THAT(pair->client.reason(), testing::HasSubstr("expired"));
  EXPECT_EQ(ClientStats().handshake.value(), 1u);
}

}  // namespace
}  // namespace weir::tls
