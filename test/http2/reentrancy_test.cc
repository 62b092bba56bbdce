// Handlers that call back from inside what they are told: nothing is lost, nothing is told twice,
// and whatever they ask for is written without waiting for the peer's next word (group S of the
// catalogue of bad inputs).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;

constexpr uint8_t kEnd = NGHTTP2_FLAG_END_STREAM, kEndHeaders = NGHTTP2_FLAG_END_HEADERS;

// A client's user whose every event may do something.
struct ActingResponse final : http::ClientStreamHandler {
  void OnInformational(http::ResponseHead&) override { Act("informational"); }
  void OnResponseHead(http::ResponseHead&, bool) override { Act("head"); }
  void OnResponseBody(base::Buffer& bytes, bool) override {
    bytes.Clear();
    Act("body");
  }
  void OnResponseTrailers(http::HeaderMap&) override { Act("trailers"); }
  void OnStreamReset(const http::StreamError&) override { Act("reset"); }
  void OnStreamDone() override {
    stream = nullptr;
    Act("done");
  }
  void OnSendHigh() override { Act("high"); }
  void OnSendLow() override { Act("low"); }

  void Act(const std::string& event) {
    absl::StrAppend(&events, events.empty() ? "" : " ", event);
    if (on_event && event == when) on_event();
  }
  void Send(std::string_view bytes, bool ends_stream) {
    base::Buffer buffer;
    buffer.Append(bytes);
    stream->SendBody(buffer, ends_stream);
  }

  base::Arena arena;
  http::ClientStream* stream = nullptr;
  std::string events, when;
  std::function<void()> on_event;
};

struct ActingClient {
  explicit ActingClient(Options options = {}) : client(options) {
    client.Receive(Settings());
    client.TakeOutput();
  }
  void Start(ActingResponse& response, bool ends_stream = true) {
    response.stream = &client.connection->NewStream(response, response.arena);
    http::RequestHead head(response.arena);
    head.method_name = ends_stream ? "GET" : "POST";
    head.method = http::ParseMethod(head.method_name);
    head.path = "/";
    head.authority = "a.test";
    head.scheme = "http";
    head.content_length = ends_stream ? 0 : -1;
    response.stream->SendHead(head, ends_stream);
  }
  void Head(uint32_t stream, const Fields& fields, bool ends_stream) {
    client.Receive(Frame(NGHTTP2_HEADERS,
                         static_cast<uint8_t>(kEndHeaders | (ends_stream ? kEnd : 0)), stream,
                         encoder.Encode(fields)));
  }
  std::string Written() { return Describe(client.TakeOutput()); }

  Client client;
  Encoder encoder;
};

// A retry: the next request is made from the end of the last.
TEST(Http2Reentrancy, ARequestFromTheEndOfTheLast) {
  for (const char* ending : {"our reset", "their reset", "their end"}) {
    SCOPED_TRACE(ending);
    ActingClient peer;
    ActingResponse first, second;
    first.when = "done";
    first.on_event = [&] { peer.Start(second); };
    peer.Start(first);
    peer.Written();
    if (ending == std::string("our reset")) {
      first.stream->Reset(http::ResetKind::kCancel);
    } else if (ending == std::string("their reset")) {
      peer.client.Receive(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_REFUSED_STREAM)));
    } else {
      peer.Head(1, {{":status", "200"}}, true);
    }
    EXPECT_THAT(peer.Written(), HasSubstr("HEADERS 3+end"));
    peer.Head(3, {{":status", "200"}}, true);
    EXPECT_EQ(second.events, "head done");
  }
}

TEST(Http2Reentrancy, ARequestFromTheResetOfTheLast) {
  ActingClient peer;
  ActingResponse first, second;
  first.when = "reset";
  first.on_event = [&] { peer.Start(second); };
  peer.Start(first);
  peer.Written();
  peer.client.Receive(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_REFUSED_STREAM)));
  EXPECT_THAT(peer.Written(), HasSubstr("HEADERS 3+end"));
  EXPECT_EQ(first.events, "reset done");
}

// One stream's end resets another one: that one is told, and so is the peer.
TEST(Http2Reentrancy, AResetFromTheEndOfAnother) {
  for (const char* when : {"done", "reset", "head", "body"}) {
    SCOPED_TRACE(when);
    ActingClient peer;
    ActingResponse first, second;
    peer.Start(first);
    peer.Start(second);
    first.when = when;
    first.on_event = [&] {
      if (second.stream != nullptr) second.stream->Reset(http::ResetKind::kCancel);
    };
    peer.Written();
    if (when == std::string("head") || when == std::string("body")) {
      peer.Head(1, {{":status", "200"}}, false);
      peer.client.Receive(Frame(NGHTTP2_DATA, kEnd, 1, "x"));
    } else if (when == std::string("done")) {
      first.stream->Reset(http::ResetKind::kCancel);
    } else {
      peer.client.Receive(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_CANCEL)));
    }
    EXPECT_EQ(second.events, "done");
    EXPECT_THAT(peer.Written(), HasSubstr("RST_STREAM 3(8)"));
    EXPECT_EQ(peer.client.slots, 2);
    EXPECT_EQ(peer.client.connection->active_streams(), 0u);
  }
}

