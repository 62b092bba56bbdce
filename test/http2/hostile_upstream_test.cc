// What an upstream must not send in HTTP/2 (H02, H35–H37, H42–H45, J09, G of the catalogue), and
// what a client's user hears of it. The frames are written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;

constexpr uint8_t kEnd = NGHTTP2_FLAG_END_STREAM, kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
constexpr std::string_view kMalformed = "http2.violation.of.messaging.rule";

struct RawUpstream {
  explicit RawUpstream(Options options = {},
                       const std::vector<std::pair<uint16_t, uint32_t>>& settings = {})
      : client(options) {
    client.Receive(
        absl::StrCat(Settings(settings), Frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, {})));
    client.TakeOutput();
  }
  void Send(std::string_view frames) { client.Receive(frames); }
  void Head(uint32_t stream, const Fields& fields, bool ends_stream) {
    Send(Frame(NGHTTP2_HEADERS, static_cast<uint8_t>(kEndHeaders | (ends_stream ? kEnd : 0)),
               stream, encoder.Encode(fields)));
  }
  std::string Answer() { return Describe(client.TakeOutput()); }

  Client client;
  Encoder encoder;
};

TEST(HostileUpstream, ConnectionErrorsEndEveryStream) {
  const struct {
    const char* what;
    std::string frames;
    uint32_t code;
  } cases[] = {
      {"DATA without a stream", Frame(NGHTTP2_DATA, 0, 0, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"DATA for a stream that is idle", Frame(NGHTTP2_DATA, 0, 9, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"HEADERS for a stream of its own", Frame(NGHTTP2_HEADERS, kEndHeaders, 2, "\x88"),
       NGHTTP2_PROTOCOL_ERROR},
      {"RST_STREAM for an idle stream", Frame(NGHTTP2_RST_STREAM, 0, 9, BigEndian32(8)),
       NGHTTP2_PROTOCOL_ERROR},
      {"a frame that is too large", Frame(NGHTTP2_HEADERS, kEndHeaders, 1, std::string(16385, 'x')),
       NGHTTP2_FRAME_SIZE_ERROR},
      {"a head that is no HPACK", Frame(NGHTTP2_HEADERS, kEndHeaders, 1, "\x80"),
       NGHTTP2_COMPRESSION_ERROR},
      {"CONTINUATION without a head", Frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, "\x88"),
       NGHTTP2_PROTOCOL_ERROR},
      {"H35: PUSH_PROMISE",
       Frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, absl::StrCat(BigEndian32(2), "\x82\x84\x86")),
       NGHTTP2_PROTOCOL_ERROR},
      {"a window that overflows", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, BigEndian32(0x7fffffff)),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"a GOAWAY that names a stream of its own",
       Frame(NGHTTP2_GOAWAY, 0, 0, absl::StrCat(BigEndian32(2), BigEndian32(0))),
       NGHTTP2_PROTOCOL_ERROR},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.what);
    RawUpstream upstream;
    SeenResponse& first = upstream.client.Request("GET", "/");
    SeenResponse& second = upstream.client.Request("POST", "/", false);
    upstream.Answer();
    upstream.Send(bad.frames);
    EXPECT_THAT(upstream.Answer(), HasSubstr(absl::StrCat("GOAWAY(", bad.code, ")")));
    for (const SeenResponse* response : {&first, &second}) {
      EXPECT_TRUE(response->done);
      EXPECT_NE(response->error, "");
      EXPECT_FALSE(response->is_retryable);
      EXPECT_EQ(response->status, 0);
    }
    EXPECT_EQ(upstream.client.ends, 1);
    EXPECT_FALSE(upstream.client.connection->can_take_stream());
    EXPECT_FALSE(upstream.client.connection->is_reusable());
    upstream.Send(Frame(NGHTTP2_PING, 0, 0, "12345678"));  // H37: never fed again
    EXPECT_EQ(upstream.Answer(), "");
  }
}

