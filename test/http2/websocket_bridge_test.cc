// WebSocket across versions (I26, J10–J12 of the catalogue): a server codec of one version and a
// client codec of the other, joined as a proxy joins them, with raw peers on either side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "source/http/http1_client.h"
#include "source/http/http1_server.h"
#include "source/http/websocket.h"
#include "test/http2/frames.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;
using testing::Not;

// Both ends of one proxied stream: what either hears it passes on to the other.
class Bridge final : public http::ServerConnectionHandler,
                     public http::ServerStreamHandler,
                     public http::ClientStreamHandler {
 public:
  class Upstream final : public http::ClientConnectionHandler {
   public:
    base::Buffer& output() override { return output_; }
    void OnOutput() override {}
    void OnOutputEnd() override { output_ended = true; }
    void PauseReading() override {}
    void ResumeReading() override {}
    void OnStreamSlotFree() override {}
    void OnConnectionDone() override {}

    bool output_ended = false;
    base::Buffer output_;
  };

  // Versions of the two sides.
  Bridge(http::Version down, http::Version up) {
    if (down == http::Version::kHttp2) {
      server = CreateServer(*this, options_, stats_);
    } else {
      server = std::make_unique<http::Http1ServerConnection>(*this, http1_server_);
    }
    if (up == http::Version::kHttp2) {
      client = CreateClient(upstream, options_, stats_, false);
    } else {
      client = std::make_unique<http::Http1ClientConnection>(upstream, http1_client_);
    }
  }

  std::string TakeDown() { return Take(output_); }
  std::string TakeUp() { return Take(upstream.output_); }

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override { output_ended = true; }
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena&) override {
    down_ = &stream;
    return *this;
  }
  void OnBadRequest(const http::StreamError& error, int status) override {
    ADD_FAILURE() << status << " " << error.detail;
  }
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnConnectionDone(bool) override {}
  void OnConnectionAbort() override {}

  void OnRequestHead(http::RequestHead& head, bool ends_stream) override {
    upgrade = head.upgrade;
    up_ = &client->NewStream(*this, arena_);
    up_->SendHead(head, ends_stream);
  }
  void OnRequestBody(base::Buffer& body, bool ends_stream) override {
    if (up_ != nullptr) up_->SendBody(body, ends_stream);
    body.Clear();
  }
  void OnRequestTrailers(http::HeaderMap&) override {}
  void OnInformational(http::ResponseHead&) override {}
  void OnResponseHead(http::ResponseHead& head, bool ends_stream) override {
    status = head.status;
    down_->SendHead(head, ends_stream);
  }
  void OnResponseBody(base::Buffer& body, bool ends_stream) override {
    if (down_ != nullptr) down_->SendBody(body, ends_stream);
    body.Clear();
  }
  void OnResponseTrailers(http::HeaderMap&) override {}
  void OnStreamReset(const http::StreamError& why) override { error = why.detail; }
  void OnStreamDone() override { ++done; }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  Upstream upstream;
  std::string upgrade, error;
  int status = 0, done = 0;
  bool output_ended = false;
  std::unique_ptr<http::ServerConnection> server;
  std::unique_ptr<http::ClientConnection> client;

 private:
  static std::string Take(base::Buffer& buffer) {
    std::string bytes = buffer.ToString();
    buffer.Clear();
    return bytes;
  }

  const Options options_;
  const http::Http1ServerOptions http1_server_;
  const http::Http1ClientOptions http1_client_;
  Stats stats_;
  base::Arena arena_;
  base::Buffer output_;
  http::ServerStream* down_ = nullptr;
  http::ClientStream* up_ = nullptr;
};

const Fields kTunnel = {{":method", "CONNECT"},
                        {":protocol", "websocket"},
                        {":scheme", "http"},
                        {":path", "/chat"},
                        {":authority", "a.test"},
                        {"sec-websocket-protocol", "chat"},
                        {"sec-websocket-version", "13"}};

std::string AskOverHttp2(Bridge& bridge, Encoder& encoder) {
  bridge.server->Feed(absl::StrCat(std::string(kPreface), Settings()));
  bridge.TakeDown();
  bridge.server->Feed(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, encoder.Encode(kTunnel)));
  return bridge.TakeUp();
}

std::string FieldOf(const std::string& head, std::string_view name) {
  const std::string begin = absl::StrCat("\r\n", std::string(name), ": ");
  const size_t at = head.find(begin);
  if (at == std::string::npos) return {};
  const size_t value = at + begin.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

TEST(WebSocketBridge, Http2ToHttp1) {
  Bridge bridge(http::Version::kHttp2, http::Version::kHttp11);
  Encoder encoder;
  const std::string asked = AskOverHttp2(bridge, encoder);
  EXPECT_TRUE(asked.starts_with("GET /chat HTTP/1.1\r\nhost: a.test\r\n")) << asked;
  EXPECT_EQ(FieldOf(asked, "connection"), "upgrade");
  EXPECT_EQ(FieldOf(asked, "upgrade"), "websocket");
  EXPECT_EQ(FieldOf(asked, "sec-websocket-protocol"), "chat");
  EXPECT_EQ(FieldOf(asked, "sec-websocket-version"), "13");
  const std::string key = FieldOf(asked, "sec-websocket-key");
  ASSERT_EQ(key.size(), 24u);

  base::Arena arena;
  bridge.client->Feed(absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: ",
      std::string(http::AnswerWebSocketKey(key, arena)), "\r\n\r\n\x81\x02hi"));
  const std::string answer = bridge.TakeDown();
  Decoder decoder;
  EXPECT_EQ(decoder.Heads(answer), "1: 200 sec-websocket-protocol=chat");
  EXPECT_THAT(Describe(answer), HasSubstr("DATA 1[4]"));
  EXPECT_THAT(Describe(answer), Not(HasSubstr("+end")));

  bridge.server->Feed(Frame(NGHTTP2_DATA, 0, 1, std::string("\x81\x00\r\n0\r\n\r\n", 9)));
  EXPECT_EQ(bridge.TakeUp(), std::string("\x81\x00\r\n0\r\n\r\n", 9));  // opaque (J10)
  bridge.server->Feed(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "bye"));
  EXPECT_EQ(bridge.TakeUp(), "bye");
  EXPECT_TRUE(bridge.upstream.output_ended);
  EXPECT_EQ(bridge.done, 0);
  bridge.client->Feed("and bye");
  bridge.client->OnPeerEnd();
  EXPECT_EQ(Describe(bridge.TakeDown()), "DATA 1[7] DATA 1[0]+end");
  EXPECT_EQ(bridge.done, 2);
  EXPECT_EQ(bridge.error, "");
}

