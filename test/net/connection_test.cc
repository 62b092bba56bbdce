// The life of a connection: how it starts, the four ways to close it, and what is reported.
#include "source/net/connection.h"

#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::ElementsAre;

class ConnectionTest : public ConnectionFixture {
 protected:
  // More than the kernel takes while the peer does not read.
  static constexpr size_t kTooMuch = 16 * 1024 * 1024;
};

TEST_F(ConnectionTest, IsEstablishedAtOnceWhenPlaintext) {
  Open();
  EXPECT_TRUE(handler_.events.empty());
  connection_->Start();
  EXPECT_THAT(handler_.events, ElementsAre("established"));
}

TEST_F(ConnectionTest, ReadsNothingBeforeStart) {
  Open();
  peer_.Send("early");
  Turn(3);
  EXPECT_TRUE(handler_.shown.empty());
  connection_->Start();
  Turn();
  EXPECT_EQ(handler_.received, "early");
}

TEST_F(ConnectionTest, TurnsNagleOff) {
  Open();
  int value = 0;
  socklen_t size = sizeof(value);
  ASSERT_EQ(getsockopt(connection_->fd(), IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
}

TEST_F(ConnectionTest, KnowsItsOwnAddress) {
  OpenAndStart();
  EXPECT_EQ(connection_->local_address().IpString(), "127.0.0.1");
  EXPECT_NE(connection_->local_address().port(), 0);
}

TEST_F(ConnectionTest, DestroyingItClosesWithoutAReport) {
  OpenAndStart();
  connection_.reset();
  Turn();
  peer_.Receive();
  EXPECT_TRUE(peer_.ended());
  EXPECT_FALSE(handler_.is_closed());
}

TEST_F(ConnectionTest, CloseReportsAtTheEndOfTheTurnAndOnce) {
  OpenAndStart();
  connection_->Close(CloseMode::kNow);
  EXPECT_TRUE(connection_->is_closing());
  EXPECT_FALSE(handler_.is_closed());
  Turn(3);
  EXPECT_EQ(handler_.Count("closed"), 1);
  EXPECT_EQ(handler_.close_reason, CloseReason::kLocal);
  EXPECT_EQ(connection_->close_details(), "");
  EXPECT_EQ(connection_->fd(), -1);
  connection_->Close(CloseMode::kReset);
  connection_->FlushLater();
  Turn(3);
  EXPECT_EQ(handler_.Count("closed"), 1);
}

TEST_F(ConnectionTest, CloseNowDropsWhatIsLeft) {
  OpenAndStart();
  Write("lost");
  connection_->Close(CloseMode::kNow);
  Turn();
  EXPECT_EQ(peer_.Receive(), "");
  EXPECT_TRUE(peer_.ended());
}

TEST_F(ConnectionTest, CloseResetIsSeenAsAReset) {
  OpenAndStart();
  Write("lost");
  connection_->Close(CloseMode::kReset);
  Turn();
  EXPECT_EQ(peer_.Receive(), "");
  EXPECT_EQ(peer_.error(), ECONNRESET);
}

TEST_F(ConnectionTest, ALaterResetMakesACloseHarder) {
  OpenAndStart();
  connection_->Close(CloseMode::kNow);
  connection_->Close(CloseMode::kReset);
  Turn();
  peer_.Receive();
  EXPECT_EQ(peer_.error(), ECONNRESET);
}

TEST_F(ConnectionTest, CloseFlushNoWaitWritesThenCloses) {
  OpenAndStart();
  Write("bye");
  connection_->Close(CloseMode::kFlushNoWait);
  Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(peer_.Receive(), "bye");
  EXPECT_TRUE(peer_.ended());
}

TEST_F(ConnectionTest, CloseFlushWaitsForThePeersEnd) {
  OpenAndStart();
  Write("bye");
  connection_->Close(CloseMode::kFlush);
  Turn(3);
  EXPECT_EQ(peer_.Receive(), "bye");
  EXPECT_TRUE(peer_.ended());
  EXPECT_FALSE(handler_.is_closed());
  peer_.Close();
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kLocal);
}

TEST_F(ConnectionTest, CloseFlushWaitsNoLongerThanTold) {
  OpenAndStart({.delayed_close_ms = 1000});
  connection_->Close(CloseMode::kFlush);
  Turn();
  Advance(999);
  EXPECT_FALSE(handler_.is_closed());
  Advance(2);
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionTest, CloseFlushDoesNotWaitWithoutADelay) {
  OpenAndStart({.delayed_close_ms = 0});
  connection_->Close(CloseMode::kFlush);
  Turn();
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionTest, CloseFlushDoesNotWaitWhenThePeerHasEnded) {
  OpenAndStart({.half_close = true});
  peer_.ShutdownWrite();
  Turn();
  ASSERT_EQ(handler_.Count("read end"), 1);
  Write("bye");
  connection_->Close(CloseMode::kFlush);
  Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(peer_.Receive(), "bye");
}

// The reason for the delay: with bytes unread, close() would send RST and the peer would lose our
// last bytes.
TEST_F(ConnectionTest, WhatArrivesWhileClosingIsDiscardedNotAnsweredWithAReset) {
  OpenAndStart();
  Write("413 too large");
  connection_->Close(CloseMode::kFlush);
  peer_.Send("more of the body");
  Turn(3);
  EXPECT_EQ(peer_.Receive(), "413 too large");
  peer_.Send("and more");
  Turn(2);
  EXPECT_EQ(peer_.Receive(), "");
  EXPECT_TRUE(peer_.ended());
  EXPECT_EQ(peer_.error(), 0);
  EXPECT_TRUE(handler_.shown.empty());
  peer_.ShutdownWrite();
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionTest, DiscardsABoundedNumberOfBytes) {
  OpenAndStart();
  connection_->Close(CloseMode::kFlush);
  Turn();
  const std::string block(16 * 1024, 'x');
  size_t sent = 0;
  for (int i = 0; i < 100 && !handler_.is_closed(); ++i) sent += peer_.Send(block), Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_LE(sent, 192u * 1024);
}

TEST_F(ConnectionTest, AFlushGoesOnAsThePeerReads) {
  OpenAndStart();
  Write(std::string(kTooMuch, 'x'));
  connection_->Close(CloseMode::kFlushNoWait);
  size_t received = 0;
  EXPECT_TRUE(TurnUntil([&] {
    received += peer_.Receive().size();
    return handler_.is_closed();
  }));
  received += peer_.Receive().size();
  EXPECT_EQ(received, kTooMuch);
  EXPECT_TRUE(peer_.ended());
  EXPECT_EQ(handler_.Count("flushed"), 0) << "after Close() there is only OnClosed";
}

TEST_F(ConnectionTest, AFlushWithoutProgressIsCut) {
  OpenAndStart({.flush_timeout_ms = 5000});
  Write(std::string(kTooMuch, 'x'));
  connection_->Close(CloseMode::kFlush);
  Turn(20);
  Advance(4999);
  EXPECT_FALSE(handler_.is_closed());
  Advance(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kLocal);
  EXPECT_EQ(connection_->close_details(), "flush timed out");
}

TEST_F(ConnectionTest, AFlushWithProgressIsNotCut) {
  OpenAndStart({.flush_timeout_ms = 5000});
  Write(std::string(kTooMuch, 'x'));
  connection_->Close(CloseMode::kFlush);
  Turn(20);
  for (int i = 0; i < 5; ++i) {
    Advance(4000);
    const uint64_t before = connection_->bytes_written();
    ASSERT_TRUE(TurnUntil([&] {
      peer_.Receive(256 * 1024);
      return connection_->bytes_written() > before;
    }));
    ASSERT_FALSE(handler_.is_closed());
  }
}

TEST_F(ConnectionTest, CloseNowCutsAFlushShort) {
  OpenAndStart();
  Write(std::string(kTooMuch, 'x'));
  connection_->Close(CloseMode::kFlush);
  Turn(3);
  connection_->Close(CloseMode::kFlush);
  Turn(3);
  EXPECT_FALSE(handler_.is_closed());
  connection_->Close(CloseMode::kNow);
  Turn();
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionTest, AResetEndsAFlushAndADelay) {
  OpenAndStart();
  connection_->Close(CloseMode::kFlush);
  Turn();
  peer_.Reset();
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kLocal);
}

