#include "source/http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

class RequestParserTest : public ::testing::Test {
 protected:
  // Parses `text` shown at once; "" or the fault's detail.
  std::string Parse(std::string_view text) {
    arena_.Reset();
    request_ = {};
    RequestParser parser(options_);
    const RequestParser::Result result = parser.Parse(text, arena_, request_, consumed_);
    if (result == RequestParser::Result::kFault) return std::string(request_.fault.detail());
    return result == RequestParser::Result::kMore ? "more" : "";
  }
  const RequestHead& head() { return *request_.head; }

  Http1ServerOptions options_;
  base::Arena arena_;
  ParsedRequest request_;
  size_t consumed_ = 0;
};

TEST_F(RequestParserTest, ParsesAPlainRequest) {
  ASSERT_EQ(Parse("POST /a?b=c HTTP/1.1\r\nHost: Example.com:80\r\nUser-Agent:x \t\r\n"
                  "X-Empty:\r\nAccept: \t a, b\r\nContent-Length: 005\r\n\r\nhello"),
            "");
  EXPECT_EQ(head().method, Method::kPost);
  EXPECT_EQ(head().method_name, "POST");
  EXPECT_EQ(head().path, "/a?b=c");
  EXPECT_EQ(head().authority, "example.com:80");
  EXPECT_EQ(head().scheme, "http");
  EXPECT_EQ(head().version, Version::kHttp11);
  EXPECT_EQ(head().content_length, 5);
  EXPECT_EQ(FieldsToString(head().headers), "user-agent: x\r\nx-empty: \r\naccept: a, b\r\n");
  EXPECT_TRUE(request_.keep_alive);
  EXPECT_EQ(request_.framing.kind, BodyFraming::Kind::kLength);
}

TEST_F(RequestParserTest, TellsConsumedBytesAndStartsAgain) {
  const std::string one = "\r\nGET /1 HTTP/1.1\r\nhost: a\r\n\r\n";
  const std::string two = "GET /2 HTTP/1.1\r\nhost: b\r\n\r\n";
  RequestParser parser(options_);
  ASSERT_EQ(parser.Parse(one + two, arena_, request_, consumed_), RequestParser::Result::kHead);
  EXPECT_EQ(consumed_, one.size());
  EXPECT_FALSE(parser.has_begun());
  ASSERT_EQ(parser.Parse(two, arena_, request_, consumed_), RequestParser::Result::kHead);
  EXPECT_EQ(consumed_, two.size());
  EXPECT_EQ(head().path, "/2");
}

TEST_F(RequestParserTest, ConsumesEmptyLinesBeforeTheRestIsThere) {
  RequestParser parser(options_);
  EXPECT_EQ(parser.Parse("\r", arena_, request_, consumed_), RequestParser::Result::kMore);
  EXPECT_EQ(consumed_, 0u);
  EXPECT_EQ(parser.Parse("\r\n\r\n", arena_, request_, consumed_), RequestParser::Result::kMore);
  EXPECT_EQ(consumed_, 4u);
  EXPECT_FALSE(parser.has_begun());
  EXPECT_EQ(parser.Parse("\r\n", arena_, request_, consumed_), RequestParser::Result::kFault);
  EXPECT_EQ(request_.fault.detail(), "http1.too_many_empty_lines");
}

TEST_F(RequestParserTest, JudgesTheFirstLineBeforeTheRestIsThere) {
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost"), "more");
  EXPECT_EQ(Parse("GET /\r\n"), "http1.invalid_request_line");
  EXPECT_EQ(Parse("GET / HTTP/3.0\r\n"), "http1.unsupported_version");
}

TEST_F(RequestParserTest, HeadDoesNotPointIntoTheInput) {
  std::string text = "GET /path HTTP/1.1\r\nhost: abc\r\nx-a: value\r\n\r\n";
  ASSERT_EQ(Parse(text), "");
  text.assign(text.size(), '?');
  EXPECT_EQ(head().path, "/path");
  EXPECT_EQ(head().authority, "abc");
  EXPECT_EQ(FieldsToString(head().headers), "x-a: value\r\n");
}

