// Reading: what the handler is shown and when, pauses, and the peer's end.
#include <gmock/gmock.h>

#include "source/net/connection.h"
#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::ElementsAre;

class ConnectionReadTest : public ConnectionFixture {};

TEST_F(ConnectionReadTest, ShowsBytesAsTheyCome) {
  OpenAndStart();
  peer_.Send("ab");
  Turn();
  peer_.Send("cd");
  Turn();
  EXPECT_THAT(handler_.shown, ElementsAre("ab", "cd"));
  EXPECT_EQ(connection_->bytes_read(), 4u);
}

TEST_F(ConnectionReadTest, ShowsWhatWasKeptTogetherWithWhatComesNext) {
  OpenAndStart();
  handler_.on_read = [](std::string_view bytes) { return bytes.size() >= 5 ? bytes.size() : 0; };
  for (const char* piece : {"a", "b", "cde"}) peer_.Send(piece), Turn();
  EXPECT_THAT(handler_.shown, ElementsAre("a", "ab", "abcde"));
  EXPECT_EQ(handler_.received, "abcde");
  EXPECT_EQ(connection_->bytes_read(), 5u);
}

TEST_F(ConnectionReadTest, KeepsTheTailOfABurst) {
  OpenAndStart();
  handler_.on_read = [](std::string_view bytes) { return std::min<size_t>(bytes.size(), 3); };
  peer_.Send("abcde");
  Turn();
  peer_.Send("f");
  Turn();
  EXPECT_THAT(handler_.shown, ElementsAre("abcde", "def"));
}

TEST_F(ConnectionReadTest, AHugeBurstArrivesWhole) {
  OpenAndStart({}, Socket::kUnix);
  std::string sent;
  for (int i = 0; i < 1'000'000; ++i) sent += static_cast<char>('a' + i % 26);
  size_t offset = 0;
  EXPECT_TRUE(TurnUntil([&] {
    offset += peer_.Send(std::string_view(sent).substr(offset));
    return handler_.received.size() == sent.size();
  }));
  EXPECT_EQ(handler_.received, sent);
}

TEST_F(ConnectionReadTest, APeerThatSendsWithoutEndDoesNotKeepTheTurn) {
  OpenAndStart();
  const std::string block(64 * 1024, 'x');
  // Every read makes room, which is filled at once: only the limit a turn ends this.
  handler_.on_read = [&](std::string_view bytes) {
    peer_.Send(block);
    return bytes.size();
  };
  for (int i = 0; i < 10; ++i) peer_.Send(block);
  Turn();
  EXPECT_LE(handler_.shown.size(), 4u);
  const size_t shown = handler_.shown.size();
  Turn();
  EXPECT_GT(handler_.shown.size(), shown) << "level-triggered: the rest comes again";
}

TEST_F(ConnectionReadTest, APauseHoldsBytesBack) {
  OpenAndStart();
  connection_->PauseReading();
  EXPECT_TRUE(connection_->is_reading_paused());
  peer_.Send("ab");
  Turn(3);
  EXPECT_TRUE(handler_.shown.empty());
  connection_->ResumeReading();
  Turn();
  EXPECT_EQ(handler_.received, "ab");
}

TEST_F(ConnectionReadTest, PausesAreCounted) {
  OpenAndStart();
  connection_->PauseReading();
  connection_->PauseReading();
  peer_.Send("ab");
  connection_->ResumeReading();
  Turn(3);
  EXPECT_TRUE(handler_.shown.empty());
  connection_->ResumeReading();
  EXPECT_FALSE(connection_->is_reading_paused());
  Turn();
  EXPECT_EQ(handler_.received, "ab");
}

TEST_F(ConnectionReadTest, MayStartPaused) {
  Open();
  connection_->PauseReading();
  connection_->Start();
  peer_.Send("ab");
  Turn(3);
  EXPECT_TRUE(handler_.shown.empty());
  connection_->ResumeReading();
  Turn();
  EXPECT_EQ(handler_.received, "ab");
}

