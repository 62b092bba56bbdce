// TLS over a real socket pair: bytes both ways, ends, blocking, what a session tells.
#include "source/tls/tls_socket.h"

#include "source/tls/handshake_budget.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class TlsSocketTest : public TlsFixture {
 protected:
  // Until everything arrived; the receiver reads in between.
  void Send(TlsEnd& from, TlsEnd& to, std::string_view bytes) {
    for (int i = 0; i < 10'000 && !bytes.empty(); ++i) {
      const net::IoResult result = from.Write(bytes);
      ASSERT_EQ(result.error, 0) << from.reason();
      bytes.remove_prefix(result.bytes);
      to.Read();
    }
    ASSERT_TRUE(bytes.empty());
    while (to.Read()) {
    }
  }
};

TEST_F(TlsSocketTest, ShakesHands) {
  auto pair = ConnectPlain();
  ASSERT_TRUE(pair->is_established()) << pair->server.reason() << pair->client.reason();
  const net::SecureInfo* info = pair->client.socket->secure_info();
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->protocol, "TLSv1.3");
  EXPECT_EQ(info->server_name, "a.test");
  EXPECT_TRUE(info->is_peer_validated);
  EXPECT_FALSE(info->is_resumed);
  ASSERT_NE(info->peer, nullptr);
  EXPECT_EQ(info->peer->dns_sans, std::vector<std::string>{"a.test"});
  EXPECT_EQ(info->peer->issuer, "CN=Test CA");
  EXPECT_EQ(info, pair->client.socket->secure_info()) << "made once";
  EXPECT_FALSE(pair->server.socket->secure_info()->is_peer_validated);
  EXPECT_EQ(pair->server.socket->secure_info()->peer, nullptr);
  EXPECT_EQ(pair->server.socket->secure_info()->local->subject, "CN=a.test");
  EXPECT_EQ(ServerStats().handshake.value(), 1u);
  EXPECT_EQ(ServerStats().no_certificate.value(), 1u);
  EXPECT_EQ(ServerStats().versions[1].value(), 1u);
  EXPECT_EQ(ServerStats().curves[0].value(), 1u) << "X25519 first";
  EXPECT_EQ(ClientStats().handshake.value(), 1u);
  EXPECT_EQ(ClientStats().no_certificate.value(), 0u);
}

TEST_F(TlsSocketTest, MovesBytesBothWays) {
  auto pair = ConnectPlain();
  Send(pair->client, pair->server, "request");
  Send(pair->server, pair->client, "response");
  EXPECT_EQ(pair->server.received, "request");
  EXPECT_EQ(pair->client.received, "response");
}

TEST_F(TlsSocketTest, MovesALotInAnyPieces) {
  auto pair = ConnectPlain();
  std::string sent;
  for (int i = 0; sent.size() < 3'000'000; ++i) sent += std::to_string(i * 7919LL);
  Send(pair->client, pair->server, sent);
  EXPECT_EQ(pair->server.received, sent);
}

TEST_F(TlsSocketTest, SaysNothingBeforeItIsEstablished) {
  auto pair = Open(MakeServer(PlainServer()), MakeClient(PlainClient()));
  EXPECT_FALSE(pair->server.is_established());
  EXPECT_EQ(pair->server.socket->secure_info(), nullptr);
  pair->server.Read();
  EXPECT_TRUE(pair->server.last.blocked);
  EXPECT_FALSE(pair->server.last.needs_other_direction);
}

