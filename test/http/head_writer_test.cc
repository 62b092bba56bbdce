#include "source/http/head_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

using Kind = BodyFraming::Kind;

class HeadWriterTest : public ::testing::Test {
 protected:
  HeadWriterTest() : request_(arena_), response_(arena_) {
    request_.method_name = "GET";
    request_.path = "/a?b";
    request_.authority = "host:80";
  }

  std::string WriteRequest(const BodyFraming& framing = {}) {
    base::Buffer output;
    WriteRequestHead(request_, framing, output);
    return output.ToString();
  }
  std::string WriteResponse(const BodyFraming& framing,
                            ConnectionField connection = ConnectionField::kNone,
                            std::string_view upgrade = {}, Version version = Version::kHttp11) {
    base::Buffer output;
    WriteResponseHead(response_, version, framing, connection, {upgrade, {}}, output);
    return output.ToString();
  }

  base::Arena arena_;
  RequestHead request_;
  ResponseHead response_;
};

TEST_F(HeadWriterTest, Requests) {
  request_.headers.Add("x-a", "1");
  request_.headers.Add("accept", "");
  EXPECT_EQ(WriteRequest(), "GET /a?b HTTP/1.1\r\nhost: host:80\r\nx-a: 1\r\naccept: \r\n\r\n");
  EXPECT_EQ(
      WriteRequest({Kind::kLength, 12, {}}),
      "GET /a?b HTTP/1.1\r\nhost: host:80\r\nx-a: 1\r\naccept: \r\ncontent-length: 12\r\n\r\n");
  request_.expects_continue = true;
  EXPECT_EQ(WriteRequest({Kind::kChunked, -1, {}}),
            "GET /a?b HTTP/1.1\r\nhost: host:80\r\nx-a: 1\r\naccept: \r\n"
            "transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n");
}

TEST_F(HeadWriterTest, ConnectAndUpgrade) {
  request_.upgrade = "websocket";
  EXPECT_EQ(
      WriteRequest(),
      "GET /a?b HTTP/1.1\r\nhost: host:80\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  request_.upgrade = {};
  request_.method = Method::kConnect;
  request_.method_name = "CONNECT";
  request_.path = {};
  EXPECT_EQ(WriteRequest(), "CONNECT host:80 HTTP/1.1\r\nhost: host:80\r\n\r\n");
}

TEST_F(HeadWriterTest, CookiesAreJoinedAndTeIsNominated) {
  request_.headers.Add("cookie", "a=1");
  request_.headers.Add("x-a", "1");
  request_.headers.Add("cookie", "b=2");
  request_.headers.Add("te", "trailers");
  EXPECT_EQ(WriteRequest(),
            "GET /a?b HTTP/1.1\r\nhost: host:80\r\ncookie: a=1; b=2\r\nx-a: 1\r\nte: trailers\r\n"
            "connection: te\r\n\r\n");
}

TEST_F(HeadWriterTest, FieldsOfTheCodecAreNotTakenFromTheMap) {
  for (const char* name : {"host", "content-length", "transfer-encoding", "connection", "upgrade",
                           "keep-alive", "proxy-connection", "trailer", "expect"}) {
    request_.headers.Add(name, "x");
    response_.headers.Add(name, "x");
  }
  EXPECT_EQ(WriteRequest(), "GET /a?b HTTP/1.1\r\nhost: host:80\r\n\r\n");
  EXPECT_EQ(WriteResponse({}), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_F(HeadWriterTest, NothingCanBeInjected) {
  request_.headers.Add("x-a", "1\r\nx-b: 2");
  request_.headers.Add("x-c\r\nx-d", "1");
  request_.headers.Add("cookie", "a\n");
  request_.headers.Add("x-e", std::string_view("\0", 1));
  request_.headers.Add("x-f", "fine\t\x80");
  request_.path = "/ HTTP/1.1\r\nx: y\x80#";
  request_.authority = "a\r\nb";
  EXPECT_EQ(
      WriteRequest(),
      "GET /%20HTTP/1.1%0D%0Ax:%20y%80%23 HTTP/1.1\r\nhost: a%0D%0Ab\r\nx-f: fine\t\x80\r\n\r\n");
}

TEST_F(HeadWriterTest, Responses) {
  response_.headers.Add("server", "weir");
  EXPECT_EQ(WriteResponse({Kind::kLength, 0, {}}),
            "HTTP/1.1 200 OK\r\nserver: weir\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(
      WriteResponse({Kind::kChunked, -1, {}}, ConnectionField::kClose),
      "HTTP/1.1 200 OK\r\nserver: weir\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
  response_.status = 599;
  EXPECT_EQ(WriteResponse({Kind::kNone, 7, {}}, ConnectionField::kKeepAlive, {}, Version::kHttp10),
            "HTTP/1.0 599 Unknown\r\nserver: weir\r\ncontent-length: 7\r\nconnection: "
            "keep-alive\r\n\r\n");
  response_.status = 101;
  EXPECT_EQ(WriteResponse({Kind::kUntilClose, -1, {}}, ConnectionField::kUpgrade, "websocket"),
            "HTTP/1.1 101 Switching Protocols\r\nserver: weir\r\nconnection: upgrade\r\n"
            "upgrade: websocket\r\n\r\n");
}

TEST_F(HeadWriterTest, HeadsLargerThanABlock) {
  const std::string large(30 * 1024, 'v');
  response_.headers.Add("x-large", large);
  EXPECT_EQ(WriteResponse({}), "HTTP/1.1 200 OK\r\nx-large: " + large + "\r\n\r\n");
  request_.headers.Add("x-large", large);
  EXPECT_EQ(WriteRequest(), "GET /a?b HTTP/1.1\r\nhost: host:80\r\nx-large: " + large + "\r\n\r\n");
}

TEST_F(HeadWriterTest, ErrorReplies) {
  base::Buffer output;
  WriteErrorReply(400, {}, output);
  EXPECT_EQ(output.ToString(),
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  output.Clear();
  WriteErrorReply(426, "old", output);
  EXPECT_EQ(output.ToString(),
            "HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n"
            "connection: close\r\nupgrade: HTTP/1.1\r\n\r\nold");
}

}  // namespace
}  // namespace weir::http