// grpc++ opens the window of each stream wider before it has got a byte.
TEST(HostileUpstream, WindowsOfManyStreamsAreNoFlood) {
  RawUpstream upstream;
  std::string updates;
  for (uint32_t stream = 1; stream < 120; stream += 2) {
    upstream.client.Request("POST", "/", false);
    for (int i = 0; i < 2; ++i) {
      updates += Frame(NGHTTP2_WINDOW_UPDATE, 0, stream, BigEndian32(1000));
    }
  }
  upstream.Answer();
  upstream.Send(updates);
  EXPECT_TRUE(upstream.client.connection->is_reusable());
  for (int i = 0; i < 100; ++i) upstream.Send(Frame(NGHTTP2_WINDOW_UPDATE, 0, 1, BigEndian32(1)));
  EXPECT_FALSE(upstream.client.connection->is_reusable()) << "a flood is one still";
}

TEST(HostileUpstream, HeadsThatAreMalformed) {
  const std::vector<std::pair<const char*, Fields>> cases = {
      {"no status", {{"x", "1"}}},
      {"nothing", {}},
      {"two statuses", {{":status", "200"}, {":status", "200"}}},
      {"a status behind a field", {{"x", "1"}, {":status", "200"}}},
      {"a status of two digits", {{":status", "20"}}},
      {"a status of letters", {{":status", "abc"}}},
      {"101", {{":status", "101"}}},
      {"600", {{":status", "600"}}},
      {"000", {{":status", "000"}}},
      {"a request's", {{":status", "200"}, {":path", "/"}}},
      {"unknown pseudo", {{":status", "200"}, {":x", "/"}}},
      {"upper case", {{":status", "200"}, {"X-a", "1"}}},
      {"CRLF in a value", {{":status", "200"}, {"x", "a\r\nset-cookie: b"}}},
      {"NUL in a value", {{":status", "200"}, {"x", std::string("a\0b", 3)}}},
      {"a space in a name", {{":status", "200"}, {"x y", "1"}}},
      {"transfer-encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}},
      {"connection", {{":status", "200"}, {"connection", "close"}}},
      {"upgrade", {{":status", "200"}, {"upgrade", "x"}}},
      {"two lengths", {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}},
      {"a length that is none", {{":status", "200"}, {"content-length", "+1"}}},
      {"a length beyond 2^63-1", {{":status", "200"}, {"content-length", "9223372036854775808"}}},
  };
  for (const auto& [what, fields] : cases) {
    SCOPED_TRACE(what);
    RawUpstream upstream;
    SeenResponse& bad = upstream.client.Request("GET", "/");
    SeenResponse& good = upstream.client.Request("GET", "/");
    upstream.Answer();
    upstream.Head(1, fields, false);
    EXPECT_EQ(upstream.Answer(), "RST_STREAM 1(1)");
    EXPECT_TRUE(bad.done);
    EXPECT_NE(bad.error, "");
    EXPECT_FALSE(bad.is_retryable);
    EXPECT_EQ(bad.status, 0);
    EXPECT_EQ(upstream.client.ends, 0);
    upstream.Head(3, {{":status", "204"}, {"x", "1"}}, true);
    EXPECT_EQ(good.status, 204);
    EXPECT_EQ(good.fields, "x: 1\n");
    EXPECT_TRUE(good.done);
  }
}

// H25.
TEST(HostileUpstream, HeadsThatAreTooLarge) {
  RawUpstream upstream;
  Fields many = {{":status", "200"}};
  for (int i = 0; i < 200; ++i) many.emplace_back(absl::StrCat("x", i), "1");
  for (const Fields& fields : {many, Fields{{":status", "200"}, {"x", std::string(62'000, 'a')}}}) {
    SeenResponse& response = upstream.client.Request("GET", "/");
    upstream.Answer();
    const auto id = static_cast<uint32_t>(2 * upstream.client.responses.size() - 1);
    const std::string block = upstream.encoder.Encode(fields);
    for (size_t at = 0; at < block.size(); at += 16'000) {
      const bool is_last = at + 16'000 >= block.size();
      upstream.Send(Frame(at == 0 ? NGHTTP2_HEADERS : NGHTTP2_CONTINUATION,
                          is_last ? kEndHeaders : 0, id, block.substr(at, 16'000)));
    }
    EXPECT_TRUE(response.done);
    EXPECT_THAT(response.error, HasSubstr("http2.")) << response.error;
    EXPECT_EQ(response.status, 0);
  }
  EXPECT_EQ(upstream.client.stats.header_overflow.value(), 2u);
  EXPECT_EQ(upstream.client.ends, 0);
}

TEST(HostileUpstream, BodiesThatAreNotAsLongAsDeclared) {
  for (const bool too_long : {false, true}) {
    SCOPED_TRACE(too_long);
    RawUpstream upstream;
    SeenResponse& response = upstream.client.Request("GET", "/");
    upstream.Answer();
    upstream.Head(1, {{":status", "200"}, {"content-length", "4"}}, false);
    EXPECT_EQ(response.content_length, 4);
    upstream.Send(Frame(NGHTTP2_DATA, 0, 1, "abc"));
    upstream.Send(Frame(NGHTTP2_DATA, kEnd, 1, too_long ? "de" : ""));
    EXPECT_EQ(response.body, "abc");
    EXPECT_FALSE(response.ended);
    EXPECT_EQ(response.error, kMalformed);
    EXPECT_EQ(upstream.Answer(), "RST_STREAM 1(1)");
  }
}

TEST(HostileUpstream, BodiesWhereNoneMayBe) {
  for (const char* status : {"204", "304"}) {
    SCOPED_TRACE(status);
    RawUpstream upstream;
    SeenResponse& response = upstream.client.Request("GET", "/");
    upstream.Head(1, {{":status", status}}, false);
    upstream.Send(Frame(NGHTTP2_DATA, kEnd, 1, "body"));
    EXPECT_EQ(response.body, "");
    EXPECT_NE(response.error, "");
  }
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("HEAD", "/");
  upstream.Head(1, {{":status", "200"}, {"content-length", "4"}}, false);
  upstream.Send(Frame(NGHTTP2_DATA, kEnd, 1, "body"));
  EXPECT_EQ(response.body, "");
  EXPECT_NE(response.error, "");
}

TEST(HostileUpstream, BodyBeforeTheHead) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  SeenResponse& hinted = upstream.client.Request("GET", "/");
  upstream.Head(3, {{":status", "103"}}, false);
  upstream.Send(Frame(NGHTTP2_DATA, kEnd, 3, "early"));
  EXPECT_EQ(hinted.body, "");
  EXPECT_NE(hinted.error, "");
  EXPECT_TRUE(hinted.done);
  EXPECT_FALSE(response.done);
}

TEST(HostileUpstream, InformationalResponsesAreFew) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Answer();
  for (int i = 0; i < 10; ++i) upstream.Head(1, {{":status", "103"}}, false);
  EXPECT_FALSE(response.done);
  upstream.Head(1, {{":status", "103"}}, false);
  EXPECT_TRUE(response.done);
  EXPECT_EQ(response.error, "http2.too_many_1xx");
  EXPECT_EQ(upstream.Answer(), "RST_STREAM 1(1)");
}

TEST(HostileUpstream, AnInformationalResponseDoesNotEndTheStream) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Head(1, {{":status", "103"}}, true);
  EXPECT_TRUE(response.done);
  EXPECT_NE(response.error, "");
  EXPECT_EQ(response.informational, "");
}

TEST(HostileUpstream, H43TrailersMustEndTheStream) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Answer();
  upstream.Head(1, {{":status", "200"}}, false);
  upstream.Head(1, {{"x-sum", "1"}}, false);
  EXPECT_EQ(upstream.Answer(), "RST_STREAM 1(1)");
  EXPECT_EQ(response.trailers, "");
  EXPECT_TRUE(response.done);
  EXPECT_NE(response.error, "");
}

// H44.
TEST(HostileUpstream, ASecondFinalHeadIsNone) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Answer();
  upstream.Head(1, {{":status", "200"}}, false);
  upstream.Head(1, {{":status", "200"}}, true);
  EXPECT_EQ(upstream.Answer(), "RST_STREAM 1(1)");
  EXPECT_FALSE(response.ended);
}

// J09: trailers only, and then a body all the same.
TEST(HostileUpstream, NothingFollowsTheEnd) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("POST", "/", false);
  upstream.Answer();
  upstream.Head(1, {{":status", "200"}, {"grpc-status", "0"}}, true);
  EXPECT_TRUE(response.ended);
  upstream.Send(Frame(NGHTTP2_DATA, kEnd, 1, "more"));
  EXPECT_EQ(response.body, "");
}

TEST(HostileUpstream, H36AGoawayTakesBackWhatWasNotSeen) {
  RawUpstream upstream;
  SeenResponse& seen = upstream.client.Request("GET", "/");
  SeenResponse& unseen = upstream.client.Request("POST", "/", false);
  upstream.Send(Frame(NGHTTP2_GOAWAY, 0, 0, absl::StrCat(BigEndian32(1), BigEndian32(0))));
  EXPECT_TRUE(unseen.done);
  EXPECT_TRUE(unseen.is_retryable);
  EXPECT_FALSE(seen.done);
  EXPECT_EQ(upstream.client.ends, 1);
  EXPECT_FALSE(upstream.client.connection->can_take_stream());
  upstream.Head(1, {{":status", "200"}}, true);
  EXPECT_EQ(seen.status, 200);
  EXPECT_TRUE(seen.done);
  EXPECT_EQ(seen.error, "");
}

TEST(HostileUpstream, RefusedStreamsMayBeTriedAgainAndOthersNot) {
  RawUpstream upstream;
  SeenResponse& refused = upstream.client.Request("GET", "/");
  SeenResponse& failed = upstream.client.Request("GET", "/");
  upstream.Send(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_REFUSED_STREAM)));
  upstream.Send(Frame(NGHTTP2_RST_STREAM, 0, 3, BigEndian32(NGHTTP2_INTERNAL_ERROR)));
  EXPECT_TRUE(refused.is_retryable);
  EXPECT_FALSE(failed.is_retryable);
  EXPECT_TRUE(refused.done);
  EXPECT_TRUE(failed.done);
  EXPECT_EQ(upstream.client.slots, 2);
}

