// Groups C (chunks), D (head syntax), E (request line and authority) and F (connection semantics)
// of the catalogue of bad inputs: the rows that the server codec decides.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "test/http/bad_request_harness.h"
#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

using namespace std::string_literals;

struct Row {
  const char* id;
  std::string bytes;
  std::string expected;
};

const std::string kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

void Expect(const std::vector<Row>& rows, const Http1ServerOptions& options = {}) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.id);
    SCOPED_TRACE(row.bytes.substr(0, 200));
    const RequestVerdict verdict = JudgeRequests(row.bytes, options);
    EXPECT_EQ(verdict.summary, row.expected) << verdict.detail;
  }
}

std::string Chunked(const std::string& body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}
std::string Fields(const std::string& fields) {
  return "GET /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string Line(const std::string& line, const std::string& host = "a") {
  return line + "\r\nHost: " + host + "\r\n\r\n";
}
std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(BadRequestsTest, ChunkedBodies) {
  const std::string hello = "POST /p [hello] open";
  Expect({
      {"C01", Chunked("5\r\nhello\r\n0\r\n\r\n"), hello},
      {"C01", Chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"), hello},
      {"C01", Chunked("A\r\n0123456789\r\n0\r\n\r\n"), "POST /p [0123456789] open"},
      {"C02", Chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C02", Chunked("+5\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C02", Chunked("-5\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C02", Chunked("5_0\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C02", Chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C02", Chunked("5 \r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C03", Chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C03", Chunked("8000000000000000\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C04", Chunked(std::string(40, '0') + "\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C05", Chunked("\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C06", Chunked("5\nhello\r\n0\r\n\r\n"), "400c"},
      {"C07", Chunked("5\rhello\r\n0\r\n\r\n"), "400c"},
      {"C08", Chunked("5;\nhello\r\n0\r\n\r\n"), "400c"},
      {"C09", Chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C10", Chunked("5;a\0\r\nhello\r\n0\r\n\r\n"s), "400c"},
      {"C10", Chunked("5;a=\x01\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C11", Chunked("5;\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C11", Chunked("5;=v\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C11", Chunked("5;a=\"\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C12", Chunked("5;a=\"b\r\nc\"\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C12", Chunked("5;a=\"b\\\"c\"\r\nhello\r\n0\r\n\r\n"), hello},
      {"C13", Chunked("5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n"), hello},
      {"C14", Chunked("5;a=" + std::string(64 * 1024, 'b') + "\r\nhello\r\n0\r\n\r\n"), "400c"},
      {"C15", Chunked(Repeat("1\r\nx\r\n", 100'000) + "0\r\n\r\n"), "400c"},
      {"C16", Chunked("1\r\nABC\r\n0\r\n\r\n"), "400c"},
      {"C17", Chunked("1\r\nA0\r\n\r\n"), "400c"},
      {"C18", Chunked("1\r\nA\r\r0\r\n\r\n"), "400c"},
      {"C18", Chunked("1\r\nA\n\n0\r\n\r\n"), "400c"},
      {"C18", Chunked("1\r\nAXX0\r\n\r\n"), "400c"},
      {"C20", Chunked("0\n\r\n"), "400c"},
      {"C20", Chunked("00\r\n\r\n"), "POST /p [] open"},
      {"C20", Chunked("0;a\r\n\r\n"), "POST /p [] open"},
      {"C21", Chunked("5\r\nhello\r\n0\r\nX: y\r\n\r\n" + kNext),
       "POST /p [hello] GET /next [] open"},
      {"C23", Chunked("0\r\nX: y\n\r\n"), "400c"},
      {"C24", Chunked("0\r\nX: " + std::string(9000, 'y') + "\r\n\r\n"), "431c"},
      {"C24", Chunked("0\r\n" + Repeat("X: y\r\n", 21) + "\r\n"), "431c"},
      {"C25", Chunked("0\r\nX: y\r\n z\r\n\r\n"), "400c"},
      {"C25", Chunked("0\r\nX\r\n\r\n"), "400c"},
      {"C25", Chunked("0\r\nX: \0\r\n\r\n"s), "400c"},
      {"C28", Chunked("10000000000\r\nx"), "more"},
  });
}

TEST(BadRequestsTest, C13ExtensionsAreNotForwarded) {
  EXPECT_TRUE(JudgeRequests(Chunked("5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n"))
                  .forwarded.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
}

TEST(BadRequestsTest, C19TruncatedChunksAreNoEnd) {
  ServerHarness server;
  server.Receive(Chunked("5\r\nhello\r\n0\r\n"));
  EXPECT_FALSE(server.last()->ended);
  server.ReceiveEnd();
  EXPECT_EQ(server.last()->error, "reset http1.downstream_ended_in_body");
}

TEST(BadRequestsTest, C22SomeNamesAreNeverTakenFromTrailers) {
  Http1ServerOptions options;
  options.enable_trailers = true;
  ServerHarness server(options);
  server.Receive(
      Chunked("0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nHost: b\r\n"
              "Authorization: c\r\nContent-Type: d\r\nCookie: e\r\nConnection: f\r\n"
              "X-Fine: g\r\n\r\n"));
  EXPECT_EQ(server.last()->trailers, "x-fine: g\r\n");
}

TEST(BadRequestsTest, HeadSyntax) {
  std::vector<Row> rows = {
      {"D01", "GET / HTTP/1.1\nHost: a\n\n", "400c"},
      {"D01", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400c"},
      {"D02", "GET / HTTP/1.1\rHost: a\r\r", "400c"},
      {"D03", Fields("X: a\rb\r\n"), "400c"},
      {"D04", Fields("X: a\0b\r\n"s), "400c"},
      {"D04", Fields("X\0: a\r\n"s), "400c"},
      {"D05", Fields("X: a\x01\r\n"), "400c"},
      {"D05", Fields("X: a\x1f\r\n"), "400c"},
      {"D05", Fields("X: a\x7f\r\n"), "400c"},
      {"D06", Fields("X\x80: a\r\n"), "400c"},
      {"D08", Fields("X: a\r\n b\r\n"), "400c"},
      {"D09", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", "400c"},
      {"D09", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", "400c"},
      {"D10", Fields("X\r\n"), "400c"},
      {"D11", Fields(": x\r\n"), "400c"},
      {"D13", Fields(std::string(64 * 1024, 'x') + ": y\r\n"), "431c"},
      {"D14", Fields("X: " + std::string(64 * 1024, 'y') + "\r\n"), "431c"},
      {"D15", Fields(Repeat("X: " + std::string(1020, 'y') + "\r\n", 60)), "431c"},
      {"D16", Fields(Repeat("X: y\r\n", 99)), "GET /p [] open"},
      {"D16", Fields(Repeat("X: y\r\n", 100)), "431c"},
      {"D17", Fields(std::string(270, 'n') + ": x\r\nContent-Length: 1\r\n") + "Z" + kNext,
       "GET /p [Z] GET /next [] open"},
      {"D18", Fields(Repeat("Cookie: a\r\n", 1000)), "431c"},
      {"D21", Fields("x_y: z\r\n"), "400c"},
      {"D24", "\r\n\r\n" + kNext, "GET /next [] open"},
      {"D24", "\r\n\r\n\r\n" + kNext, "400c"},
      {"D25", Repeat("\r\n", 32 * 1024), "400c"},
      {"D26", Fields("X: y\r\n \t\r\nZ: a\r\n"), "400c"},
      {"D27", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "400c"},
      {"D27", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400c"},
      {"D27", "\x80\x81\x82 / HTTP/1.1\r\n", "400c"},
      {"D31", Fields("Connection: Host\r\n"), "400c"},
      {"D31", Fields("Connection: X-Forwarded-For\r\n"), "400c"},
      {"D31", Fields("Connection: close, Authorization\r\n"), "400c"},
      {"D31", Fields("Connection: X-Request-Id\r\n"), "400c"},
      {"D31", Fields("Connection: :path\r\n"), "400c"},
  };
  for (char c : " \t\"(),/;<=>?@[\\]{}"s) {
    rows.push_back({"D12", Fields("X"s + c + "Y: z\r\n"), "400c"});
  }
  Expect(rows);
}

TEST(BadRequestsTest, FieldsAreForwardedAsTheyAre) {
  // D07: obs-text; D19: duplicates; D29: an empty value.
  const RequestVerdict verdict =
      JudgeRequests(Fields("X: \x80\xff\r\nAccept: a\r\nY:  \t\r\nAccept: b\r\n"));
  EXPECT_EQ(verdict.forwarded,
            "GET /p HTTP/1.1\r\nhost: a\r\nx: \x80\xff\r\naccept: a\r\ny: \r\naccept: b\r\n\r\n");
}

TEST(BadRequestsTest, D30D32HopByHopFieldsStay) {
  const RequestVerdict verdict = JudgeRequests(Fields(
      "Connection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\n"
      "Proxy-Connection: keep-alive\r\nProxy-Authenticate: x\r\nTrailer: y\r\nUpgrade: z\r\n"));
  EXPECT_EQ(verdict.forwarded, "GET /p HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(verdict.summary, "GET /p [] closed");
}

TEST(BadRequestsTest, RequestLinesAndAuthorities) {
  std::vector<Row> rows = {
      {"E01", "GET / HTTP/1.1\r\n\r\n", "400c"},
      {"E02", Fields("Host: a\r\n"), "400c"},
      {"E02", Fields("Host: b\r\n"), "400c"},
      {"E07", Line("GET http://b/ HTTP/1.1"), "400c"},
      {"E08", Line("GET http://a/x HTTP/1.1"), "GET /x [] open"},
      {"E09", Line("GET https://a/ HTTP/1.1"), "400c"},
      {"E10", Line("GET http://user@a/ HTTP/1.1"), "400c"},
      {"E12", "GET /\r\n", "400c"},
      {"E12", "GET / \r\n", "400c"},
      {"E13", Line("GET / HTTP/1.0"), "426c"},
      {"E14", Line("GET / HTTP/1.2"), "505c"},
      {"E14", Line("GET / HTTP/1.9"), "505c"},
      {"E15", Line("GET / HTTP/2.0"), "505c"},
      {"E16", Line("GET / HTTP/1.10"), "400c"},
      {"E16", Line("GET / HTTP/01.1"), "400c"},
      {"E16", Line("GET / HTTP/1."), "400c"},
      {"E16", Line("GET / http/1.1"), "400c"},
      {"E16", Line("GET / HTTP /1.1"), "400c"},
      {"E16", Line("GET / HTTP/\r1.1"), "400c"},
      {"E17", Line("GET  / HTTP/1.1"), "400c"},
      {"E17", Line("GET /  HTTP/1.1"), "400c"},
      {"E17", Line("GET\t/ HTTP/1.1"), "400c"},
      {"E18", Line("GET / HTTP/1.1 "), "400c"},
      {"E19", Line("GET /a b HTTP/1.1"), "400c"},
      {"E20", Line("GET /a#b HTTP/1.1"), "400c"},
      {"E21", Line("GET /a\0b HTTP/1.1"s), "400c"},
      {"E21", Line("GET /a\x01 HTTP/1.1"), "400c"},
      {"E21", Line("GET /a\x80 HTTP/1.1"), "400c"},
      {"E31", Line("GET * HTTP/1.1"), "400c"},
      {"E31", Line("OPTIONS * HTTP/1.1"), "OPTIONS * [] open"},
      {"E32", Line("GET abc HTTP/1.1"), "400c"},
      {"E32", Line("GET  HTTP/1.1"), "400c"},
      {"E33", Line("get / HTTP/1.1"), "get / [] open"},
      {"E33", Line("G / HTTP/1.1"), "G / [] open"},
      {"E33", Line(std::string(32, 'G') + " / HTTP/1.1"), std::string(32, 'G') + " / [] open"},
      {"E33", Line(std::string(64, 'G') + " / HTTP/1.1"), "501c"},
      {"E33", Line("G\"T / HTTP/1.1"), "400c"},
      {"E33", Line("G(T / HTTP/1.1"), "400c"},
      {"E33", Line("G\0T / HTTP/1.1"s), "400c"},
      {"E35", Line("CONNECT a HTTP/1.1"), "400c"},
      {"E35", Line("CONNECT a:1/x HTTP/1.1"), "400c"},
      {"E35", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 3\r\n\r\nabc", "400c"},
      {"E36", Line("GET /" + std::string(16 * 1024 - 1, 'x') + " HTTP/1.1"),
       "GET /" + std::string(16 * 1024 - 1, 'x') + " [] open"},
      {"E36", Line("GET /" + std::string(16 * 1024, 'x') + " HTTP/1.1"), "414c"},
      {"E37", Line("GET /?" + std::string(60 * 1024, '&') + " HTTP/1.1"), "414c"},
  };
  for (const char* host : {"a, b", "a,b", "a b", "a\tb"})
    rows.push_back({"E03", Line("GET / HTTP/1.1", host), "400c"});
  for (const char* host : {"user@a", "a/b", "a?x", "a#x", "a\\b"}) {
    rows.push_back({"E04", Line("GET / HTTP/1.1", host), "400c"});
  }
  rows.push_back({"E05", Line("GET / HTTP/1.1", ""), "400c"});
  for (const char* host : {"a:99999", "a:80:80", "a:x", "[::1", "a.:1.2"}) {
    rows.push_back({"E06", Line("GET / HTTP/1.1", host), "400c"});
  }
  Expect(rows);
}

TEST(BadRequestsTest, E11AuthorityHasOneCanonicalForm) {
  EXPECT_EQ(JudgeRequests(Line("GET / HTTP/1.1", "A.Com.:80")).forwarded,
            "GET / HTTP/1.1\r\nhost: a.com:80\r\n\r\n");
  EXPECT_EQ(JudgeRequests(Line("GET http://A.COM/ HTTP/1.1", "a.com.")).forwarded,
            "GET / HTTP/1.1\r\nhost: a.com\r\n\r\n");
}

TEST(BadRequestsTest, E13Http10WhenAccepted) {
  Http1ServerOptions options;
  options.accept_http_10 = true;
  Expect(
      {{"E13", "GET / HTTP/1.0\r\nHost: a\r\n\r\n" + kNext, "GET / [] closed"},
       {"E13", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" + kNext,
        "GET / [] GET /next [] open"},
       {"F05", "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "POST / [x] closed"}},
      options);
}

TEST(BadRequestsTest, Expectations) {
  const std::string post = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n";
  Expect({
      {"F03", post + "Expect: 100-continue\r\n\r\nx" + kNext, "POST /p [x] GET /next [] open"},
      {"F04", post + "Expect: foo\r\n\r\nx", "417c"},
      {"F04", post + "Expect: y 100-continue\r\n\r\nx", "417c"},
      {"F04", post + "Expect: 100-continue, x\r\n\r\nx", "417c"},
      {"F04", post + "Expect:\r\n 100-continue\r\n\r\nx", "400c"},
      {"F04", post + "Expect:\r\n\r\nx", "417c"},
      {"F06",
       "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n" + kNext,
       "POST /p [] GET /next [] open"},
      {"F06", Fields("Expect: 100-continue\r\n") + kNext, "GET /p [] GET /next [] open"},
  });
  EXPECT_TRUE(JudgeRequests(post + "Expect: 100-Continue\r\n\r\nx")
                  .forwarded.find("\r\nexpect: 100-continue\r\n") != std::string::npos);
  EXPECT_EQ(JudgeRequests(Fields("Expect: 100-continue\r\n")).forwarded,
            "GET /p HTTP/1.1\r\nhost: a\r\n\r\n");  // F06
}

TEST(BadRequestsTest, Upgrades) {
  const std::string key = "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
  const std::string ask = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  Expect({
      {"F11", Fields("Connection: close\r\n") + kNext, "GET /p [] closed"},
      {"F14",
       Fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n") +
           kNext,
       "GET /p [] GET /next [] open"},
      {"F16", Fields(ask + key) + kNext, "closed"},
      {"F20", "POST /p HTTP/1.1\r\nHost: a\r\n" + ask + key + "\r\n", "400c"},
      {"F20", Fields(ask), "400c"},
      {"F20", Fields(ask + "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 8\r\n"), "400c"},
      {"F21", "CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n" + kNext, "closed"},
      {"F24", "HEAD /p HTTP/1.1\r\nHost: a\r\n" + ask + key + "\r\n", "400c"},
  });
  EXPECT_EQ(JudgeRequests(Fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                 "HTTP2-Settings: x\r\n"))
                .forwarded,
            "GET /p HTTP/1.1\r\nhost: a\r\n\r\n");  // F14
  Http1ServerOptions options;
  options.accept_http_10 = true;
  Expect({{"F20", "GET /p HTTP/1.0\r\nHost: a\r\n" + ask + key + "\r\n", "400c"}}, options);
}

TEST(BadRequestsTest, F25ManyRequestsOnOneConnection) {
  ServerHarness server;
  for (int i = 0; i < 10'000; ++i) {
    server.Receive(kNext);
    server.TakeOutput();
    server.requests.clear();
  }
  EXPECT_FALSE(server.done);
}

TEST(BadRequestsTest, F26RequestsAfterTheAnnouncedCloseAreIgnored) {
  ServerHarness server;
  server.Receive(kNext.substr(0, 5));
  server.connection->Drain();
  server.Receive(kNext.substr(5) + kNext);
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_TRUE(server.done);
}

}  // namespace
}  // namespace weir::http
