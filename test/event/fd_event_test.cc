#include "source/event/fd_event.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "source/base/thread.h"
#include "test/support/manual_clock.h"

namespace weir::event {
namespace {

class RecordingHandler final : public FdHandler {
 public:
  void OnReadable() override {
    ++readable;
    if (on_readable) on_readable();
  }
  void OnWritable() override {
    ++writable;
    if (on_writable) on_writable();
  }

  int readable = 0;
  int writable = 0;
  std::function<void()> on_readable;
  std::function<void()> on_writable;
};

class FdEventTest : public ::testing::Test {
 protected:
  FdEventTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0);
    event_ = std::make_unique<FdEvent>(loop_, fds_[0], handler_);
  }
  ~FdEventTest() override {
    event_.reset();
    close(fds_[0]);
    ClosePeer();
  }

  void ClosePeer() {
    if (fds_[1] >= 0) close(fds_[1]);
    fds_[1] = -1;
  }
  void Send() { ASSERT_EQ(write(fds_[1], "x", 1), 1); }
  void Receive() {
    char byte;
    ASSERT_EQ(read(fds_[0], &byte, 1), 1);
  }
  void FillSendBuffer() {
    const std::string block(65536, 'x');
    while (write(fds_[0], block.data(), block.size()) > 0) {
    }
    while (write(fds_[0], "x", 1) > 0) {
    }
  }
  void DrainPeer() {
    char block[65536];
    while (read(fds_[1], block, sizeof(block)) > 0) {
    }
  }

  test::ManualClock clock_;
  Loop loop_{"test", base::kMainThread, clock_};
  RecordingHandler handler_;
  int fds_[2];
  std::unique_ptr<FdEvent> event_;
};

TEST_F(FdEventTest, SilentUntilEnabled) {
  Send();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 0);
  event_->EnableRead();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 1);
  EXPECT_EQ(handler_.writable, 0);
}

TEST_F(FdEventTest, LevelTriggered) {
  event_->EnableRead();
  Send();
  loop_.RunReady();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 2);
  Receive();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 2);
}

TEST_F(FdEventTest, PausedReadingHearsOfWhatCameMeanwhile) {
  event_->EnableRead();
  event_->DisableRead();
  Send();
  for (int i = 0; i < 3; ++i) loop_.RunReady();
  EXPECT_EQ(handler_.readable, 0);
  event_->EnableRead();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 1);
}

TEST_F(FdEventTest, PausedReadingHearsOfAHangUpMeanwhile) {
  event_->EnableRead();
  event_->DisableRead();
  ClosePeer();
  for (int i = 0; i < 3; ++i) loop_.RunReady();
  EXPECT_EQ(handler_.readable, 0);
  event_->EnableRead();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 1);
}

TEST_F(FdEventTest, HangUpIsReadable) {
  event_->EnableRead();
  ClosePeer();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 1);
}

TEST_F(FdEventTest, WritableWhenThereIsRoomAgain) {
  FillSendBuffer();
  event_->EnableRead();
  event_->EnableWrite();
  loop_.RunReady();
  EXPECT_EQ(handler_.writable, 0);
  DrainPeer();
  loop_.RunReady();
  EXPECT_EQ(handler_.writable, 1);
  event_->DisableWrite();
  loop_.RunReady();
  EXPECT_EQ(handler_.writable, 1);
  EXPECT_EQ(handler_.readable, 0);
}

TEST_F(FdEventTest, EnablingTwiceIsEnablingOnce) {
  event_->EnableWrite();
  event_->EnableWrite();
  event_->DisableWrite();
  event_->DisableWrite();
  loop_.RunReady();
  EXPECT_EQ(handler_.writable, 0);
}

TEST_F(FdEventTest, MayEndInItsOwnCallback) {
  event_->EnableRead();
  event_->EnableWrite();
  // Both are ready; whichever comes first ends the event, and the other must not come.
  handler_.on_readable = handler_.on_writable = [this] { event_.reset(); };
  Send();
  loop_.RunReady();
  loop_.RunReady();
  EXPECT_EQ(handler_.readable + handler_.writable, 1);
}

TEST_F(FdEventTest, EndingAnotherReadyEventSilencesIt) {
  RecordingHandler other_handler;
  auto other = std::make_unique<FdEvent>(loop_, fds_[1], other_handler);
  event_->EnableWrite();
  other->EnableWrite();
  handler_.on_writable = [&] { other.reset(); };
  other_handler.on_writable = [&] { event_.reset(); };
  loop_.RunReady();
  EXPECT_EQ(handler_.writable + other_handler.writable, 1);
  other.reset();
}

TEST_F(FdEventTest, TheTurnsTimeIsFreshInCallbacks) {
  event_->EnableRead();
  Send();
  loop_.RunReady();
  const int64_t before_ns = loop_.now_ns();
  clock_.AdvanceMs(4);
  handler_.on_readable = [&] { EXPECT_EQ(loop_.now_ns(), before_ns + 4'000'000); };
  loop_.RunReady();
  EXPECT_EQ(handler_.readable, 2);
}

TEST_F(FdEventTest, WakesAWaitingLoop) {
  event_->EnableRead();
  handler_.on_readable = [&] { loop_.Stop(); };
  Send();
  loop_.Run();
  EXPECT_EQ(handler_.readable, 1);
}

}  // namespace
}  // namespace weir::event