TEST_F(ConnectionReadTest, APauseInsideOnReadKeepsTheRestAndShowsItAgain) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    if (handler_.shown.size() == 1) {
      connection_->PauseReading();
      return size_t{1};
    }
    return bytes.size();
  };
  peer_.Send("abc");
  Turn();
  peer_.Send("d");
  Turn(3);
  EXPECT_THAT(handler_.shown, ElementsAre("abc"));
  connection_->ResumeReading();
  EXPECT_THAT(handler_.shown, ElementsAre("abc")) << "never from inside ResumeReading";
  Turn(2);
  EXPECT_EQ(handler_.received, "abcd");
}

TEST_F(ConnectionReadTest, AResumeWithoutNewBytesShowsWhatWasKept) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    if (handler_.shown.size() == 1) return connection_->PauseReading(), size_t{0};
    return bytes.size();
  };
  peer_.Send("abc");
  Turn();
  connection_->ResumeReading();
  Turn();
  EXPECT_THAT(handler_.shown, ElementsAre("abc", "abc"));
}

TEST_F(ConnectionReadTest, APauseInsideOnReadStopsTheBurst) {
  OpenAndStart({}, Socket::kUnix);
  handler_.on_read = [this](std::string_view bytes) {
    connection_->PauseReading();
    return bytes.size();
  };
  while (peer_.Send(std::string(4096, 'x')) > 0) {
  }
  Turn(3);
  EXPECT_EQ(handler_.shown.size(), 1u);
}

// As a codec does around its callbacks: it must neither lose bytes nor be called for ever.
// A handler that has no place for more hears of little before it can say so, each time.
TEST_F(ConnectionReadTest, LittleComesFirst) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    connection_->PauseReading();
    return bytes.size();
  };
  connection_->ReadLittleFirst();
  Turn();  // with nothing to read
  peer_.Send(std::string(60'000, 'x'));
  Turn();
  ASSERT_EQ(handler_.shown.size(), 1u);
  EXPECT_EQ(handler_.shown[0].size(), 4096u);
  connection_->ResumeReading();
  Turn();
  ASSERT_EQ(handler_.shown.size(), 2u);
  EXPECT_EQ(handler_.shown[1].size(), 4096u);
  handler_.on_read = nullptr;
  connection_->ResumeReading();
  Turn();
  ASSERT_EQ(handler_.shown.size(), 4u) << "and then the rest, at once";
  EXPECT_EQ(handler_.shown[2].size(), 4096u);
  EXPECT_EQ(handler_.received, std::string(60'000, 'x'));
}

TEST_F(ConnectionReadTest, APauseThatOnReadUndoesIsNoPause) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    connection_->PauseReading();
    connection_->ResumeReading();
    return bytes.size() < 3 ? size_t{0} : bytes.size();
  };
  for (const char* piece : {"a", "b", "c"}) peer_.Send(piece), Turn(2);
  EXPECT_THAT(handler_.shown, ElementsAre("a", "ab", "abc"));
}

TEST_F(ConnectionReadTest, AResumeThatLeavesKeptBytesAgainIsShownOnce) {
  OpenAndStart();
  connection_->PauseReading();
  peer_.Send("ab");
  handler_.on_read = [this](std::string_view bytes) {
    connection_->PauseReading();
    connection_->ResumeReading();
    return size_t{0};
  };
  connection_->ResumeReading();
  Turn();
  connection_->PauseReading();
  connection_->ResumeReading();
  Turn(5);
  EXPECT_THAT(handler_.shown, ElementsAre("ab", "ab"));
}

TEST_F(ConnectionReadTest, KeptBytesComeBeforeAResetThatFollowsThem) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    if (handler_.shown.size() == 1) return connection_->PauseReading(), size_t{0};
    return bytes.size();
  };
  peer_.Send("answer");
  Turn();
  peer_.Reset();
  connection_->ResumeReading();
  Turn(2);
  EXPECT_EQ(handler_.received, "answer");
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionReadTest, ThePeersEndClosesWithoutHalfClose) {
  OpenAndStart();
  peer_.ShutdownWrite();
  Turn();
  EXPECT_THAT(handler_.events, ElementsAre("established", "read end", "closed"));
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteEnd);
  EXPECT_EQ(connection_->close_details(), "");
}

