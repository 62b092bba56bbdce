// Group H of the catalogue of bad inputs: what a peer must not do with frames, and what it gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "absl/strings/str_cat.h"
#include "test/http2/harness.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM, kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
const std::string kCalm = absl::StrCat("GOAWAY(", NGHTTP2_ENHANCE_YOUR_CALM, ")");
const std::string kProtocolError = absl::StrCat("GOAWAY(", NGHTTP2_PROTOCOL_ERROR, ")");

std::string Four(uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

TEST(BadFrames, AConnectionErrorEndsTheConnectionOnce) {
  const struct {
    const char* what;
    std::string frames;
    uint32_t code;
  } cases[] = {
      {"PING with a stream", Frame(NGHTTP2_PING, 0, 1, "12345678"), NGHTTP2_PROTOCOL_ERROR},
      {"PING of 6 bytes", Frame(NGHTTP2_PING, 0, 0, "123456"), NGHTTP2_FRAME_SIZE_ERROR},
      {"DATA without a stream", Frame(NGHTTP2_DATA, 0, 0, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"DATA for an idle stream", Frame(NGHTTP2_DATA, kEndStream, 7, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"RST_STREAM for an idle stream", Frame(NGHTTP2_RST_STREAM, 0, 9, Four(8)),
       NGHTTP2_PROTOCOL_ERROR},
      {"a frame that is too large", Frame(NGHTTP2_DATA, 0, 1, std::string(16385, 'x')),
       NGHTTP2_FRAME_SIZE_ERROR},
      {"an even stream", Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 2, "\x82\x84\x86"),
       NGHTTP2_PROTOCOL_ERROR},
      {"a head that is no HPACK", Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 1, "\x80"),
       NGHTTP2_COMPRESSION_ERROR},
      {"PUSH_PROMISE of a client",
       Frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, absl::StrCat(Four(2), "\x82")),
       NGHTTP2_PROTOCOL_ERROR},
      {"PRIORITY without a stream", Frame(NGHTTP2_PRIORITY, 0, 0, absl::StrCat(Four(1), "\x10")),
       NGHTTP2_PROTOCOL_ERROR},
      {"PRIORITY on itself", Frame(NGHTTP2_PRIORITY, 0, 5, absl::StrCat(Four(5), "\x10")),
       NGHTTP2_PROTOCOL_ERROR},
      {"CONTINUATION without a head", Frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, "\x82"),
       NGHTTP2_PROTOCOL_ERROR},
      {"SETTINGS of 5 bytes", Frame(NGHTTP2_SETTINGS, 0, 0, "12345"), NGHTTP2_FRAME_SIZE_ERROR},
      {"a window that overflows", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, Four(0x7fffffff)),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"a window that grows by nothing", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, Four(0)),
       NGHTTP2_PROTOCOL_ERROR},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.what);
    RawPeer peer;
    peer.server.answers = false;
    peer.Send(bad.frames);
    EXPECT_THAT(peer.Answer(), HasSubstr(absl::StrCat("GOAWAY(", bad.code, ")")));
    EXPECT_TRUE(peer.server.is_done);
    // Whatever follows is swallowed: a session is never fed after its end.
    peer.Send(Frame(NGHTTP2_PING, 0, 0, "12345678"));
    EXPECT_EQ(peer.Answer(), "");
  }
}

TEST(BadFrames, AConnectionErrorEndsTheStreamsThatRun) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get());
  peer.Head(Get(), false);
  peer.Send(Frame(NGHTTP2_PING, 0, 1, "12345678"));
  EXPECT_THAT(peer.Answer(), HasSubstr(kProtocolError));
  ASSERT_EQ(peer.server.requests.size(), 2u);
  for (const auto& request : peer.server.requests) {
    EXPECT_TRUE(request->done);
    EXPECT_NE(request->error, "");
  }
}

