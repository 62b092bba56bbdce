// Group G of the catalogue of bad inputs (what an upstream may answer): the rows that the client
// codec decides.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

using namespace std::string_literals;

struct Row {
  const char* id;
  std::string bytes;
  // "relayed" and reusable; "relayed, dropped" and not; "aborted" after its head; "502".
  std::string expected;
  std::string method = "GET";
};

std::string VerdictOf(const ClientHarness& client) {
  if (client.error) return client.status == 0 ? "502" : "aborted";
  if (!client.ended || client.done == 0) return "more";
  return client.connection->is_reusable() ? "relayed" : "relayed, dropped";
}

std::string Judge(const Row& row, size_t step) {
  ClientHarness client;
  client.Request(row.method, "/");
  client.ReceiveSplit(row.bytes, step);
  const std::string verdict = VerdictOf(client);
  EXPECT_EQ(client.unread.empty(), verdict != "more");
  EXPECT_EQ(client.error ? client.error.side : Side::kUpstream, Side::kUpstream);
  EXPECT_FALSE(client.error.retryable);
  return verdict;
}

void Expect(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.id);
    SCOPED_TRACE(row.bytes.substr(0, 200));
    for (size_t step : {row.bytes.size(), size_t{1}, size_t{2}, size_t{7}}) {
      if (step < 7 && row.bytes.size() > 20'000) continue;  // quadratic in this harness
      EXPECT_EQ(Judge(row, step), row.expected) << "in pieces of " << step;
    }
  }
}

