// Bytes that are no handshake, or one that nobody should take: group M of the catalogue of bad
// inputs at the level of a connection. Whatever comes, the server's end fails or waits; it never
// becomes established, never crashes, and costs a bounded number of rounds.
#include <algorithm>

#include "source/tls/tls_library.h"
#include "test/tls/raw_client.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

class BadHandshakeTest : public TlsFixture {
 protected:
  // What the server made of `bytes`, sent at once.
  std::unique_ptr<TlsPair> Feed(std::string_view bytes) {
    auto pair = Open(server_, nullptr);
    send(pair->client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    pair->Run();
    EXPECT_FALSE(pair->server.is_established());
    return pair;
  }
  void ExpectRefused(std::string_view bytes) {
    auto pair = Feed(bytes);
    EXPECT_EQ(pair->server.error, EPROTO);
    EXPECT_NE(pair->server.reason(), "");
  }
  // The server's end against a client of the library with its own ideas.
  std::unique_ptr<TlsPair> ConnectRaw(RawClient& client) {
    auto pair = Open(server_, nullptr);
    for (int i = 0; i < 20; ++i) {
      client.Step(pair->client.fd);
      pair->server.Read();
    }
    return pair;
  }

  const ServerFactory server_ = MakeServer(PlainServer());
};

// M24
TEST_F(BadHandshakeTest, PlaintextIsRefusedAtOnce) {
  ExpectRefused("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  ExpectRefused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  ExpectRefused("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(ServerStats().connection_error.value(), 3u);
}

// M21
TEST_F(BadHandshakeTest, BadRecordsAreRefused) {
  ExpectRefused(std::string("\x16\x03\x01\xff\xff", 5) + std::string(100, 'x'));  // too long
  ExpectRefused(std::string("\x16\x09\x01\x00\x05hello", 10));                    // no such version
  ExpectRefused(std::string("\x17\x03\x03\x00\x05hello", 10));  // data before keys
  ExpectRefused(std::string("\x14\x03\x03\x00\x01\x01", 6));
  std::string empty_records;
  for (int i = 0; i < 100; ++i) empty_records += std::string("\x16\x03\x01\x00\x00", 5);
  ExpectRefused(empty_records);
  std::string alerts;
  for (int i = 0; i < 100; ++i) alerts += std::string("\x15\x03\x01\x00\x02\x01\x5a", 7);
  ExpectRefused(alerts);
}

// M22, M23
TEST_F(BadHandshakeTest, ACutClientHelloWaits) {
  RawClient client;
  const std::string hello = client.Hello("a.test");
  for (size_t size = 0; size < hello.size(); ++size) {
    auto pair = Feed(hello.substr(0, size));
    EXPECT_EQ(pair->server.error, 0) << size;
    EXPECT_TRUE(pair->server.last.blocked);
  }
}

TEST_F(BadHandshakeTest, ClientHelloInRecordsOfOneByteIsTaken) {
  RawClient client;
  const std::string hello = client.Hello("a.test");
  auto pair = Open(server_, nullptr);
  for (size_t i = 5; i < hello.size(); ++i) {
    const std::string record = std::string("\x16\x03\x01\x00\x01", 5) + hello[i];
    ASSERT_EQ(send(pair->client.fd, record.data(), record.size(), 0), 6);
    pair->server.Read();
    ASSERT_EQ(pair->server.error, 0) << pair->server.reason();
  }
  pair->Run();
  char answer[16] = {};
  ASSERT_GT(recv(pair->client.fd, answer, sizeof(answer), 0), 5);
  EXPECT_EQ(answer[0], 0x16) << "a ServerHello";
}

// Every byte of a ClientHello turned over, one at a time.
TEST_F(BadHandshakeTest, SpoiltClientHellosDoNoHarm) {
  RawClient client;
  const std::string hello = client.Hello("a.test");
  for (size_t i = 0; i < hello.size(); ++i) {
    std::string bad = hello;
    bad[i] = static_cast<char>(~bad[i]);
    Feed(bad);
  }
}

// M16, M27
TEST_F(BadHandshakeTest, OldVersionsAreRefused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    RawClient client;
    client.SetVersions(version, version);
    auto pair = ConnectRaw(client);
    EXPECT_EQ(pair->server.error, EPROTO);
    EXPECT_FALSE(client.is_done());
  }
}

TEST_F(BadHandshakeTest, WeakSuitesAreRefused) {
  for (const char* suite : {"AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"}) {
    SCOPED_TRACE(suite);
    RawClient client;
    client.SetVersions(TLS1_2_VERSION, TLS1_2_VERSION);
    ASSERT_TRUE(client.SetCiphers(suite));
    auto pair = ConnectRaw(client);
    EXPECT_EQ(pair->server.error, EPROTO);
    EXPECT_FALSE(client.is_done());
  }
}

TEST_F(BadHandshakeTest, TheUsualTls12IsTaken) {
  RawClient client;
  client.SetVersions(TLS1_2_VERSION, TLS1_2_VERSION);
  auto pair = ConnectRaw(client);
  EXPECT_TRUE(client.is_done());
  EXPECT_EQ(pair->server.socket->secure_info()->protocol, "TLSv1.2");
  EXPECT_EQ(pair->server.socket->secure_info()->cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
}

// M01: a HelloRequest from the server's side, and its refusal on ours, need a peer that
// renegotiates; neither library's client can be made to, so the record is sent by hand under the
// session's keys.
TEST_F(BadHandshakeTest, RenegotiationIsRefused) {
  RawClient client;
  client.SetVersions(TLS1_2_VERSION, TLS1_2_VERSION);
  auto pair = ConnectRaw(client);
  ASSERT_TRUE(client.is_done());
  if (!client.Renegotiate()) GTEST_SKIP() << "BoringSSL's client has no way to ask";
  for (int i = 0; i < 5; ++i) {
    client.Step(pair->client.fd);
    pair->server.Read();
  }
  EXPECT_EQ(ServerStats().handshake.value(), 1u);
}

// M21: a peer that only renews keys makes us do work for nothing.
TEST_F(BadHandshakeTest, AFloodOfKeyUpdatesEnds) {
  RawClient client;
  auto pair = ConnectRaw(client);
  ASSERT_TRUE(client.is_done());
  for (int i = 0; i < 2000 && pair->server.error == 0; ++i) {
    client.UpdateKeys(pair->client.fd);
    pair->server.Read();
  }
#ifdef OPENSSL_IS_BORINGSSL
  EXPECT_EQ(pair->server.error, EPROTO);
#endif
}

// M17
TEST_F(BadHandshakeTest, EarlyDataIsNotOffered) {
  RawClient client;
  client.AskForEarlyData();
  auto pair = ConnectRaw(client);
  ASSERT_TRUE(client.is_done());
  pair->server.Write("x");
  client.Step(pair->client.fd);
  EXPECT_FALSE(client.may_send_early_data());
}

#ifdef OPENSSL_IS_BORINGSSL
// M29: what a small message could unpack to is nobody's business here.
TEST_F(BadHandshakeTest, CertificatesAreNotCompressed) {
  const auto certificate = SecretOf(Issue({.common_name = "client"}, &ca_))->value();
  ServerTransportConfig config = PlainServer();
  config.settings.requires_client_certificate = true;
  config.validation = TrustOf(ca_);
  const auto server = MakeServer(std::move(config));
  int uses = 0;
  RawClient client;
  client.OfferCompression(&uses);
  client.Show(certificate->leaf(), certificate->key());
  auto pair = Open(server, nullptr);
  for (int i = 0; i < 10; ++i) {
    client.Step(pair->client.fd);
    pair->server.Read();
  }
  EXPECT_TRUE(pair->server.is_established()) << pair->server.reason();
  EXPECT_EQ(uses, 0);
}
#endif

// M02: what a flood of half-made handshakes may hold: nothing but the library's own state.
TEST_F(BadHandshakeTest, StrangersCostNothingBeforeTheyFinish) {
  std::vector<std::unique_ptr<TlsPair>> pairs;
  RawClient client;
  const std::string hello = client.Hello("a.test");
  for (int i = 0; i < 50; ++i) pairs.push_back(Feed(hello));
  EXPECT_EQ(ServerStats().handshake.value(), 0u);
  EXPECT_EQ(ServerStats().connection_error.value(), 0u);
  for (auto& pair : pairs) {
    pair->client.Close();
    pair->Run();
    EXPECT_TRUE(pair->server.ended || pair->server.error != 0);
  }
}

}  // namespace
}  // namespace weir::tls
