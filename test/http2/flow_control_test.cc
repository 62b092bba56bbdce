// Windows and marks: a slow reader stops a quick writer, whatever either says, and what is held for
// a connection meanwhile is bounded (H23, H33, H40 of the catalogue of bad inputs).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;

constexpr uint8_t kEnd = NGHTTP2_FLAG_END_STREAM;

std::string Grow(uint32_t stream, uint32_t bytes) {
  return Frame(NGHTTP2_WINDOW_UPDATE, 0, stream, BigEndian32(bytes));
}

size_t DataBytes(std::string_view frames, uint32_t stream = 0) {
  size_t bytes = 0;
  for (const SentFrame& frame : ParseFrames(frames)) {
    if (frame.type == NGHTTP2_DATA && (stream == 0 || frame.stream == stream)) {
      bytes += frame.payload.size();
    }
  }
  return bytes;
}

// The increments of WINDOW_UPDATE frames for `stream`.
size_t Returned(std::string_view frames, uint32_t stream) {
  size_t bytes = 0;
  for (const SentFrame& frame : ParseFrames(frames)) {
    if (frame.type == NGHTTP2_WINDOW_UPDATE && frame.stream == stream) bytes += frame.increment();
  }
  return bytes;
}

TEST(Http2FlowControl, APausedReaderHoldsItsStreamBackAndNoOther) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t paused = peer.Head(Get(), false);
  const uint32_t other = peer.Head(Get(), false);
  peer.server.requests[0]->stream->PauseReceiving();
  const std::string chunk(16'000, 'u');
  for (int i = 0; i < 4; ++i) peer.Send(Frame(NGHTTP2_DATA, 0, paused, chunk));
  for (int i = 0; i < 4; ++i) peer.Send(Frame(NGHTTP2_DATA, 0, other, chunk));
  EXPECT_EQ(peer.server.requests[0]->body.size(), 64'000u);
  std::string written = peer.server.TakeOutput();
  EXPECT_EQ(Returned(written, paused), 0u);
  EXPECT_GE(Returned(written, other), 32'000u);
  peer.server.requests[0]->stream->ResumeReceiving();
  written = peer.server.TakeOutput();
  EXPECT_EQ(Returned(written, paused), 64'000u);
}

TEST(Http2FlowControl, PausesAreCounted) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  http::ServerStream& paused = *peer.server.last().stream;
  paused.PauseReceiving();
  paused.PauseReceiving();
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
  paused.ResumeReceiving();
  EXPECT_EQ(Returned(peer.server.TakeOutput(), stream), 0u);
  paused.ResumeReceiving();
  EXPECT_EQ(Returned(peer.server.TakeOutput(), stream), 48'000u);
}

// H33: more than the window is a fault of the stream's, or of the connection's.
TEST(Http2FlowControl, AStreamsWindowIsKept) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.server.last().stream->PauseReceiving();
  for (int i = 0; i < 5; ++i) peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1(3)"));
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_LE(peer.server.last().body.size(), 80'000u);
  EXPECT_FALSE(peer.server.is_done);
}

// A few uploads that nobody takes leave the connection to the others; many hold it up, because what
// came for them is still somewhere.
TEST(Http2FlowControl, PausedStreamsTakeHalfOfTheConnectionsWindow) {
  constexpr size_t kWindow = 1024 * 1024;
  RawPeer peer;
  peer.server.answers = false;
  size_t sent = 0, returned = 0;
  const auto upload = [&](bool is_paused) {
    const uint32_t stream = peer.Head(Get(), false);
    if (is_paused) peer.server.last().stream->PauseReceiving();
    for (int i = 0; i < 4; ++i) peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
    sent += 64'000;
    returned += Returned(peer.server.TakeOutput(), 0);
  };
  for (int i = 0; i < 8; ++i) upload(true);
  for (int i = 0; i < 50; ++i) upload(false);
  EXPECT_GT(returned, 50u * 64'000) << "the others have the whole window";
  size_t more = 0;
  for (; sent - returned + 64'000 <= kWindow; more += 64'000) upload(true);
  EXPECT_LE(more, kWindow);
  EXPECT_FALSE(peer.server.is_done);
  // All of it comes back, by going on or by ending.
  for (size_t i = 0; i < peer.server.requests.size(); ++i) {
    http::ServerStream* const stream = peer.server.requests[i]->stream;
    i % 2 == 0 ? stream->ResumeReceiving() : stream->Reset(http::ResetKind::kInternal);
  }
  returned += Returned(peer.server.TakeOutput(), 0);
  EXPECT_GT(returned, sent - kWindow / 2) << "small rests are returned with what comes next";
}

// H32: what comes for a stream that we have cut is dropped, and paid back.
TEST(Http2FlowControl, H32WhatIsDroppedIsReturned) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.server.last().stream->Reset(http::ResetKind::kInternal);
  peer.Answer();
  size_t returned = 0;
  for (int i = 0; i < 200; ++i) {
    peer.Send(Frame(NGHTTP2_DATA, 0, stream, std::string(16'000, 'u')));
    returned += Returned(peer.server.TakeOutput(), 0);
  }
  EXPECT_FALSE(peer.server.is_done);
  EXPECT_GT(returned, 200u * 16'000 - 1024 * 1024);
}

// H23: a hundred large responses and nobody who reads: what is held stays below a megabyte,
// because every handler is told in time, those that came first as well as the last.
TEST(Http2FlowControl, NothingIsReadAndLittleIsHeld) {
  RawPeer peer;
  peer.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  peer.server.answers = false;
  size_t held = 0;
  for (int i = 0; i < 100; ++i) peer.Head(Get());
  for (const auto& request : peer.server.requests) request->SendHead(200, false);
  for (const auto& request : peer.server.requests) {
    for (int round = 0; round < 100 && request->highs == request->lows; ++round) {
      request->SendBody(std::string(1024, 'd'), false);
      held += 1024;
    }
  }
  EXPECT_LE(held, 1024u * 1024);
  EXPECT_EQ(peer.server.stats.pending_send_bytes.value(), static_cast<int64_t>(held));
  EXPECT_EQ(DataBytes(peer.server.TakeOutput()), 0u);
  // And all of it arrives when the peer reads at last.
  for (const auto& request : peer.server.requests) EXPECT_EQ(request->highs, 1);
  peer.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}) + Grow(0, 1 << 30));
  EXPECT_EQ(DataBytes(peer.server.TakeOutput()), held);
  for (const auto& request : peer.server.requests) EXPECT_EQ(request->lows, 1);
  EXPECT_EQ(peer.server.stats.pending_send_bytes.value(), 0);
}

// While the connection's output is over its mark nothing more is put into it but what must be.
TEST(Http2FlowControl, AFullOutputIsNotFilledFurther) {
  RawPeer peer;
  peer.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}) + Grow(0, 1 << 30));
  peer.server.answers = false;
  peer.Head(Get());
  peer.Answer();
  peer.server.connection->OnOutputHigh();
  peer.server.last().SendHead(200, false);
  peer.server.last().SendBody(std::string(100'000, 'd'), true);
  EXPECT_EQ(DataBytes(peer.server.TakeOutput()), 0u);
  EXPECT_EQ(peer.server.last().highs, 1);
  EXPECT_FALSE(peer.server.last().done);
  peer.server.connection->OnOutputLow();
  EXPECT_EQ(DataBytes(peer.server.TakeOutput()), 100'000u);
  EXPECT_TRUE(peer.server.last().done);
}

// The end of a connection is written though its output is full: else it would never end (H16).
TEST(Http2FlowControl, AFloodEndsThoughTheOutputIsFull) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get());
  peer.server.connection->OnOutputHigh();
  int sent = 0;
  for (; sent < 30'000 && !peer.server.is_done; ++sent) {
    peer.Send(Frame(NGHTTP2_PING, 0, 0, "12345678"));
  }
  EXPECT_LE(sent, 1100);
  EXPECT_TRUE(peer.server.is_done);
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_THAT(peer.Answer(), HasSubstr("GOAWAY(11)"));
}

TEST(Http2FlowControl, AFaultEndsThoughTheOutputIsFull) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get());
  peer.server.connection->OnOutputHigh();
  peer.Send(Frame(NGHTTP2_PING, 0, 1, "12345678"));
  EXPECT_TRUE(peer.server.is_done);
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_THAT(peer.Answer(), HasSubstr("GOAWAY(1)"));
}

