// What a peer must do in time (H18, H23, H24 of the catalogue of bad inputs): when it is looked at,
// and what the session sees then.
#include "source/http2/peer_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "source/base/thread.h"
#include "source/http2/progress.h"
#include "test/http2/frames.h"
#include "test/support/manual_clock.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;

std::string Grow(uint32_t stream, uint32_t bytes) {
  return Frame(NGHTTP2_WINDOW_UPDATE, 0, stream, BigEndian32(bytes));
}

class PeerWatchTest : public testing::Test, public PeerWatch::Owner {
 protected:
  PeerWatchTest() {
    loop_.RunReady();
    watch_ = std::make_unique<PeerWatch>(loop_, *this);
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }
  void CheckSettled() override {
    ++settled_;
    if (ends_) watch_.reset();
  }
  bool CheckProgress() override {
    ++checks_;
    return has_streams_;
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  int settled_ = 0, checks_ = 0;
  bool has_streams_ = false, ends_ = false;
  std::unique_ptr<PeerWatch> watch_;
};

TEST_F(PeerWatchTest, LooksOnceForTheAcknowledgement) {
  Advance(PeerWatch::kSettleMs - 1);
  EXPECT_EQ(settled_, 0);
  Advance(1);
  EXPECT_EQ(settled_, 1);
  Advance(10 * PeerWatch::kSettleMs);
  EXPECT_EQ(settled_, 1);
}

TEST_F(PeerWatchTest, LooksAtProgressWhileStreamsRun) {
  watch_->OnStreamStarts();
  has_streams_ = true;
  Advance(PeerWatch::kSettleMs);
  for (int i = 1; i <= 5; ++i) {
    Advance(PeerWatch::kStepMs);
    EXPECT_EQ(checks_, i);
    watch_->OnStreamStarts();  // does not put it off
  }
  has_streams_ = false;
  Advance(PeerWatch::kStepMs);
  EXPECT_EQ(checks_, 6);
  Advance(10 * PeerWatch::kStepMs);
  EXPECT_EQ(checks_, 6) << "a quiet connection wakes nobody";
  watch_->OnStreamStarts();
  Advance(PeerWatch::kStepMs);
  EXPECT_EQ(checks_, 7);
}

TEST_F(PeerWatchTest, MayEndWhileItLooks) {
  ends_ = true;
  Advance(PeerWatch::kSettleMs);
  Advance(10 * PeerWatch::kStepMs);
  EXPECT_EQ(checks_, 0);
}

TEST(ProgressTest, AKibibyteAMinuteIsEnough) {
  Progress progress;
  uint64_t taken = 0;
  for (int step = 0; step < 40; ++step) {
    EXPECT_FALSE(progress.HasStalled(taken, true)) << step;
    if (step % Progress::kMostSteps == 0) taken += Progress::kLeastBytes;
  }
}

TEST(ProgressTest, LessIsNot) {
  for (const uint64_t drip : {0, 1, 255}) {
    Progress progress;
    int steps = 1;
    for (uint64_t taken = 0; !progress.HasStalled(taken, true); taken += drip) ++steps;
    EXPECT_EQ(steps, 1 + Progress::kMostSteps) << drip;
  }
}

TEST(ProgressTest, WhoDoesNotWaitDoesNotStall) {
  Progress progress;
  for (int step = 0; step < 40; ++step) EXPECT_FALSE(progress.HasStalled(7, step % 4 != 0));
}

// H18: also where the peer says other things meanwhile.
TEST(StalledPeer, H18SettingsThatAreNeverAcknowledged) {
  Server server;
  Encoder encoder;
  server.answers = false;
  server.Receive(absl::StrCat(std::string(kPreface), Settings()));
  server.Receive(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                       encoder.Encode(Get())));
  server.TakeOutput();
  server.connection->CheckSettled();
  EXPECT_EQ(Describe(server.TakeOutput()), "GOAWAY(4)");
  EXPECT_TRUE(server.is_done);
  EXPECT_TRUE(server.last().done);
  EXPECT_EQ(server.stats.settings_timeout.value(), 1u);
}

TEST(StalledPeer, H18OfAnUpstream) {
  Client client;
  SeenResponse& response = client.Request("GET", "/");
  client.Receive(Settings());
  client.TakeOutput();
  client.connection->CheckSettled();
  EXPECT_EQ(Describe(client.TakeOutput()), "GOAWAY(4)");
  EXPECT_TRUE(response.done);
  EXPECT_EQ(client.ends, 1);
}