TEST(BadFrames, APrefaceMustBeComplete) {
  Server server;
  server.Receive("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  EXPECT_TRUE(server.is_done);
  EXPECT_THAT(Describe(server.TakeOutput()), HasSubstr("GOAWAY"));
}

TEST(BadFrames, SettingsComeFirst) {
  Server server;
  server.Receive(absl::StrCat(std::string(kPreface), Frame(NGHTTP2_PING, 0, 0, "12345678")));
  EXPECT_TRUE(server.is_done);
}

TEST(BadFrames, AStreamErrorLeavesTheConnection) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get({{"content-length", "1"}}), false);
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, "too long"));
  EXPECT_EQ(peer.Answer(), "RST_STREAM 1(1)");
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_EQ(peer.server.last().error, "http2.violation.of.messaging.rule");
  peer.server.answers = true;
  peer.Head(Get());
  EXPECT_EQ(peer.Answer(), "HEADERS 3 DATA 3[2]+end");
}

TEST(BadFrames, OneStreamTooManyIsRefused) {
  Options options;
  options.max_concurrent_streams = 2;
  Server server(options);
  server.answers = false;
  Encoder encoder;
  // The peer has not acknowledged our settings: it may not know.
  server.Receive(absl::StrCat(std::string(kPreface), Settings()));
  server.TakeOutput();
  for (const uint32_t stream : {1, 3, 5}) {
    server.Receive(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, encoder.Encode(Get())));
  }
  EXPECT_EQ(Describe(server.TakeOutput()), "RST_STREAM 5(7)");
  EXPECT_EQ(server.requests.size(), 2u);
}

TEST(BadFrames, WhoKnowsTheLimitAndBreaksItIsSentAway) {
  Options options;
  options.max_concurrent_streams = 2;
  RawPeer peer(options);
  peer.server.answers = false;
  for (int i = 0; i < 3; ++i) peer.Head(Get());
  EXPECT_THAT(peer.Answer(), HasSubstr(kProtocolError));
}

TEST(BadFrames, NothingFollowsTheEndOfAStream) {
  const auto stop = [](RawPeer& peer, uint32_t stream) {
    peer.Send(Frame(NGHTTP2_RST_STREAM, 0, stream, Four(NGHTTP2_CANCEL)));
  };
  const std::string closed = absl::StrCat("GOAWAY(", NGHTTP2_STREAM_CLOSED, ")");
  for (const bool is_reset : {false, true}) {
    for (const uint8_t type : {NGHTTP2_DATA, NGHTTP2_HEADERS}) {
      RawPeer peer;
      peer.server.answers = !is_reset;
      const uint32_t stream = peer.Head(Get());
      if (is_reset) stop(peer, stream);
      peer.Answer();
      peer.Send(Frame(type, kEndStream | (type == NGHTTP2_HEADERS ? kEndHeaders : 0), stream,
                      "\x82\x84\x86"));
      EXPECT_THAT(peer.Answer(), HasSubstr(closed));
    }
  }
}

TEST(BadFrames, AStreamThatWasSkippedCannotBeOpened) {
  RawPeer peer;
  peer.next_stream = 5;
  peer.Head(Get());
  peer.next_stream = 3;
  peer.Head(Get());
  EXPECT_THAT(peer.Answer(), HasSubstr(kProtocolError));
}

// What is on its way when we cut a stream is no fault of the peer.
TEST(BadFrames, WhatCrossesOurResetIsForgiven) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.server.last().stream->Reset(http::ResetKind::kInternal);
  peer.Answer();
  peer.Send(Frame(NGHTTP2_DATA, kEndStream, stream, "late"));
  EXPECT_EQ(peer.Answer(), "");
  EXPECT_FALSE(peer.server.is_done);
}

TEST(BadFrames, RapidResetIsNotBorne) {
  RawPeer peer;
  peer.server.answers = false;
  int sent = 0;
  for (; sent < 1000 && !peer.server.is_done; ++sent) {
    const uint32_t stream = peer.Head(Get());
    peer.Send(Frame(NGHTTP2_RST_STREAM, 0, stream, Four(NGHTTP2_CANCEL)));
  }
  EXPECT_GT(sent, 90);
  EXPECT_LT(sent, 150);
  EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
  EXPECT_EQ(peer.server.stats.too_many_resets.value(), 1u);
}