TEST_F(ConnectionTest, MayBeClosedBeforeItStarts) {
  for (CloseMode mode :
       {CloseMode::kFlush, CloseMode::kFlushNoWait, CloseMode::kNow, CloseMode::kReset}) {
    handler_.events.clear();
    Open({.delayed_close_ms = 0});
    connection_->Close(mode);
    connection_->Start();
    Turn();
    EXPECT_THAT(handler_.events, ElementsAre("closed"));
  }
}

TEST_F(ConnectionTest, MayBeClosedInsideItsCallbacks) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    connection_->Close(CloseMode::kNow);
    EXPECT_FALSE(handler_.is_closed());
    return size_t{0};
  };
  peer_.Send("x");
  Turn();
  EXPECT_THAT(handler_.events, ElementsAre("established", "closed"));
}

TEST_F(ConnectionTest, TheOwnerMayLetGoInAnyCallback) {
  const auto let_go = [this] { loop_.DeleteLater(std::move(connection_)); };
  using Callback = std::function<void()> RecordingHandler::*;
  for (Callback callback : {&RecordingHandler::on_read_end, &RecordingHandler::on_flushed,
                            &RecordingHandler::on_closed, &RecordingHandler::on_high}) {
    handler_.on_read_end = handler_.on_flushed = handler_.on_closed = handler_.on_high = nullptr;
    handler_.*callback = let_go;
    OpenAndStart({.output_limit_bytes = 1});
    Write("hello");
    Turn();
    if (connection_ != nullptr) FillOutput(kTooMuch);
    peer_.Receive();
    peer_.Close();
    Turn(50);
    EXPECT_EQ(connection_, nullptr);
  }
}

TEST_F(ConnectionTest, TheOwnerMayCloseAndLetGoInOneCall) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    connection_->Close(CloseMode::kNow);
    loop_.DeleteLater(std::move(connection_));
    return bytes.size();
  };
  peer_.Send("x");
  Turn(2);
  EXPECT_THAT(handler_.events, ElementsAre("established", "closed"));
}

TEST_F(ConnectionTest, AnotherHandlerCanTakeOver) {
  OpenAndStart();
  RecordingHandler second;
  handler_.on_read = [&](std::string_view bytes) {
    connection_->set_handler(second);
    return size_t{1};
  };
  peer_.Send("ab");
  Turn();
  peer_.Send("c");
  Turn();
  EXPECT_EQ(handler_.received, "a");
  EXPECT_EQ(second.received, "bc");
  peer_.Close();
  Turn(2);
  EXPECT_TRUE(second.is_closed());
  EXPECT_FALSE(handler_.is_closed());
}

}  // namespace
}  // namespace weir::net