TEST_F(ConnectionReadTest, WhatTheHandlerWritesAtThePeersEndIsFlushed) {
  OpenAndStart();
  handler_.on_read_end = [this] { Write("last words"); };
  peer_.ShutdownWrite();
  Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(peer_.Receive(), "last words");
}

TEST_F(ConnectionReadTest, AnEndTogetherWithBytesComesAfterThem) {
  OpenAndStart();
  peer_.Send("last");
  peer_.ShutdownWrite();
  Turn(2);
  EXPECT_EQ(handler_.received, "last");
  EXPECT_THAT(handler_.events, ElementsAre("established", "read end", "closed"));
}

TEST_F(ConnectionReadTest, AnEndDuringAPauseIsSeenAfterIt) {
  OpenAndStart();
  connection_->PauseReading();
  peer_.Send("last");
  peer_.ShutdownWrite();
  Turn(3);
  EXPECT_EQ(handler_.Count("read end"), 0);
  connection_->ResumeReading();
  Turn(2);
  EXPECT_EQ(handler_.received, "last");
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionReadTest, AnEndBehindKeptBytesIsSeenAfterThem) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    if (handler_.shown.size() == 1) return connection_->PauseReading(), size_t{0};
    EXPECT_EQ(handler_.Count("read end"), 0);
    return bytes.size();
  };
  peer_.Send("abc");
  peer_.ShutdownWrite();
  Turn(3);
  connection_->ResumeReading();
  Turn(2);
  EXPECT_EQ(handler_.received, "abc");
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionReadTest, HalfCloseKeepsTheOtherDirection) {
  OpenAndStart({.half_close = true});
  peer_.ShutdownWrite();
  Turn(3);
  EXPECT_EQ(handler_.Count("read end"), 1);
  EXPECT_FALSE(connection_->is_closing());
  Write("answer");
  Turn();
  EXPECT_EQ(peer_.Receive(), "answer");
  connection_->ShutdownWrite();
  Turn();
  peer_.Receive();
  EXPECT_TRUE(peer_.ended());
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kLocal);
}

TEST_F(ConnectionReadTest, HalfCloseTheOtherWayRound) {
  OpenAndStart({.half_close = true});
  Write("request");
  connection_->ShutdownWrite();
  Turn();
  EXPECT_EQ(peer_.Receive(), "request");
  EXPECT_TRUE(peer_.ended());
  EXPECT_FALSE(connection_->is_closing());
  peer_.Send("answer");
  Turn();
  EXPECT_EQ(handler_.received, "answer");
  peer_.ShutdownWrite();
  Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteEnd);
}

TEST_F(ConnectionReadTest, AResetIsReportedWithItsCause) {
  OpenAndStart();
  peer_.Reset();
  Turn();
  EXPECT_THAT(handler_.events, ElementsAre("established", "closed"));
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_EQ(connection_->close_details(), "read: Connection reset by peer");
}

TEST_F(ConnectionReadTest, AResetDuringAPauseIsReportedAfterIt) {
  OpenAndStart();
  connection_->PauseReading();
  peer_.Reset();
  Turn(3);
  connection_->ResumeReading();
  Turn();
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionReadTest, WorksOverUnixSockets) {
  OpenAndStart({}, Socket::kUnix);
  peer_.Send("ab");
  Turn();
  EXPECT_EQ(handler_.received, "ab");
  peer_.Close();
  Turn();
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteEnd);
}

}  // namespace
}  // namespace weir::net