// H45: the response is whole; the upload stops without an error.
TEST(HostileUpstream, H45ResetBehindAWholeResponse) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("POST", "/", false);
  response.SendBody(std::string(2'000'000, 'u'), false);
  upstream.Head(1, {{":status", "413"}}, true);
  EXPECT_TRUE(response.ended);
  EXPECT_FALSE(response.done);
  upstream.Send(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_NO_ERROR)));
  EXPECT_TRUE(response.done);
  EXPECT_EQ(response.error, "");
  EXPECT_EQ(upstream.client.slots, 1);
}

// I25.
TEST(HostileUpstream, ResetInTheMiddleOfABodyIsNoEnd) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Head(1, {{":status", "200"}}, false);
  upstream.Send(Frame(NGHTTP2_DATA, 0, 1, "half"));
  upstream.Send(Frame(NGHTTP2_RST_STREAM, 0, 1, BigEndian32(NGHTTP2_NO_ERROR)));
  EXPECT_EQ(response.body, "half");
  EXPECT_FALSE(response.ended);
  EXPECT_NE(response.error, "");
  EXPECT_TRUE(response.done);
}

TEST(HostileUpstream, H42EndInTheMiddleOfAHead) {
  RawUpstream upstream;
  SeenResponse& response = upstream.client.Request("GET", "/");
  upstream.Send(
      Frame(NGHTTP2_HEADERS, kEndHeaders, 1, upstream.encoder.Encode({{":status", "200"}}))
          .substr(0, 9));
  upstream.client.connection->OnPeerEnd();
  EXPECT_TRUE(response.done);
  EXPECT_NE(response.error, "");
  EXPECT_EQ(upstream.client.ends, 1);
}