// And what comes meanwhile is swallowed, not left for the connection to keep.
TEST(Http2FlowControl, AFaultBehindAFullOutputLeavesNoBytes) {
  RawPeer peer;
  peer.server.connection->OnOutputHigh();
  const std::string bad = Frame(NGHTTP2_PRIORITY, 0, 0, "12345");
  EXPECT_EQ(peer.server.connection->Feed(bad), bad.size());
  const std::string more(100'000, 'x');
  EXPECT_EQ(peer.server.connection->Feed(more), more.size());
}

// Requests wait outside until there is room for their answers.
TEST(Http2FlowControl, RequestsWaitUntilTheOutputIsLow) {
  RawPeer peer;
  peer.server.connection->OnOutputHigh();
  peer.Head(Get());
  EXPECT_EQ(peer.server.requests.size(), 0u);
  peer.server.connection->OnOutputLow();
  peer.Send("");
  EXPECT_EQ(peer.server.requests.size(), 1u);
  EXPECT_TRUE(peer.server.last().done);
}

// A peer that does not read answers cannot have ever more of them made.
TEST(Http2FlowControl, AFullOutputStartsNoEndOfRequests) {
  RawPeer peer;
  peer.server.connection->OnOutputHigh();
  const int64_t before = static_cast<int64_t>(peer.server.requests.size());
  for (int i = 0; i < 2000 && !peer.server.is_done; ++i) peer.Head(Get());
  EXPECT_LE(static_cast<int64_t>(peer.server.requests.size()) - before, 200);
}

// Two bodies share the connection: neither waits until the other one is over.
TEST(Http2FlowControl, BodiesTakeTurns) {
  RawPeer peer;
  peer.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24}}));
  peer.server.answers = false;
  const uint32_t first = peer.Head(Get());
  const uint32_t second = peer.Head(Get());
  for (const auto& request : peer.server.requests) {
    request->SendHead(200, false);
    request->SendBody(std::string(500'000, 'd'), true);
  }
  peer.Send(Grow(0, 400'000));
  const std::string written = peer.server.TakeOutput();
  const size_t of_first = DataBytes(written, first), of_second = DataBytes(written, second);
  EXPECT_EQ(of_first + of_second, 400'000u + 65'535u);
  EXPECT_GT(of_second, 100'000u);
  EXPECT_GT(of_first, 100'000u);
}

TEST(Http2FlowControl, UploadsTakeTurns) {
  Client client;
  client.Receive(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24}}));
  for (int i = 0; i < 2; ++i) {
    client.Request("POST", "/", false).SendBody(std::string(500'000, 'u'), true);
  }
  client.TakeOutput();
  client.Receive(Grow(0, 400'000));
  const std::string written = client.TakeOutput();
  EXPECT_GT(DataBytes(written, 1), 100'000u);
  EXPECT_GT(DataBytes(written, 3), 100'000u);
}

// H40: a byte here, a byte there: dear, but fair.
TEST(Http2FlowControl, ManyStreamsWithAByteEach) {
  RawPeer peer;
  peer.server.answers = false;
  for (int i = 0; i < 100; ++i) peer.Head(Get(), false);
  for (int round = 0; round < 200; ++round) {
    std::string frames;
    for (uint32_t stream = 1; stream < 200; stream += 2) {
      absl::StrAppend(&frames, Frame(NGHTTP2_DATA, 0, stream, "x"));
    }
    peer.Send(frames);
  }
  EXPECT_FALSE(peer.server.is_done);
  for (const auto& request : peer.server.requests) EXPECT_EQ(request->body.size(), 200u);
  for (uint32_t stream = 1; stream < 200; stream += 2) {
    peer.Send(Frame(NGHTTP2_DATA, kEnd, stream, ""));
  }
  for (const auto& request : peer.server.requests) EXPECT_TRUE(request->ended);
}

// The end of a body, with nothing in it, needs no window.
TEST(Http2FlowControl, AnEndNeedsNoWindow) {
  RawPeer peer;
  peer.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}}));
  peer.server.answers = false;
  peer.Head(Get());
  peer.Answer();
  peer.server.last().SendHead(200, false);
  peer.server.last().SendBody("0123456789", false);
  EXPECT_EQ(peer.Answer(), "HEADERS 1 DATA 1[10]");
  base::Arena arena;
  http::HeaderMap trailers(arena);
  trailers.AddCopy("grpc-status", "0");
  peer.server.last().stream->SendTrailers(trailers);
  EXPECT_EQ(peer.Answer(), "HEADERS 1+end");
  EXPECT_TRUE(peer.server.last().done);
}

}  // namespace
}  // namespace weir::http2
