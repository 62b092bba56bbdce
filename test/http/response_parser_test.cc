#include "source/http/response_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

class ResponseParserTest : public ::testing::Test {
 protected:
  std::string Parse(std::string_view text, Method method = Method::kGet) {
    arena_.Reset();
    response_ = {};
    ResponseParser parser(limits_);
    const ResponseParser::Result result = parser.Parse(text, method, arena_, response_, consumed_);
    if (result == ResponseParser::Result::kFault) return std::string(response_.fault.detail());
    return result == ResponseParser::Result::kMore ? "more" : "";
  }
  const ResponseHead& head() { return *response_.head; }

  CodecLimits limits_;
  base::Arena arena_;
  ParsedResponse response_;
  size_t consumed_ = 0;
};

TEST_F(ResponseParserTest, ParsesAPlainResponse) {
  const std::string text =
      "HTTP/1.1 200 Fine\r\nServer: x\r\nConnection: X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n"
      "Content-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
  ASSERT_EQ(Parse(text + "hello"), "");
  EXPECT_EQ(consumed_, text.size());
  EXPECT_EQ(head().status, 200);
  EXPECT_EQ(head().content_length, 5);
  EXPECT_EQ(FieldsToString(head().headers), "server: x\r\nset-cookie: a\r\nset-cookie: b\r\n");
  EXPECT_TRUE(response_.keep_alive);
}

TEST_F(ResponseParserTest, StatusLines) {
  Version version;
  int status = 0;
  for (const char* line : {"HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 OK \x80 ok"}) {
    EXPECT_FALSE(ParseStatusLine(line, version, status)) << line;
    EXPECT_EQ(status, 200);
    EXPECT_EQ(version, Version::kHttp11);
  }
  EXPECT_FALSE(ParseStatusLine("HTTP/1.0 599 x", version, status));
  EXPECT_EQ(status, 599);
  EXPECT_EQ(version, Version::kHttp10);
  for (const char* line :
       {"", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 9999", "HTTP/1.1 099 x",
        "HTTP/1.1 600 x", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200\tOK", "HTTP/3.7 200",
        "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/2 200 OKAY", "ICY 200 OK and so on",
        " HTTP/1.1 200 OK"}) {
    EXPECT_TRUE(ParseStatusLine(line, version, status)) << line;
  }
}

TEST_F(ResponseParserTest, KeepAlive) {
  const auto keeps = [this](std::string_view text) {
    EXPECT_EQ(Parse(text), "") << text;
    return response_.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_F(ResponseParserTest, BodiesThatAreNotThere) {
  ASSERT_EQ(Parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::kHead), "");
  EXPECT_EQ(response_.framing.kind, BodyFraming::Kind::kNone);
  EXPECT_EQ(head().content_length, 5);
  ASSERT_EQ(Parse("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"), "");
  EXPECT_EQ(head().content_length, 5);
  ASSERT_EQ(Parse("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n"), "");
  EXPECT_EQ(response_.framing.kind, BodyFraming::Kind::kNone);
  EXPECT_EQ(head().content_length, -1);
}

TEST_F(ResponseParserTest, Upgrades) {
  ASSERT_EQ(Parse("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"), "");
  EXPECT_EQ(head().upgrade, "websocket");
  ASSERT_EQ(Parse("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n"), "");
  EXPECT_EQ(head().upgrade, "");
  ASSERT_EQ(Parse("HTTP/1.1 200 x\r\nConnection: upgrade\r\nUpgrade: h2\r\n\r\n"), "");
  EXPECT_EQ(head().upgrade, "");
  EXPECT_EQ(FieldsToString(head().headers), "");
}

TEST_F(ResponseParserTest, Limits) {
  limits_.max_head_bytes = 100;
  limits_.max_headers = 2;
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\na: " + std::string(100, 'x')), "http1.headers_too_large");
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\na:\r\nb:\r\nc:\r\n"), "http1.too_many_headers");
  limits_ = {};
  EXPECT_EQ(Parse("HTTP/1.1 200 " + std::string(9000, 'x')), "http1.headers_too_large");
}

}  // namespace
}  // namespace weir::http