// H14, H16, H17, H20, H22, H39 of an upstream.
TEST(HostileUpstream, FloodsEnd) {
  const struct {
    const char* what;
    std::string frame;
  } cases[] = {
      {"PING", Frame(NGHTTP2_PING, 0, 0, "12345678")},
      {"SETTINGS", Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1}})},
      {"WINDOW_UPDATE", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, BigEndian32(1))},
      {"empty DATA", Frame(NGHTTP2_DATA, 0, 1, "")},
      {"unknown", Frame(0x42, 0, 0, "x")},
  };
  for (const auto& flood : cases) {
    SCOPED_TRACE(flood.what);
    RawUpstream upstream;
    SeenResponse& response = upstream.client.Request("GET", "/");
    upstream.Head(1, {{":status", "200"}}, false);
    int sent = 0;
    for (; sent < 20'000 && upstream.client.ends == 0; ++sent) upstream.Send(flood.frame);
    EXPECT_LT(sent, 20'000);
    EXPECT_TRUE(response.done);
    EXPECT_THAT(upstream.Answer(), HasSubstr("GOAWAY(11)"));
  }
}

// H12.
TEST(HostileUpstream, ContinuationsWithoutEnd) {
  RawUpstream upstream;
  upstream.client.Request("GET", "/");
  upstream.Send(Frame(NGHTTP2_HEADERS, 0, 1, "\x88"));
  int sent = 0;
  for (; sent < 100 && upstream.client.ends == 0; ++sent) {
    upstream.Send(Frame(NGHTTP2_CONTINUATION, 0, 1, upstream.encoder.Encode({{"x", "1"}})));
  }
  EXPECT_LE(sent, 9);
  EXPECT_EQ(upstream.client.stats.inbound_continuation_flood.value(), 1u);
}

// H31 seen from the other side, and a limit that shrinks under our feet.
TEST(HostileUpstream, AShrinkingLimitIsKept) {
  RawUpstream upstream({}, {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}});
  upstream.client.Request("GET", "/");
  EXPECT_TRUE(upstream.client.connection->can_take_stream());
  upstream.Send(Settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}}));
  EXPECT_FALSE(upstream.client.connection->can_take_stream());
  EXPECT_EQ(upstream.client.connection->max_streams(), 0u);
  upstream.Send(Settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3}}));
  EXPECT_TRUE(upstream.client.connection->can_take_stream());
}