// A read that stops because its room is used up must say so by not being blocked: the rest is in
// the thread's buffer or in the library, where no event of the descriptor tells of it.
TEST_F(TlsSocketTest, ASmallRoomLosesNothing) {
  auto pair = ConnectPlain();
  std::string sent(200'000, 'x');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 23);
  std::string_view rest = sent;
  while (!rest.empty()) {
    const net::IoResult result = pair->client.Write(rest);
    ASSERT_EQ(result.error, 0);
    rest.remove_prefix(result.bytes);
    // Until it is told that there is no more, never beyond.
    do {
      pair->server.Read(777);
    } while (!pair->server.last.blocked);
  }
  EXPECT_EQ(pair->server.received, sent);
}

TEST_F(TlsSocketTest, SmallPiecesBecomeOneRecord) {
  auto pair = ConnectPlain();
  std::vector<iovec> vectors;
  std::string bytes = "0123456789";
  for (char& byte : bytes) vectors.push_back({&byte, 1});
  const net::IoResult result =
      pair->client.socket->Write(pair->client.fd, vectors.data(), static_cast<int>(vectors.size()));
  EXPECT_EQ(result.bytes, 10u);
  char record[256];
  EXPECT_EQ(recv(pair->server.fd, record, sizeof(record), 0), 5 + 10 + 1 + 16) << "one of TLS 1.3";
}

TEST_F(TlsSocketTest, AFullWayBlocksAndGoesOnWithMovedBytes) {
  auto pair = ConnectPlain();
  std::string sent(4 * 1024 * 1024, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 >> 3);
  size_t at = 0;
  net::IoResult result;
  do {
    result = pair->client.Write(std::string_view(sent).substr(at));
    at += result.bytes;
  } while (!result.blocked && at < sent.size());
  ASSERT_TRUE(result.blocked);
  EXPECT_FALSE(result.needs_other_direction);
  while (at < sent.size()) {
    pair->server.Read();
    // As a buffer does that was reallocated, and in other pieces.
    std::string moved = sent.substr(at, 100'000);
    const size_t half = moved.size() / 3;
    const iovec vectors[] = {{moved.data(), half}, {moved.data() + half, moved.size() - half}};
    result = pair->client.socket->Write(pair->client.fd, vectors, 2);
    ASSERT_EQ(result.error, 0) << pair->client.reason();
    at += result.bytes;
  }
  while (pair->server.Read()) {
  }
  EXPECT_EQ(pair->server.received == sent, true);
}

TEST_F(TlsSocketTest, AnAnnouncedEndIsClean) {
  auto pair = ConnectPlain();
  Send(pair->client, pair->server, "last words");
  pair->client.socket->ShutdownWrite(pair->client.fd);
  pair->client.socket->ShutdownWrite(pair->client.fd);
  shutdown(pair->client.fd, SHUT_WR);
  pair->Run();
  EXPECT_TRUE(pair->server.ended);
  EXPECT_EQ(pair->server.error, 0);
  EXPECT_EQ(pair->server.received, "last words");
}

// M31
TEST_F(TlsSocketTest, TheOtherDirectionGoesOnAfterAnEnd) {
  auto pair = ConnectPlain();
  pair->client.socket->ShutdownWrite(pair->client.fd);
  pair->Run();
  ASSERT_TRUE(pair->server.ended);
  Send(pair->server, pair->client, "answer");
  EXPECT_EQ(pair->client.received, "answer");
}

// M20, G05
TEST_F(TlsSocketTest, AnEndThatNobodyAnnouncedIsAnError) {
  auto pair = ConnectPlain();
  Send(pair->server, pair->client, "half a body");
  pair->server.Close();
  pair->Run();
  EXPECT_EQ(pair->client.received, "half a body");
  EXPECT_FALSE(pair->client.ended);
  EXPECT_EQ(pair->client.error, EPROTO);
  EXPECT_THAT(pair->client.reason(), HasSubstr("close_notify"));
  EXPECT_EQ(ClientStats().connection_error.value(), 0u) << "nothing was wrong with the records";
}

TEST_F(TlsSocketTest, AnEndInTheHandshakeIsAnEnd) {
  auto pair = Open(MakeServer(PlainServer()), nullptr);
  pair->client.Close();
  pair->Run();
  EXPECT_TRUE(pair->server.ended);
}

TEST_F(TlsSocketTest, AResetKeepsItsErrno) {
  auto pair = ConnectPlain();
  pair->server.Write("unread");
  pair->client.Close();  // with bytes unread: a Unix socket tells the other end ECONNRESET
  pair->Run();
  EXPECT_EQ(pair->server.error, ECONNRESET);
  EXPECT_NE(pair->server.reason(), "");
  EXPECT_EQ(pair->server.Write("more").error, ECONNRESET) << "for good";
}

// A server that refuses an upload answers and resets: the answer says why.
TEST_F(TlsSocketTest, WhatThePeerSaidIsReadThoughItTakesNoMore) {
  auto pair = ConnectPlain();
  pair->client.Write("an upload that nobody reads");
  pair->server.Write("413");
  pair->server.Close();
  EXPECT_EQ(pair->client.Write("more").error, EPIPE);
  EXPECT_EQ(pair->client.Write("more").error, EPIPE) << "for good";
  pair->client.Read();
  EXPECT_EQ(pair->client.received, "413");
  pair->Run();
  EXPECT_EQ(pair->client.error, ECONNRESET);
}

TEST_F(TlsSocketTest, ABrokenRecordIsAFailureForGood) {
  auto pair = ConnectPlain();
  send(pair->client.fd, "\x17\x03\x03\x00\x20 this is no record of ours at all", 37, 0);
  pair->Run();
  EXPECT_EQ(pair->server.error, EPROTO);
  EXPECT_THAT(pair->server.reason(), HasSubstr("TLS error: "));
  EXPECT_EQ(ServerStats().connection_error.value(), 1u);
  EXPECT_EQ(pair->server.Write("x").error, EPROTO);
  EXPECT_EQ(pair->client.error, EPROTO) << "an alert told it";
}

TEST_F(TlsSocketTest, NegotiatesTheProtocolInTheServersOrder) {
  ServerTransportConfig server = PlainServer();
  server.settings.alpn = {"h2", "http/1.1"};
  ClientTransportConfig client = PlainClient();
  client.settings.alpn = {"http/1.1", "h2"};
  const auto server_factory = MakeServer(std::move(server));
  const auto client_factory = MakeClient(std::move(client));
  auto pair = Connect(server_factory, client_factory);
  EXPECT_EQ(pair->client.socket->alpn(), "h2");
  EXPECT_EQ(pair->server.socket->alpn(), "h2");
  EXPECT_EQ(pair->server.socket->secure_info()->alpn, "h2");
  const std::string_view only[] = {"http/1.1"};
  net::ClientTransportOptions options;
  options.alpn = only;
  pair = Connect(server_factory, client_factory, options);
  EXPECT_EQ(pair->client.socket->alpn(), "http/1.1") << "what the connection asks for";
}

// M18
TEST_F(TlsSocketTest, NoCommonProtocolIsNoProtocol) {
  ServerTransportConfig server = PlainServer();
  server.settings.alpn = {"h2"};
  ClientTransportConfig client = PlainClient();
  client.settings.alpn = {"http/1.0"};
  auto pair = Connect(MakeServer(std::move(server)), MakeClient(std::move(client)));
  EXPECT_TRUE(pair->is_established());
  EXPECT_EQ(pair->server.socket->alpn(), "");
}

TEST_F(TlsSocketTest, NothingPretendsToBeSecureWithoutAHandshake) {
  auto pair = Open(MakeServer(PlainServer()), nullptr);
  send(pair->client.fd, "GET / HTTP/1.1\r\n\r\n", 18, 0);
  pair->Run();
  EXPECT_EQ(pair->server.error, EPROTO);
  EXPECT_EQ(pair->server.socket->secure_info(), nullptr);
}

TEST_F(TlsSocketTest, HandshakesOfOneTurnAreBounded) {
  const auto server = MakeServer(PlainServer());
  const auto client = MakeClient(PlainClient());
  main_.RunReady();  // this thread has turns from now on
  std::vector<std::unique_ptr<TlsPair>> pairs;
  for (int i = 0; i < HandshakeBudget::kPerTurn + 3; ++i) {
    pairs.push_back(Open(server, client));
    pairs.back()->client.Read();
    pairs.back()->server.Read();
  }
  int postponed = 0;
  for (const auto& pair : pairs) postponed += pair->server.last.again_later ? 1 : 0;
  EXPECT_EQ(postponed, 3);
  EXPECT_TRUE(pairs.back()->server.last.blocked);
  const uint64_t counted = ServerStats().handshake_postponed.value();
  EXPECT_EQ(counted, 3u);
  pairs.back()->server.Read();
  EXPECT_TRUE(pairs.back()->server.last.again_later);
  EXPECT_EQ(ServerStats().handshake_postponed.value(), counted) << "asked without work";
  for (const auto& pair : pairs) {
    main_.RunReady();
    pair->Run();
    EXPECT_TRUE(pair->is_established());
  }
}

}  // namespace
}  // namespace weir::tls
