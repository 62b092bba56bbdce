// Writing: one gathered write a turn, watermarks, the end of our direction, and failed writes.
#include <gmock/gmock.h>

#include "source/net/connection.h"
#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::ElementsAre;

class ConnectionWriteTest : public ConnectionFixture {
 protected:
  static constexpr size_t kTooMuch = 16 * 1024 * 1024;

  // Reads at the peer until `is_done`; returns how much.
  size_t DrainUntil(const std::function<bool()>& is_done) {
    size_t received = 0;
    EXPECT_TRUE(TurnUntil([&] {
      received += peer_.Receive().size();
      return is_done();
    }));
    return received;
  }
};

TEST_F(ConnectionWriteTest, WritesWhenTheTurnEnds) {
  OpenAndStart();
  Write("ab");
  Write("cd");
  EXPECT_EQ(peer_.Receive(), "");
  Turn();
  EXPECT_EQ(peer_.Receive(), "abcd");
  EXPECT_EQ(handler_.Count("flushed"), 1);
  EXPECT_EQ(connection_->bytes_written(), 4u);
}

TEST_F(ConnectionWriteTest, WritesBeforeStart) {
  Open();
  Write("ab");
  Turn();
  EXPECT_EQ(peer_.Receive(), "ab");
}

TEST_F(ConnectionWriteTest, AnAnswerLeavesInTheTurnOfItsRequest) {
  OpenAndStart();
  handler_.on_read = [this](std::string_view bytes) {
    Write("answer");
    return bytes.size();
  };
  peer_.Send("request");
  Turn();
  EXPECT_EQ(peer_.Receive(), "answer");
}