TEST(WebSocketBridge, Http2ToHttp1WithAWrongAnswer) {
  Bridge bridge(http::Version::kHttp2, http::Version::kHttp11);
  Encoder encoder;
  AskOverHttp2(bridge, encoder);
  bridge.client->Feed(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_EQ(bridge.error, "http1.invalid_websocket_accept");
  EXPECT_EQ(bridge.status, 0);
}

// J12: a refusal is relayed, and ends the stream.
TEST(WebSocketBridge, Http2ToHttp1Refused) {
  Bridge bridge(http::Version::kHttp2, http::Version::kHttp11);
  Encoder encoder;
  AskOverHttp2(bridge, encoder);
  bridge.client->Feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  const std::string answer = bridge.TakeDown();
  Decoder decoder;
  EXPECT_EQ(decoder.Heads(answer), "1: 403 content-length=2");
  EXPECT_THAT(Describe(answer), HasSubstr("DATA 1[2]+end"));
  EXPECT_THAT(Describe(answer), HasSubstr("RST_STREAM 1(0)"));
}

constexpr std::string_view kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

std::string AllowTunnels() { return Settings({{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}); }

TEST(WebSocketBridge, Http1ToHttp2) {
  Bridge bridge(http::Version::kHttp11, http::Version::kHttp2);
  bridge.TakeUp();
  bridge.server->Feed(kUpgrade);
  EXPECT_EQ(Describe(bridge.TakeUp()), "") << "not before the upstream has said that it may";
  bridge.client->Feed(AllowTunnels());
  Decoder decoder;
  const std::string asked = decoder.Heads(bridge.TakeUp());
  EXPECT_EQ(asked,
            "1: :method=CONNECT :protocol=websocket :scheme=http :path=/chat :authority=a.test "
            "sec-websocket-version=13");

  Encoder encoder;
  bridge.client->Feed(
      Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
            encoder.Encode({{":status", "200"}, {"sec-websocket-protocol", "chat"}})));
  const std::string answer = bridge.TakeDown();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
  EXPECT_EQ(FieldOf(answer, "upgrade"), "websocket");
  EXPECT_EQ(FieldOf(answer, "sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(FieldOf(answer, "sec-websocket-protocol"), "chat");

  bridge.server->Feed("\x81\x02hi");
  EXPECT_EQ(Describe(bridge.TakeUp()), "DATA 1[4]");
  bridge.client->Feed(Frame(NGHTTP2_DATA, 0, 1, "pong"));
  EXPECT_EQ(bridge.TakeDown(), "pong");
  bridge.client->Feed(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, ""));
  EXPECT_TRUE(bridge.output_ended);
  bridge.server->OnPeerEnd();
  EXPECT_EQ(Describe(bridge.TakeUp()), "DATA 1[0]+end");
  EXPECT_EQ(bridge.done, 2);
  EXPECT_EQ(bridge.error, "");
}

TEST(WebSocketBridge, Http1ToHttp2WithoutLeave) {
  Bridge bridge(http::Version::kHttp11, http::Version::kHttp2);
  bridge.TakeUp();
  bridge.server->Feed(kUpgrade);
  bridge.client->Feed(Settings());
  EXPECT_EQ(bridge.error, "http2.extended_connect_not_allowed");
  EXPECT_THAT(Describe(bridge.TakeUp()), Not(HasSubstr("HEADERS")));
}

// What a client says before the tunnel is open must not be lost, nor be taken for anything else.
TEST(WebSocketBridge, Http1ToHttp2Refused) {
  Bridge bridge(http::Version::kHttp11, http::Version::kHttp2);
  bridge.TakeUp();
  bridge.server->Feed(
      absl::StrCat(std::string(kUpgrade), "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"));
  bridge.client->Feed(AllowTunnels());
  bridge.TakeUp();
  Encoder encoder;
  bridge.client->Feed(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                            encoder.Encode({{":status", "403"}})));
  EXPECT_TRUE(bridge.TakeDown().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(Describe(bridge.TakeUp()), Not(HasSubstr("HEADERS")));
}

// J11: the client gives up without a word.
TEST(WebSocketBridge, Http2ToHttp1Reset) {
  Bridge bridge(http::Version::kHttp2, http::Version::kHttp11);
  Encoder encoder;
  AskOverHttp2(bridge, encoder);
  bridge.server->Feed(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_CANCEL)));
  EXPECT_EQ(bridge.error, "http2.remote_reset");
  EXPECT_EQ(bridge.done, 1);
}

}  // namespace
}  // namespace weir::http2
