// Groups A (Content-Length) and B (Transfer-Encoding) of the catalogue of bad inputs: every row
// that the codec decides, and all of them but A22 (a timeout).
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
  std::string fields;
  std::string body;
  std::string expected;
};

std::string Post(const std::string& fields, const std::string& body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

void Expect(const Row& row, const Http1ServerOptions& options = {}) {
  SCOPED_TRACE(row.id);
  SCOPED_TRACE(row.fields);
  const RequestVerdict verdict = JudgeRequests(Post(row.fields, row.body), options);
  EXPECT_EQ(verdict.summary, row.expected) << verdict.detail;
  const bool is_refused = row.expected == "400c" || row.expected == "501c";
  if (is_refused) {
    EXPECT_EQ(verdict.forwarded, "");
  }
}

const std::string kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(BadFramingTest, ContentLength) {
  const std::vector<Row> rows = {
      {"A01", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello", "400c"},
      {"A02", "Content-Length: 5\r\nContent-Length: 6\r\n", "hello", "400c"},
      {"A03", "Content-Length: 5, 5\r\n", "hello", "400c"},
      {"A04", "Content-Length: 5, 6\r\n", "hello", "400c"},
      {"A05", "Content-Length: +5\r\n", "hello", "400c"},
      {"A06", "Content-Length: -5\r\n", "hello", "400c"},
      {"A06", "Content-Length: -0\r\n", "", "400c"},
      {"A07", "Content-Length: 0x5\r\n", "hello", "400c"},
      {"A08", "Content-Length: 5 5\r\n", "hello", "400c"},
      {"A09", "Content-Length: 5a\r\n", "hello", "400c"},
      {"A09", "Content-Length: a5\r\n", "hello", "400c"},
      {"A09", "Content-Length: 5;x=y\r\n", "hello", "400c"},
      {"A09", "Content-Length: 5.0\r\n", "hello", "400c"},
      {"A09", "Content-Length: 5_0\r\n", "hello", "400c"},
      {"A10", "Content-Length:\r\n", "hello", "400c"},
      {"A10", "Content-Length:  \t \r\n", "hello", "400c"},
      {"A12", "Content-Length: 000000000000000000005\r\n", "hello", "400c"},
      {"A13", "Content-Length: 9223372036854775807\r\n", "hello", "more"},
      {"A14", "Content-Length: 9223372036854775808\r\n", "hello", "400c"},
      {"A14", "Content-Length: 18446744073709551615\r\n", "hello", "400c"},
      {"A14", "Content-Length: 18446744073709551616\r\n", "hello", "400c"},
      {"A15", "Content-Length: 18446744073709551617\r\n", "x" + kNext, "400c"},
      {"A16", "Content-Length: \xef\xbc\x95\r\n", "hello", "400c"},
      {"A16", "Content-Length: \x0b"s + "5\r\n", "hello", "400c"},
      {"A16", "Content-Length: 5\x00\r\n"s, "hello", "400c"},
      {"A18", "Content-Length : 5\r\n", "hello", "400c"},
      {"A19", "Content_Length: 5\r\n", "hello", "400c"},
      {"A21", "Content-Length: 5\r\n", "hello\x01\x02\x03garb", "POST /p [hello] 400c"},
      {"A21", "Content-Length: 5\r\n", "helloGARB AGE\r\n", "POST /p [hello] 400c"},
      {"A22", "Content-Length: 1000000000000\r\n", "", "more"},
      {"A26", "", kNext, "POST /p [] GET /next [] open"},
      {"A30", "Content-Length: 5\r\nConnection: Content-Length\r\n", "hello", "400c"},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(BadFramingTest, A11A17LengthsAreForwardedInCanonicalForm) {
  for (const char* field :
       {"Content-Length: 005\r\n", "Content-Length: 5 \t\r\n", "Content-Length:     5\r\n",
        "Content-Length:\t\t5\r\n", "CONTENT-LENGTH:5\r\n"}) {
    const RequestVerdict verdict = JudgeRequests(Post(field, "hello" + kNext));
    EXPECT_EQ(verdict.summary, "POST /p [hello] GET /next [] open");
    EXPECT_EQ(verdict.forwarded,
              "POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"
              "GET /next HTTP/1.1\r\nhost: a\r\n\r\n");
  }
}

TEST(BadFramingTest, A19AliasesAreRefusedEvenWhereUnderscoresAreAllowed) {
  Http1ServerOptions options;
  for (UnderscoreAction action : {UnderscoreAction::kAllow, UnderscoreAction::kDropHeader}) {
    options.underscores = action;
    Expect({"A19", "Content_Length: 5\r\n", "hello", "400c"}, options);
    Expect({"B20", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello", "400c"},
           options);
    Expect({"D22", "X_Forwarded_For: 1.1.1.1\r\n", "", "400c"}, options);
    Expect({"D22", "X_Envoy_Internal: true\r\n", "", "400c"}, options);
  }
}

TEST(BadFramingTest, A20TruncatedBodyIsNoBody) {
  ServerHarness server;
  server.Receive(Post("Content-Length: 10\r\n", "hello"));
  server.ReceiveEnd();
  EXPECT_FALSE(server.last()->ended);
  EXPECT_EQ(server.last()->error, "reset http1.downstream_ended_in_body");
  EXPECT_TRUE(server.done);
}

TEST(BadFramingTest, A23A24BodiesOnAnyMethodAreConsumed) {
  for (const char* method : {"GET", "DELETE", "OPTIONS", "HEAD", "FOO"}) {
    const std::string head = std::string(method) + " /p HTTP/1.1\r\nHost: a\r\n";
    const std::string expected = std::string(method) + " /p [hello] GET /next [] open";
    const RequestVerdict counted = JudgeRequests(head + "Content-Length: 5\r\n\r\nhello" + kNext);
    EXPECT_EQ(counted.summary, expected);
    EXPECT_TRUE(counted.forwarded.find("\r\ncontent-length: 5\r\n\r\nhello") != std::string::npos);
    const RequestVerdict chunked =
        JudgeRequests(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + kNext);
    EXPECT_EQ(chunked.summary, expected);  // B28, too
    EXPECT_TRUE(chunked.forwarded.find("\r\ntransfer-encoding: chunked\r\n\r\n") !=
                std::string::npos);
  }
}

TEST(BadFramingTest, A25A27UnreadBodyIsNeverARequest) {
  for (size_t step : {size_t{1}, size_t{10}, size_t{1000}}) {
    ServerHarness server;
    server.on_head = [&server](SeenRequest& request) {
      if (request.method == "POST") server.Reply(302, "");
    };
    server.ReceiveSplit(Post("Content-Length: " + std::to_string(kNext.size()) + "\r\n", kNext) +
                            "GET /real HTTP/1.1\r\nHost: a\r\n\r\n",
                        step);
    ASSERT_EQ(server.requests.size(), 2u);
    EXPECT_EQ(server.last()->path, "/real");
  }
}

TEST(BadFramingTest, A28A29VerdictsDependOnNothingElse) {
  std::string fields;
  for (int i = 0; i < 98; ++i) fields += "X-A" + std::to_string(i) + ": b\r\n";
  Expect({"A29", fields + "Content-Length: 5\r\n", "hello", "POST /p [hello] open"});
  Expect({"A29", fields + "Content-Length: 5,5\r\n", "hello", "400c"});
}

TEST(BadFramingTest, TransferEncoding) {
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  const std::vector<Row> rows = {
      {"B01", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B02", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks, "400c"},
      {"B03", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n", chunks,
       "400c"},
      {"B04", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks + kNext, "400c"},
      {"B05", "Transfer-Encoding: xchunked\r\n", chunks, "501c"},
      {"B06", "Transfer-Encoding : chunked\r\n", chunks, "400c"},
      {"B08", "Transfer-Encoding: \x0b"s + "chunked\r\n", chunks, "400c"},
      {"B08", "Transfer-Encoding: \x0c"s + "chunked\r\n", chunks, "400c"},
      {"B08", "Transfer-Encoding: chunked\x00\r\n"s, chunks, "400c"},
      {"B08", "Transfer-Encoding: \xa0"s + "chunked\r\n", chunks, "400c"},
      {"B08", "Transfer-Encoding: \x85"s + "chunked\r\n", chunks, "400c"},
      {"B09", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks, "400c"},
      {"B10", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B11", "Transfer-Encoding: chunked, chunked\r\n", chunks, "400c"},
      {"B12", "Transfer-Encoding: chunked, identity\r\n", chunks, "400c"},
      {"B12", "Transfer-Encoding: chunked, gzip\r\n", chunks, "400c"},
      {"B13", "Transfer-Encoding: gzip, chunked\r\n", chunks, "501c"},
      {"B14", "Transfer-Encoding: identity\r\n", chunks, "501c"},
      {"B14", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello", "501c"},
      {"B15", "Transfer-Encoding: ,chunked\r\n", chunks, "400c"},
      {"B15", "Transfer-Encoding: chunked,\r\n", chunks, "400c"},
      {"B15", "Transfer-Encoding: , ,chunked\r\n", chunks, "400c"},
      {"B16", "Transfer-Encoding: chunked;a=b\r\n", chunks, "400c"},
      {"B16", "Transfer-Encoding: \"chunked\"\r\n", chunks, "400c"},
      {"B16", "Transfer-Encoding: chun ked\r\n", chunks, "400c"},
      {"B17", "Transfer-Encoding:\r\n chunked\r\n", chunks, "400c"},
      {"B18", "Transfer-Encoding:\r\n", chunks, "400c"},
      {"B18", "Transfer-Encoding: \r\nContent-Length: 5\r\n", "hello", "400c"},
      {"B20", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello", "400c"},
      {"B21", "Foo: x\nTransfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B22", "Foo: x\rTransfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B23", "Transfer-Encoding\x00: chunked\r\n"s, chunks, "400c"},
      {"B23", "Transfer-Encoding\r: chunked\r\n", chunks, "400c"},
      {"B24", " Transfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B24", "X: y\r\n Transfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B27", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", chunks, "400c"},
      {"B31", "X-Transfer-Encoding: chunked\r\n", kNext, "POST /p [] GET /next [] open"},
      {"B31", "Transfer-Encoding2: chunked\r\n", kNext, "POST /p [] GET /next [] open"},
  };
  for (const Row& row : rows) Expect(row);
  // The first field line.
  EXPECT_EQ(
      JudgeRequests("POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a\r\n\r\n").summary,
      "400c");  // B24
}

TEST(BadFramingTest, B07B25ChunkedIsForwardedInCanonicalForm) {
  for (const char* field : {"Transfer-Encoding:\tchunked\r\n", "Transfer-Encoding: CHUNKED \r\n",
                            "TRANSFER-ENCODING:Chunked\r\n"}) {
    const RequestVerdict verdict =
        JudgeRequests(Post(field, "2;x=y\r\nhe\r\n03\r\nllo\r\n0\r\n\r\n" + kNext));
    EXPECT_EQ(verdict.summary, "POST /p [hello] GET /next [] open");
    EXPECT_EQ(verdict.forwarded,
              "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
              "5\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nhost: a\r\n\r\n");
  }
}

TEST(BadFramingTest, B19NoTransferEncodingInHttp10) {
  Http1ServerOptions options;
  const std::string request =
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  EXPECT_EQ(JudgeRequests(request, options).summary, "426c");
  options.accept_http_10 = true;
  EXPECT_EQ(JudgeRequests(request, options).summary, "400c");
}

TEST(BadFramingTest, B26TeIsForwardedAsTrailersOnly) {
  const RequestVerdict verdict = JudgeRequests(
      "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip;q=0.5\r\nConnection: TE\r\n\r\n");
  EXPECT_EQ(verdict.forwarded,
            "GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te\r\n\r\n");
  EXPECT_EQ(JudgeRequests("GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\n\r\n").forwarded,
            "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
}

TEST(BadFramingTest, B29NoBodyWithAWebSocketUpgrade) {
  const std::string head =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(JudgeRequests(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").summary, "400c");
  EXPECT_EQ(JudgeRequests(head + "Content-Length: 3\r\n\r\nabc").summary, "400c");
}

TEST(BadFramingTest, B30FramingInTrailersMeansNothing) {
  Http1ServerOptions options;
  for (bool enable_trailers : {false, true}) {
    options.enable_trailers = enable_trailers;
    const RequestVerdict verdict = JudgeRequests(
        Post("Transfer-Encoding: chunked\r\n",
             "1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n" + kNext),
        options);
    EXPECT_EQ(verdict.summary, "POST /p [a] GET /next [] open");
    EXPECT_EQ(
        verdict.forwarded,
        "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" +
            "GET /next HTTP/1.1\r\nhost: a\r\n\r\n"s);
  }
}

TEST(BadFramingTest, B32EveryByteAroundAndInsideChunked) {
  for (int c = 0; c < 256; ++c) {
    for (size_t at : {0, 4, 7}) {
      std::string value = "chunked";
      value.insert(at, 1, static_cast<char>(c));
      const RequestVerdict verdict =
          JudgeRequests(Post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n" + kNext), 1000);
      const bool is_trimmed = (c == ' ' || c == '\t') && at != 4;
      if (is_trimmed) {
        EXPECT_EQ(verdict.summary, "POST /p [] GET /next [] open") << c << " at " << at;
      } else {
        EXPECT_TRUE(verdict.summary == "400c" || verdict.summary == "501c")
            << c << " at " << at << ": " << verdict.summary;
        EXPECT_EQ(verdict.forwarded, "");
      }
    }
  }
}

}  // namespace
}  // namespace weir::http