// CVE-2025-8671: the peer makes us reset its streams.
TEST(BadFrames, MadeYouResetIsNotBorne) {
  RawPeer peer;
  peer.server.answers = false;
  int sent = 0;
  for (; sent < 1000 && !peer.server.is_done; ++sent) {
    const uint32_t stream = peer.Head(Get({{"content-length", "1"}}), false);
    peer.Send(Frame(NGHTTP2_DATA, 0, stream, "too long"));
  }
  EXPECT_GT(sent, 90);
  EXPECT_LT(sent, 150);
  EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
}

TEST(BadFrames, ContinuationsAreFew) {
  RawPeer peer;
  peer.Send(Frame(NGHTTP2_HEADERS, kEndStream, 1, "\x82\x84\x86"));
  int sent = 0;
  for (; sent < 100 && !peer.server.is_done; ++sent) {
    peer.Send(Frame(NGHTTP2_CONTINUATION, 0, 1, "\x90"));
  }
  EXPECT_EQ(sent, 9);
  EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
  EXPECT_EQ(peer.server.stats.inbound_continuation_flood.value(), 1u);
}

TEST(BadFrames, EmptyFramesAreFew) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, ""));
  EXPECT_EQ(peer.Answer(), "");
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, ""));
  EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
  EXPECT_EQ(peer.server.stats.inbound_empty_frames_flood.value(), 1u);
}

TEST(BadFrames, FloodsOfEveryKindEnd) {
  const struct {
    const char* what;
    std::string frame;
  } cases[] = {
      {"PRIORITY", Frame(NGHTTP2_PRIORITY, 0, 1, absl::StrCat(Four(0), "\x10"))},
      {"WINDOW_UPDATE", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, Four(1))},
      {"SETTINGS", Settings({{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0}})},
      {"PING", Frame(NGHTTP2_PING, 0, 0, "12345678")},
      {"unknown", Frame(0x42, 0, 0, "x")},
  };
  for (const auto& flood : cases) {
    SCOPED_TRACE(flood.what);
    RawPeer peer;
    int sent = 0;
    for (; sent < 20'000 && !peer.server.is_done; ++sent) peer.Send(flood.frame);
    EXPECT_LT(sent, 20'000);
  }
}

TEST(BadFrames, SettingsHaveFewEntries) {
  RawPeer peer;
  std::vector<std::pair<uint16_t, uint32_t>> entries(33, {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0});
  peer.Send(Settings(entries));
  EXPECT_TRUE(peer.server.is_done);
}

TEST(BadFrames, PaddingMustNotOutweighWhatItPads) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  const std::string payload = absl::StrCat(std::string(1, '\xfe'), "x", std::string(254, '\0'));
  int sent = 0;
  for (; sent < 10'000 && !peer.server.is_done; ++sent) {
    peer.Send(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, stream, payload));
  }
  EXPECT_LT(sent, 400);
  EXPECT_GT(sent, 200);
}

TEST(BadFrames, RequestsThatCannotBeAnsweredDoNotPileUp) {
  Options options;
  options.max_outbound_frames = 200;
  RawPeer peer(options);
  peer.server.connection->OnOutputHigh();  // the peer does not read
  int sent = 0;
  for (; sent < 5000 && !peer.server.is_done; ++sent) {
    peer.Send(Frame(NGHTTP2_PING, 0, 0, "12345678"));
  }
  EXPECT_LT(sent, 1500);
}

TEST(BadFrames, AFewRequestsATurn) {
  RawPeer peer;
  peer.server.answers = false;
  peer.server.yields = true;
  std::string frames;
  for (uint32_t stream = 1; stream < 50; stream += 2) {
    absl::StrAppend(&frames, Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream,
                                   peer.encoder.Encode(Get())));
  }
  peer.Send(frames);
  EXPECT_EQ(peer.server.requests.size(), 25u);
  EXPECT_EQ(peer.server.yield_count, 2);
}

TEST(BadFrames, UnknownFramesAreSkipped) {
  RawPeer peer;
  peer.Send(Frame(0xee, 0xff, 0, "whatever"));
  peer.Head(Get());
  EXPECT_THAT(peer.Answer(), StartsWith("HEADERS 1"));
}

}  // namespace
}  // namespace weir::http2