std::string Ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}
std::string Chunked(const std::string& body) { return Ok("Transfer-Encoding: chunked\r\n", body); }
std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(BadResponsesTest, Framing) {
  Expect({
      {"G01", Ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "502"},
      {"G02", Ok("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "502"},
      {"G02", Ok("Content-Length: 5,5\r\n", "hello"), "502"},
      {"G02", Ok("Content-Length: +5\r\n", "hello"), "502"},
      {"G02", Ok("Content-Length:\r\n", "hello"), "502"},
      {"G03", Ok("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "502"},
      {"G03", Ok("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), "502"},
      {"G03", Ok("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), "502"},
      {"G04", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "502"},
      {"G07", Ok("Content-Length: 5\r\n", "hello12345"), "relayed, dropped"},
      {"G09", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello", "relayed, dropped"},
      {"G09", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", "relayed"},
      {"G09", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\nhello", "relayed, dropped"},
      {"G09", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "relayed"},
      {"G09", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "relayed, dropped"},
      {"G09", "HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\nhello" + Ok("Content-Length: 0\r\n"),
       "502"},
      {"G10", Ok("Content-Length: 5\r\n", "hello"), "relayed, dropped", "HEAD"},
      {"G11", "HTTP/1.1 205 x\r\nContent-Length: 5\r\n\r\nhello", "relayed"},
      {"G16", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "relayed"},
      {"G16", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "relayed"},
      {"G16", "garbage\r\n", "502"},
      {"G16", "HTTP/3.7 200 OK\r\n", "502"},
      {"G16", "HTTP/1.1 20\r\n", "502"},
      {"G16", "HTTP/1.1 9999\r\n", "502"},
      {"G17", "HTTP/1.1 099 x\r\n", "502"},
      {"G17", "HTTP/1.1 000 x\r\n", "502"},
      {"G17", "HTTP/1.1 600 x\r\n", "502"},
      {"G18", Repeat("HTTP/1.1 103 x\r\n\r\n", 10) + Ok("Content-Length: 0\r\n"), "relayed"},
      {"G18", Repeat("HTTP/1.1 103 x\r\n\r\n", 1000), "502"},
      {"F07", "HTTP/1.1 100 Continue\r\n\r\n" + Ok("Content-Length: 0\r\n"), "relayed"},
      {"F08", Ok("Content-Length: 0\r\n") + "HTTP/1.1 100 Continue\r\n\r\n", "relayed, dropped"},
      {"F18", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "502"},
  });
}

TEST(BadResponsesTest, G13ChunkSyntax) {
  std::vector<Row> rows;
  for (const char* body : {"0x5\r\n",
                           "+5\r\n",
                           "-5\r\n",
                           "5_0\r\n",
                           " 5\r\n",
                           "5 \r\n",
                           "00000000000000005\r\n",
                           "8000000000000000\r\n",
                           "\r\n",
                           "5\n",
                           "5\rhello",
                           "5;\n",
                           "5;a\rb\r\n",
                           "5;\r\n",
                           "5;=v\r\n",
                           "5;a=\"\r\n",
                           "1\r\nABC\r\n",
                           "1\r\nA0\r\n\r\n",
                           "1\r\nA\r\r",
                           "1\r\nA\n\n",
                           "1\r\nAXX",
                           "0\n\r\n",
                           "0\r\nX: y\n",
                           "0\r\nX\r\n\r\n",
                           "0\r\nX: y\r\n z\r\n\r\n"}) {
    rows.push_back({"G13", Chunked(body), "aborted"});
  }
  rows.push_back({"G13", Chunked("5;a=" + std::string(300, 'b') + "\r\n"), "aborted"});
  rows.push_back({"G13", Chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), "relayed"});
  Expect(rows);
}

TEST(BadResponsesTest, G14G31HeadSyntax) {
  std::vector<Row> rows = {
      {"G14", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "502"},
      {"G14", "HTTP/1.1 200 OK\rContent-Length: 0\r\r", "502"},
      {"G14", "\r\nHTTP/1.1 200 OK\r\n", "502"},
      {"G14", "HTTP/1.1 200 OK\r\n X: a\r\n\r\n", "502"},
      {"G15", Ok("X: " + std::string(61 * 1024, 'y') + "\r\n"), "502"},
      {"G15", Ok(Repeat("X: y\r\n", 101)), "502"},
      {"G31", Ok("Location: /a\rX: b\r\n"), "502"},
      {"G31", Ok("Location: /a\nX: b\r\n"), "502"},
  };
  for (const std::string& field :
       {"X: a\rb"s, "X: a\0b"s, "X\0: a"s, "X: a\x01"s, "X: a\x7f"s, "X\x80: a"s, "X: a\r\n b"s,
        "X"s, ": x"s, "X : a"s, "X\tY: a"s, "X(: a"s, "X\"Y: a"s}) {
    rows.push_back({"G14", Ok(field + "\r\n"), "502"});
  }
  Expect(rows);
}

TEST(BadResponsesTest, G05CloseDelimitedBodies) {
  ClientHarness clean;
  clean.Request("GET", "/");
  clean.Receive(Ok("", "until close"));
  clean.ReceiveEnd();
  EXPECT_EQ(VerdictOf(clean), "relayed, dropped");
  ClientHarness lost;
  lost.Request("GET", "/");
  lost.Receive(Ok("", "until close"));
  lost.connection->OnConnectionLost({ErrorKind::kPeerReset, Side::kUpstream, false, "x"});
  EXPECT_EQ(VerdictOf(lost), "aborted");
}

TEST(BadResponsesTest, G06G12G20TruncatedResponses) {
  const auto truncated = [](const std::string& bytes) {
    ClientHarness client;
    client.Request("GET", "/");
    client.Receive(bytes);
    client.ReceiveEnd();
    EXPECT_EQ(client.connection_done, 1);
    return VerdictOf(client);
  };
  EXPECT_EQ(truncated(Ok("Content-Length: 10\r\n", "hello")), "aborted");  // G06
  EXPECT_EQ(truncated("HTTP/1.1 200 OK\r\nContent-"), "502");              // G06
  EXPECT_EQ(truncated(Chunked("5\r\nhello\r\n")), "aborted");              // G12
  EXPECT_EQ(truncated(Chunked("5\r\nhello\r\n0\r\n")), "aborted");         // G12
  EXPECT_EQ(truncated("HTTP/1.1 103 x\r\n\r\n"), "502");                   // G20
  EXPECT_EQ(truncated(""), "502");                                         // G23
}

TEST(BadResponsesTest, G32ProtectedFieldsAreKept) {
  ClientHarness client;
  client.Request("GET", "/");
  client.Receive(
      Ok("Connection: Set-Cookie, Strict-Transport-Security, X-Hop\r\nSet-Cookie: a\r\n"
         "Strict-Transport-Security: b\r\nX-Hop: c\r\nContent-Length: 0\r\n"));
  EXPECT_EQ(client.fields, "set-cookie: a\r\nstrict-transport-security: b\r\n");
}

TEST(BadResponsesTest, G34TrailersOfFramingNamesAreDropped) {
  Http1ClientOptions options;
  options.enable_trailers = true;
  ClientHarness client(options);
  client.Request("GET", "/");
  client.Receive(Ok("Transfer-Encoding: chunked\r\nTrailer: x-a\r\n",
                    "0\r\nContent-Length: 1\r\nx-a: b\r\n\r\n"));
  EXPECT_EQ(client.Summary(), "200 length=-1 {} trailers=x-a: b\r\n [] ended done reusable");
}

TEST(BadResponsesTest, F17F19WhatAnUpgradeMayBeAnsweredWith) {
  const auto answer = [](const std::string& bytes) {
    ClientHarness client;
    client.Request("GET", "/", false, [](RequestHead& head) {
      head.upgrade = "websocket";
      head.content_length = 0;
      head.headers.Add("sec-websocket-key", "k");  // the client's own: its answer is not ours
    });
    client.Receive(bytes);
    return VerdictOf(client);
  };
  EXPECT_EQ(answer(Ok("Content-Length: 0\r\n")), "relayed, dropped");  // F17
  for (const char* fields : {"", "Connection: upgrade\r\n", "Upgrade: websocket\r\n",
                             "Connection: upgrade\r\nUpgrade: other\r\n",
                             "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: other\r\n"}) {
    EXPECT_EQ(answer("HTTP/1.1 101 x\r\n" + std::string(fields) + "\r\n"), "502") << fields;  // F19
  }
  EXPECT_EQ(answer("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"), "more");
}

TEST(BadResponsesTest, F22ConnectResponseIsUnframed) {
  ClientHarness client;
  client.Request("CONNECT", "", false);
  client.Receive(Ok("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  EXPECT_EQ(client.fields, "");
  EXPECT_EQ(client.content_length, -1);
  EXPECT_EQ(client.body, "0\r\n\r\n");
}

TEST(BadResponsesTest, G08BytesOnAnIdleConnectionPoisonNothing) {
  ClientHarness client;
  client.Request("GET", "/");
  client.Receive(Ok("Content-Length: 0\r\n"));
  ASSERT_TRUE(client.connection->is_reusable());
  client.Receive(Ok("Content-Length: 0\r\n"));
  EXPECT_FALSE(client.connection->can_take_stream());
  EXPECT_EQ(client.connection_done, 1);
}

}  // namespace
}  // namespace weir::http