TEST_F(ConnectionWriteTest, ManyBlocksGoOutWholeAndInOrder) {
  OpenAndStart();
  std::string sent;
  for (int i = 0; i < 100'000; ++i) sent += std::to_string(i);
  Write(sent);
  std::string received;
  EXPECT_TRUE(TurnUntil([&] {
    received += peer_.Receive();
    return received.size() == sent.size();
  }));
  EXPECT_EQ(received, sent);
  Turn();
  EXPECT_EQ(handler_.Count("flushed"), 1);
  EXPECT_EQ(connection_->bytes_written(), sent.size());
}

TEST_F(ConnectionWriteTest, AQuickReaderPausesNobody) {
  OpenAndStart({.output_limit_bytes = 32 * 1024});
  Write(std::string(100 * 1024, 'x'));
  Turn();
  EXPECT_EQ(handler_.Count("high"), 0);
  EXPECT_FALSE(connection_->is_output_high());
}

TEST_F(ConnectionWriteTest, ASlowReaderPausesTheProducerUntilHalfOfTheLimit) {
  OpenAndStart({.output_limit_bytes = 64 * 1024});
  Write(std::string(kTooMuch, 'x'));
  Turn(20);
  EXPECT_EQ(handler_.Count("high"), 1);
  EXPECT_TRUE(connection_->is_output_high());
  size_t left_at_low = 0;
  handler_.on_low = [&] { left_at_low = connection_->output().size(); };
  size_t received = DrainUntil([this] { return handler_.Count("low") > 0; });
  EXPECT_LE(left_at_low, 32u * 1024);
  EXPECT_FALSE(connection_->is_output_high());
  received += DrainUntil([this] { return handler_.Count("flushed") > 0; });
  received += peer_.Receive().size();
  EXPECT_EQ(received, kTooMuch);
  EXPECT_EQ(handler_.Count("high"), 1);
  EXPECT_EQ(handler_.Count("low"), 1);
}

TEST_F(ConnectionWriteTest, HighComesAtOnceWhenThereIsNoRoom) {
  OpenAndStart({.output_limit_bytes = 0});
  FillOutput(kTooMuch);
  EXPECT_EQ(handler_.Count("high"), 0) << "0: no limit";
  connection_->set_output_limit(1024);
  Write("x");
  EXPECT_EQ(handler_.Count("high"), 1);
}

TEST_F(ConnectionWriteTest, AHugeTurnIsWrittenBeforeItsEnd) {
  OpenAndStart();
  for (int i = 0; i < 8; ++i) Write(std::string(64 * 1024, 'x'));
  EXPECT_GT(connection_->bytes_written(), 0u);
  EXPECT_LT(connection_->output().size(), 512u * 1024);
}

TEST_F(ConnectionWriteTest, OnFlushedMayWriteMore) {
  OpenAndStart();
  handler_.on_flushed = [this] {
    if (handler_.Count("flushed") < 3) Write("x");
  };
  Write("x");
  Turn(3);
  EXPECT_EQ(peer_.Receive(), "xxx");
  EXPECT_EQ(handler_.Count("flushed"), 3);
}

TEST_F(ConnectionWriteTest, ShutdownWriteEndsAfterTheLastByte) {
  OpenAndStart({.half_close = true});
  Write(std::string(kTooMuch, 'x'));
  connection_->ShutdownWrite();
  const size_t received = DrainUntil([this] { return peer_.ended(); });
  EXPECT_EQ(received, kTooMuch);
  EXPECT_FALSE(connection_->is_closing());
  Write("too late");
  Turn();
  EXPECT_TRUE(connection_->output().empty());
  EXPECT_FALSE(handler_.is_closed());
}

TEST_F(ConnectionWriteTest, AFailedWriteIsReported) {
  OpenAndStart();
  peer_.Reset();
  Write("x");
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_NE(connection_->close_details(), "");
}

TEST_F(ConnectionWriteTest, AFailedWriteIsReportedOnUnixSockets) {
  OpenAndStart({.half_close = true}, Socket::kUnix);
  peer_.Close();
  Turn();
  EXPECT_FALSE(connection_->is_closing());
  Write("x");
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_EQ(connection_->close_details(), "write: Broken pipe");
}

// An upstream that refuses an upload answers, closes with bytes unread, and so resets us. Its
// answer is in our kernel: it must not be lost to the write that fails first.
TEST_F(ConnectionWriteTest, AnEarlyAnswerIsReadBeforeTheFailureIsReported) {
  OpenAndStart({}, Socket::kUnix);
  Turn();
  peer_.Send("413");
  peer_.Close();
  Write("more of the upload");
  // Only what happens at the end of a turn: the write comes before any read.
  connection_->PauseReading();
  Turn(2);
  EXPECT_FALSE(handler_.is_closed());
  EXPECT_TRUE(handler_.shown.empty());
  connection_->ResumeReading();
  Turn(2);
  EXPECT_EQ(handler_.received, "413");
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_EQ(handler_.Count("read end"), 0) << "cut off is not the same as complete";
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionWriteTest, AnEarlyAnswerOverTcpSurvivesTheReset) {
  OpenAndStart();
  Write("upload");
  Turn();
  peer_.Send("413");
  peer_.Close();  // with "upload" unread: RST
  Write("more");
  loop_.RunReady();
  Turn(2);
  EXPECT_EQ(handler_.received, "413");
  EXPECT_TRUE(handler_.is_closed());
}

TEST_F(ConnectionWriteTest, AHandlerThatNeverReadsOnAfterAFailedWriteIsClosedInTime) {
  OpenAndStart({.flush_timeout_ms = 5000}, Socket::kUnix);
  connection_->PauseReading();
  peer_.Close();
  Write("x");
  Turn(2);
  EXPECT_FALSE(handler_.is_closed());
  Advance(5001);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
}

TEST_F(ConnectionWriteTest, AFailedWriteReleasesTheProducer) {
  OpenAndStart({.output_limit_bytes = 1024}, Socket::kUnix);
  FillOutput(kTooMuch);
  ASSERT_EQ(handler_.Count("high"), 1);
  connection_->PauseReading();
  peer_.Close();
  Turn(3);
  EXPECT_EQ(handler_.Count("low"), 1);
  EXPECT_EQ(handler_.Count("flushed"), 0);
}

}  // namespace
}  // namespace weir::net