TEST(StalledPeer, AcknowledgedSettingsAreThatForGood) {
  RawPeer peer;
  peer.server.connection->CheckSettled();
  EXPECT_FALSE(peer.server.is_done);
  EXPECT_EQ(peer.Answer(), "");
}

class StalledWindow : public testing::Test {
 protected:
  // A request whose response waits for a window.
  uint32_t Ask(size_t body_bytes = 20'000) {
    const uint32_t stream = peer_.Head(Get());
    peer_.server.last().SendHead(200, false);
    peer_.server.last().SendBody(std::string(body_bytes, 'd'), true);
    return stream;
  }
  // A minute, in which `drip` comes again and again.
  void Minute(std::string_view drip = {}) {
    for (int step = 0; step <= Progress::kMostSteps; ++step) {
      if (peer_.server.connection->CheckProgress()) peer_.Send(drip);
    }
  }
  SeenRequest& request(int i) { return *peer_.server.requests[i]; }

  RawPeer peer_;
};

TEST_F(StalledWindow, H23AWindowThatStaysShut) {
  peer_.server.answers = false;
  peer_.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  Ask();
  peer_.Answer();
  Minute();
  EXPECT_EQ(peer_.Answer(), "RST_STREAM 1(8)");
  EXPECT_TRUE(request(0).done);
  EXPECT_EQ(request(0).error, "http2.stalled_window");
  EXPECT_EQ(peer_.server.stats.tx_flush_timeout.value(), 1u);
  EXPECT_EQ(peer_.server.stats.pending_send_bytes.value(), 0);
  EXPECT_FALSE(peer_.server.is_done) << "other requests may go on";
  EXPECT_FALSE(peer_.server.connection->CheckProgress());
}

// H24: a byte now and then is no progress, however often a window grows.
TEST_F(StalledWindow, H24AByteAtATime) {
  peer_.server.answers = false;
  peer_.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  const uint32_t stream = Ask();
  Minute(absl::StrCat(Grow(stream, 1), Grow(stream, 1), Grow(stream, 1)));
  EXPECT_THAT(peer_.Answer(), HasSubstr("RST_STREAM 1(8)"));
  EXPECT_TRUE(request(0).done);
}

TEST_F(StalledWindow, WhoTakesEnoughIsLeftAlone) {
  peer_.server.answers = false;
  peer_.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  const uint32_t stream = Ask(60'000);
  for (int i = 0; i < 5; ++i) Minute(Grow(stream, 300));
  EXPECT_FALSE(request(0).done);
  peer_.Send(Grow(stream, 60'000));
  EXPECT_TRUE(request(0).done);
  EXPECT_EQ(request(0).error, "");
}

// A response that is slow in coming is no fault of the peer's.
TEST_F(StalledWindow, NothingToSendIsNoStall) {
  peer_.server.answers = false;
  peer_.Head(Get());
  peer_.server.last().SendHead(200, false);
  Minute();
  Minute();
  EXPECT_FALSE(request(0).done);
}

TEST_F(StalledWindow, H24TheConnectionsWindowStaysShut) {
  peer_.server.answers = false;
  peer_.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}));
  for (int i = 0; i < 3; ++i) Ask(60'000);
  EXPECT_TRUE(request(0).done) << "it had the whole window";
  peer_.Answer();
  Minute(Grow(0, 1));
  EXPECT_THAT(peer_.Answer(), HasSubstr("GOAWAY(11)"));
  EXPECT_TRUE(peer_.server.is_done);
  for (const auto& request : peer_.server.requests) EXPECT_TRUE(request->done);
}

// Many share a slow connection: no one of them is judged by its own share.
TEST_F(StalledWindow, ASlowConnectionMoves) {
  peer_.server.answers = false;
  peer_.Send(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}));
  for (int i = 0; i < 30; ++i) Ask(60'000);
  for (int i = 0; i < 3; ++i) Minute(Grow(0, 300));
  EXPECT_FALSE(peer_.server.is_done);
  EXPECT_FALSE(request(29).done);
}

// The socket stands still: nothing is taken out of the output.
TEST_F(StalledWindow, H23NobodyReads) {
  peer_.server.answers = false;
  peer_.Send(
      absl::StrCat(Settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}), Grow(0, 1 << 20)));
  peer_.Head(Get());
  peer_.server.connection->OnOutputHigh();
  request(0).SendHead(200, false);
  request(0).SendBody(std::string(20'000, 'd'), true);
  Minute();
  EXPECT_TRUE(peer_.server.is_done);
  EXPECT_TRUE(request(0).done);
}

}  // namespace
}  // namespace weir::http2