TEST_F(RequestParserTest, AbsoluteForm) {
  const auto parse = [this](std::string_view method, std::string_view target,
                            std::string_view host = "a") {
    return Parse(std::string(method) + " " + std::string(target) +
                 " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  };
  ASSERT_EQ(parse("GET", "http://A./b?c"), "");
  EXPECT_EQ(head().path, "/b?c");
  EXPECT_EQ(head().authority, "a");
  ASSERT_EQ(parse("GET", "HTTP://a"), "");
  EXPECT_EQ(head().path, "/");
  ASSERT_EQ(parse("GET", "http://a?q"), "");
  EXPECT_EQ(head().path, "/?q");
  ASSERT_EQ(parse("OPTIONS", "http://a"), "");
  EXPECT_EQ(head().path, "*");
  EXPECT_EQ(parse("GET", "https://a/"), "http1.invalid_scheme");
  EXPECT_EQ(parse("GET", "ftp://a/"), "http1.invalid_url");
  EXPECT_EQ(parse("GET", "http://u@a/"), "http1.invalid_url");
  EXPECT_EQ(parse("GET", "http:///"), "http1.invalid_url");
  EXPECT_EQ(parse("GET", "http://b/"), "http1.host_mismatch");
  options_.is_secure = true;
  ASSERT_EQ(parse("GET", "https://a/"), "");
  EXPECT_EQ(head().scheme, "https");
  EXPECT_EQ(parse("GET", "http://a/"), "http1.invalid_scheme");
}

TEST_F(RequestParserTest, Connect) {
  ASSERT_EQ(Parse("CONNECT A:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), "");
  EXPECT_EQ(head().path, "");
  EXPECT_EQ(head().authority, "a:443");
  EXPECT_EQ(Parse("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_EQ(Parse("CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"), "http1.host_mismatch");
  EXPECT_EQ(Parse("CONNECT a:443 HTTP/1.1\r\nHost: a:444\r\n\r\n"), "http1.host_mismatch");
  EXPECT_EQ(Parse("CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"), "http1.invalid_url");
  EXPECT_EQ(Parse("CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n"), "http1.invalid_url");
  EXPECT_EQ(Parse("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\n"),
            "http1.body_disallowed");
  EXPECT_EQ(Parse("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n"), "");
}

TEST_F(RequestParserTest, Http10) {
  options_.accept_http_10 = true;
  EXPECT_EQ(Parse("GET / HTTP/1.0\r\n\r\n"), "http1.missing_host");
  options_.default_host_for_http_10 = "default";
  ASSERT_EQ(Parse("GET / HTTP/1.0\r\n\r\n"), "");
  EXPECT_EQ(head().authority, "default");
  EXPECT_EQ(head().version, Version::kHttp10);
  EXPECT_FALSE(request_.keep_alive);
  ASSERT_EQ(Parse("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n"), "");
  EXPECT_TRUE(request_.keep_alive);
  ASSERT_EQ(Parse("GET http://b/ HTTP/1.0\r\n\r\n"), "");
  EXPECT_EQ(head().authority, "b");
  ASSERT_EQ(Parse("POST / HTTP/1.0\r\nExpect: foo\r\nContent-Length: 1\r\n\r\n"), "");
  EXPECT_FALSE(head().expects_continue);
}

TEST_F(RequestParserTest, Underscores) {
  const std::string plain = "GET / HTTP/1.1\r\nHost: a\r\nx_a: b\r\n\r\n";
  const std::string alias = "GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n";
  EXPECT_EQ(Parse(plain), "http1.unexpected_underscore");
  EXPECT_EQ(Parse(alias), "http1.underscore_alias");
  options_.underscores = UnderscoreAction::kAllow;
  ASSERT_EQ(Parse(plain), "");
  EXPECT_EQ(FieldsToString(head().headers), "x_a: b\r\n");
  EXPECT_EQ(Parse(alias), "http1.underscore_alias");
  options_.underscores = UnderscoreAction::kDropHeader;
  ASSERT_EQ(Parse(plain), "");
  EXPECT_EQ(FieldsToString(head().headers), "");
  EXPECT_EQ(Parse(alias), "http1.underscore_alias");
}

TEST_F(RequestParserTest, Upgrades) {
  const auto parse = [this](std::string_view fields, std::string_view method = "GET") {
    return Parse(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  };
  const std::string key = "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
  ASSERT_EQ(parse("Connection: Upgrade\r\nUpgrade: WebSocket\r\n" + key), "");
  EXPECT_EQ(head().upgrade, "websocket");
  EXPECT_EQ(FieldsToString(head().headers),
            "sec-websocket-key: k\r\nsec-websocket-version: 13\r\n");
  ASSERT_EQ(parse("Upgrade: websocket\r\n" + key), "");
  EXPECT_EQ(head().upgrade, "");
  ASSERT_EQ(parse("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"),
            "");
  EXPECT_EQ(head().upgrade, "");
  EXPECT_EQ(FieldsToString(head().headers), "");
  ASSERT_EQ(parse("Connection: Upgrade\r\nUpgrade: foo/1, h2c\r\n"), "");
  EXPECT_EQ(head().upgrade, "foo/1");
  ASSERT_EQ(parse("Connection: Upgrade\r\nUpgrade: foo, bar\r\n"), "");
  EXPECT_EQ(head().upgrade, "");
  ASSERT_EQ(parse("Connection: Upgrade\r\nUpgrade: foo\r\nUpgrade: bar\r\n"), "");
  EXPECT_EQ(head().upgrade, "");
  ASSERT_EQ(parse("Connection: Upgrade\r\nUpgrade: foo\r\n", "DELETE"), "");
  EXPECT_EQ(head().upgrade, "");
}

TEST_F(RequestParserTest, Expect) {
  const auto parse = [this](std::string_view fields) {
    return Parse("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  };
  ASSERT_EQ(parse("Expect: 100-Continue\r\nContent-Length: 1\r\n"), "");
  EXPECT_TRUE(head().expects_continue);
  EXPECT_FALSE(head().headers.Has(HeaderId::kExpect));
  ASSERT_EQ(parse("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"), "");
  EXPECT_TRUE(head().expects_continue);
  ASSERT_EQ(parse("Expect: 100-continue\r\n"), "");
  EXPECT_FALSE(head().expects_continue);
  EXPECT_EQ(parse("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"),
            "http1.expectation_failed");
}

}  // namespace
}  // namespace weir::http