TEST(Http2Reentrancy, AResetFromEachEventOfTheSameStream) {
  for (const std::string when : {"informational", "head", "body", "trailers", "reset"}) {
    SCOPED_TRACE(when);
    ActingClient peer;
    ActingResponse response;
    peer.Start(response, false);
    response.when = when;
    response.on_event = [&] { response.stream->Reset(http::ResetKind::kCancel); };
    if (when == "reset") {
      peer.client.Receive(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_CANCEL)));
    } else {
      peer.Head(1, {{":status", "103"}}, false);
      peer.Head(1, {{":status", "200"}}, false);
      peer.client.Receive(Frame(NGHTTP2_DATA, 0, 1, "x"));
      peer.Head(1, {{"x-sum", "1"}}, true);
    }
    EXPECT_TRUE(response.events.ends_with(when + " done")) << response.events;
    EXPECT_EQ(peer.client.slots, 1);
  }
}

TEST(Http2Reentrancy, AResetFromTheHighMark) {
  ActingClient peer;
  ActingResponse response;
  peer.Start(response, false);
  response.when = "high";
  response.on_event = [&] { response.stream->Reset(http::ResetKind::kCancel); };
  peer.Written();
  response.Send(std::string(500'000, 'u'), false);
  EXPECT_EQ(response.events, "high done");
  EXPECT_THAT(peer.Written(), HasSubstr("RST_STREAM 1(8)"));
}

TEST(Http2Reentrancy, MoreBodyFromTheLowMark) {
  ActingClient peer;
  ActingResponse response;
  peer.Start(response, false);
  response.when = "low";
  response.on_event = [&] { response.Send("the end", true); };
  response.Send(std::string(200'000, 'u'), false);
  EXPECT_EQ(response.events, "high");
  peer.Written();
  peer.client.Receive(Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, BigEndian32(1'000'000)) +
                      Frame(NGHTTP2_WINDOW_UPDATE, 0, 1, BigEndian32(1'000'000)));
  EXPECT_THAT(peer.Written(), HasSubstr("+end"));
  EXPECT_EQ(response.events, "high low");
}

// A handler that gives its stream back while nghttp2 is in the middle of reading for it.
TEST(Http2Reentrancy, EveryRequestIsAnsweredFromItsHead) {
  RawPeer peer;
  peer.server.on_head = [](SeenRequest& request) { request.Reply(404, "none"); };
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  EXPECT_EQ(peer.Answer(), absl::StrCat("HEADERS ", stream, " DATA ", stream, "[4]+end RST_STREAM ",
                                        stream, "(0)"));
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_EQ(peer.server.last().error, "");
  // What was on its way is read and forgotten; the connection's window is given back.
  for (int i = 0; i < 64; ++i) {
    peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
  }
  EXPECT_FALSE(peer.server.is_done);
  EXPECT_THAT(peer.Answer(), HasSubstr("WINDOW_UPDATE"));
}

TEST(Http2Reentrancy, DrainFromTheFirstRequest) {
  RawPeer peer;
  peer.server.answers = false;
  peer.server.on_head = [&](SeenRequest&) { peer.server.connection->Drain(); };
  peer.Head(Get());
  EXPECT_EQ(peer.Answer(), "GOAWAY(0)");
  EXPECT_FALSE(peer.server.is_done);
  peer.server.on_head = nullptr;
  peer.Head(Get());  // behind the last one: not heard
  EXPECT_EQ(peer.server.requests.size(), 1u);
  peer.server.last().Reply(200, "ok");
  EXPECT_TRUE(peer.server.is_done);
  EXPECT_EQ(peer.Answer(), "HEADERS 1 DATA 1[2]+end");
}

// Streams that we give up, under load or because an upstream failed, are not the peer's fault.
TEST(Http2Reentrancy, ResetsOfOursAreNotHeldAgainstThePeer) {
  for (const auto kind : {http::ResetKind::kRefused, http::ResetKind::kProtocol,
                          http::ResetKind::kInternal, http::ResetKind::kCancel}) {
    RawPeer peer;
    peer.server.on_head = [kind](SeenRequest& request) { request.stream->Reset(kind); };
    for (int i = 0; i < 500; ++i) peer.Head(Get());
    EXPECT_FALSE(peer.server.is_done);
    EXPECT_EQ(peer.server.requests.size(), 500u);
  }
}

TEST(Http2Reentrancy, TheConnectionIsLostInTheMiddleOfAHead) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get(), false);
  peer.Send(Frame(NGHTTP2_HEADERS, 0, 3, peer.encoder.Encode(Get())));
  EXPECT_TRUE(peer.server.connection->is_reading_head());
  peer.server.connection->OnConnectionLost(
      {http::ErrorKind::kPeerClosed, http::Side::kDownstream, false, "gone"});
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_EQ(peer.server.requests.size(), 1u);
  EXPECT_FALSE(peer.server.connection->is_reading_head());
  EXPECT_EQ(peer.server.stats.streams_active.value(), 0);
}

}  // namespace
}  // namespace weir::http2