// A stream was promised a place before the limit fell: its head waits, whole, until there is one.
TEST(HostileUpstream, AHeadThatMustWaitIsNotForgotten) {
  RawUpstream upstream({}, {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}});
  upstream.client.Request("GET", "/first");
  auto& late = *upstream.client.responses.emplace_back(std::make_unique<SeenResponse>());
  late.stream = &upstream.client.connection->NewStream(late, late.arena);
  upstream.Send(Settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
  {
    base::Arena gone;
    http::RequestHead head(gone);
    head.method_name = gone.Copy("GET");
    head.path = gone.Copy("/late");
    head.authority = gone.Copy("a.test");
    head.scheme = "http";
    late.stream->SendHead(head, true);
  }
  Decoder decoder;
  std::string sent = decoder.Heads(upstream.client.TakeOutput());
  EXPECT_THAT(sent, HasSubstr("/first"));
  EXPECT_THAT(sent, testing::Not(HasSubstr("/late")));
  upstream.Head(1, {{":status", "200"}}, true);
  sent = decoder.Heads(upstream.client.TakeOutput());
  EXPECT_THAT(sent, HasSubstr(":path=/late"));
  EXPECT_THAT(sent, HasSubstr(":authority=a.test"));
}

TEST(HostileUpstream, TunnelsNeedLeave) {
  const auto ask = [](http::RequestHead& head) { head.upgrade = "websocket"; };
  RawUpstream upstream;
  SeenResponse& refused = upstream.client.Request("GET", "/", false, ask);
  EXPECT_TRUE(refused.done);
  EXPECT_FALSE(refused.is_retryable);
  EXPECT_EQ(upstream.Answer(), "");

  Client unsettled;
  unsettled.TakeOutput();
  SeenResponse& waiting = unsettled.Request("GET", "/chat", false, ask);
  EXPECT_EQ(Describe(unsettled.TakeOutput()), "");
  unsettled.Receive(Settings({{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}));
  Decoder decoder;
  EXPECT_EQ(decoder.Heads(unsettled.TakeOutput()),
            "1: :method=CONNECT :protocol=websocket :scheme=http :path=/chat :authority=a.test");
  EXPECT_FALSE(waiting.done);
}

TEST(HostileUpstream, AWaitingTunnelCanBeGivenUp) {
  Client client;
  client.TakeOutput();
  SeenResponse& waiting = client.Request(
      "GET", "/", false, [](http::RequestHead& head) { head.upgrade = "websocket"; });
  waiting.stream->Reset(http::ResetKind::kCancel);
  EXPECT_TRUE(waiting.done);
  EXPECT_EQ(client.slots, 1);
  client.Receive(Settings({{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}));
  EXPECT_EQ(Describe(client.TakeOutput()), "SETTINGS+ack");
}

}  // namespace
}  // namespace weir::http2
