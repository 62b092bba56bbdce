// Group H of the catalogue of bad inputs: what a peer must not do with frames, and what it gets.
// (H01, the whole of h2spec, is run by ci/conformance.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"

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

// H05, H30, H32, H34, H35, H37: and what follows is never read.
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

// H03.
TEST(BadFrames, APrefaceMustBeComplete) {
  Server server;
  server.Receive("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  EXPECT_TRUE(server.is_done);
  EXPECT_THAT(Describe(server.TakeOutput()), HasSubstr("GOAWAY"));
}

// H04.
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

// H31.
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

// H10, H30, H32.
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

// H30.
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

// H06: CVE-2023-44487.
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
  const struct {
    const char* what;
    std::function<std::string(uint32_t stream)> frames;
  } cases[] = {
      {"more DATA than declared",
       [](uint32_t stream) { return Frame(NGHTTP2_DATA, 0, stream, "too long"); }},
      {"H09: a window that overflows",
       [](uint32_t stream) { return Frame(NGHTTP2_WINDOW_UPDATE, 0, stream, Four(0x7fffffff)); }},
  };
  for (const auto& provoking : cases) {
    SCOPED_TRACE(provoking.what);
    RawPeer peer;
    peer.server.answers = false;
    int sent = 0;
    for (; sent < 1000 && !peer.server.is_done; ++sent) {
      const uint32_t stream = peer.Head(Get({{"content-length", "1"}}), false);
      peer.Send(provoking.frames(stream));
      // Whoever works for it hears of the end at once.
      EXPECT_TRUE(peer.server.last().done);
      EXPECT_FALSE(peer.server.connection->has_streams());
    }
    EXPECT_GT(sent, 90);
    EXPECT_LT(sent, 150);
    EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
  }
}

// H08, H11: faults of a stream that cost the peer its connection, which leaves nothing to count.
TEST(BadFrames, H08H11FaultsThatEndMoreThanTheirStream) {
  for (const std::string& frame :
       {Frame(NGHTTP2_WINDOW_UPDATE, 0, 1, Four(0)), Frame(NGHTTP2_PRIORITY, 0, 1, "1234"),
        Frame(NGHTTP2_PRIORITY, 0, 1, absl::StrCat(Four(1), "\x10"))}) {
    RawPeer peer;
    peer.server.answers = false;
    peer.Head(Get());
    peer.Send(frame);
    EXPECT_THAT(peer.Answer(), HasSubstr("GOAWAY("));
    EXPECT_TRUE(peer.server.last().done);
  }
}

// H12: CVE-2024-27316.
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

// H13.
TEST(BadFrames, H13EmptyPartsOfAHeadAreFew) {
  RawPeer peer;
  peer.Send(Frame(NGHTTP2_HEADERS, 0, 1, "\x82\x84\x86"));
  peer.Send(Frame(NGHTTP2_CONTINUATION, 0, 1, ""));
  EXPECT_FALSE(peer.server.is_done);
  peer.Send(Frame(NGHTTP2_CONTINUATION, 0, 1, ""));
  EXPECT_THAT(peer.Answer(), HasSubstr(kCalm));
}

// H14: CVE-2019-9518.
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

// H16, H17, H19 to H22, H39.
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
      {"ALTSVC", Frame(0xa, 0, 0, std::string(2, '\0'))},
      {"ORIGIN", Frame(0xc, 0, 0, "")},
      {"settings that are unknown", Settings({{0x4242, 1}})},
      {"windows to and fro", absl::StrCat(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}),
                                          Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1}}))},
  };
  for (const auto& flood : cases) {
    SCOPED_TRACE(flood.what);
    RawPeer peer;
    peer.server.answers = false;
    for (int i = 0; i < 100; ++i) peer.Head(Get(), false);
    int sent = 0;
    for (; sent < 20'000 && !peer.server.is_done; ++sent) peer.Send(flood.frame);
    EXPECT_LT(sent, 20'000);
  }
}

// H19: however large a table the peer offers, ours stays at 4 KiB.
TEST(BadFrames, H19OurTableStaysSmall) {
  RawPeer peer;
  for (const uint32_t size : {0u, 1u << 20, 0u, 1u << 30}) {
    peer.Send(Settings({{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, size}}));
  }
  peer.server.TakeOutput();
  peer.Head(Get());
  const std::string block = ParseFrames(peer.server.TakeOutput()).at(0).payload;
  // RFC 7541 §6.3: down to 0, then up to 4096, which takes five bits and two bytes more.
  EXPECT_EQ(block.substr(0, 4), "\x20\x3f\xe1\x1f");
}

// H17.
TEST(BadFrames, SettingsHaveFewEntries) {
  RawPeer peer;
  std::vector<std::pair<uint16_t, uint32_t>> entries(33, {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0});
  peer.Send(Settings(entries));
  EXPECT_TRUE(peer.server.is_done);
}

// H15.
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

// H40.
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

// H39.
TEST(BadFrames, UnknownFramesAreSkipped) {
  RawPeer peer;
  peer.Send(Frame(0xee, 0xff, 0, "whatever"));
  peer.Head(Get());
  EXPECT_THAT(peer.Answer(), StartsWith("HEADERS 1"));
}

// H38: a head that nghttp2 cannot send must not leave a stream without an end.
TEST(BadFrames, H38AHeadThatCannotBeSent) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get());
  Fields fields;
  for (int i = 0; i < 80; ++i) fields.emplace_back(absl::StrCat("x", i), std::string(4000, 'v'));
  peer.server.last().SendHead(200, false, -1, fields);
  EXPECT_EQ(peer.Answer(), "RST_STREAM 1(2)");
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_FALSE(peer.server.connection->has_streams());
  EXPECT_FALSE(peer.server.is_done);
}

// H42: nothing is left of a head that was cut off.
TEST(BadFrames, H42EndInTheMiddleOfAHead) {
  RawPeer peer;
  const std::string head = Frame(NGHTTP2_HEADERS, kEndStream, 1, peer.encoder.Encode(Get()));
  for (const size_t size : {head.size() / 2, head.size()}) {
    RawPeer cut;
    cut.Send(head.substr(0, size));
    cut.server.connection->OnPeerEnd();
    EXPECT_EQ(cut.server.requests.size(), 0u);
    EXPECT_FALSE(cut.server.connection->has_streams());
    EXPECT_EQ(cut.server.stats.streams_active.value(), 0);
  }
}

}  // namespace
}  // namespace weir::http2
