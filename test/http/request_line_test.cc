#include "source/http/request_line.h"

#include <gtest/gtest.h>

#include <string>

#include "source/base/strings.h"

namespace weir::http {
namespace {

int StatusOf(std::string_view line, const Http1ServerOptions& options = {}) {
  RequestLine parsed;
  const MessageFault fault = ParseRequestLine(line, options, parsed);
  return fault ? fault.status() : 0;
}

TEST(RequestLineTest, Parts) {
  RequestLine line;
  ASSERT_FALSE(ParseRequestLine("POST /a?b HTTP/1.1", {}, line));
  EXPECT_EQ(line.method, Method::kPost);
  EXPECT_EQ(line.method_size, 4u);
  EXPECT_EQ(line.target_offset(), 5u);
  EXPECT_EQ(line.target_size, 4u);
  EXPECT_EQ(line.form, TargetForm::kOrigin);
  EXPECT_EQ(line.version, Version::kHttp11);
}

TEST(RequestLineTest, Forms) {
  RequestLine line;
  ASSERT_FALSE(ParseRequestLine("GET http://a/ HTTP/1.1", {}, line));
  EXPECT_EQ(line.form, TargetForm::kAbsolute);
  ASSERT_FALSE(ParseRequestLine("OPTIONS * HTTP/1.1", {}, line));
  EXPECT_EQ(line.form, TargetForm::kAsterisk);
  ASSERT_FALSE(ParseRequestLine("CONNECT a:1 HTTP/1.1", {}, line));
  EXPECT_EQ(line.form, TargetForm::kAuthority);
  EXPECT_EQ(StatusOf("GET * HTTP/1.1"), 400);
  EXPECT_EQ(StatusOf("GET abc HTTP/1.1"), 400);
}

TEST(RequestLineTest, Refusals) {
  for (const char* line : {"",
                           "GET",
                           "GET ",
                           "GET /",
                           "GET / ",
                           "GET  / HTTP/1.1",
                           "GET /  HTTP/1.1",
                           "GET\t/ HTTP/1.1",
                           "GET /\tHTTP/1.1",
                           "GET / HTTP/1.1 ",
                           " GET / HTTP/1.1",
                           "GET /a b HTTP/1.1",
                           "GET /#f HTTP/1.1",
                           "GET /\x80 HTTP/1.1",
                           "GET / HTTP/1.10",
                           "GET / HTTP/01.1",
                           "GET / HTTP/1.",
                           "GET / http/1.1",
                           "GET / HTTP /1.1",
                           "GET / HTTP/a.1",
                           "G(T / HTTP/1.1",
                           "\"GET\" / HTTP/1.1",
                           "PRI * HTTP/2.0",
                           "GET  HTTP/1.1"}) {
    EXPECT_EQ(StatusOf(line), 400) << line;
  }
}

TEST(RequestLineTest, Versions) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.0"), 426);
  Http1ServerOptions options;
  options.accept_http_10 = true;
  RequestLine line;
  EXPECT_FALSE(ParseRequestLine("GET / HTTP/1.0", options, line));
  EXPECT_EQ(line.version, Version::kHttp10);
  for (const char* version : {"0.9", "1.2", "1.9", "2.0", "3.7"}) {
    EXPECT_EQ(StatusOf(std::string("GET / HTTP/") + version, options), 505) << version;
  }
}

TEST(RequestLineTest, Limits) {
  EXPECT_EQ(StatusOf(base::StrCat(std::string(32, 'M'), " / HTTP/1.1")), 0);
  EXPECT_EQ(StatusOf(base::StrCat(std::string(33, 'M'), " / HTTP/1.1")), 501);
  Http1ServerOptions options;
  options.limits.max_uri_bytes = 10;
  EXPECT_EQ(StatusOf("GET /123456789 HTTP/1.1", options), 0);
  EXPECT_EQ(StatusOf("GET /1234567890 HTTP/1.1", options), 414);
}

}  // namespace
}  // namespace weir::http
