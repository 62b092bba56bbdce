#include "source/http2/keepalive.h"

#include <gtest/gtest.h>

#include <memory>

#include "source/base/thread.h"
#include "test/support/manual_clock.h"

namespace weir::http2 {
namespace {

class KeepaliveTest : public testing::Test, public Keepalive::Owner {
 protected:
  KeepaliveTest() {
    options_.timeout_ms = 200;
    options_.jitter_percent = 0;
    loop_.RunReady();
  }
  void Start() { keepalive_ = std::make_unique<Keepalive>(loop_, options_, stats_, *this); }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }
  void SendPing() override { ++pings_; }
  void OnPeerLost() override {
    ++losses_;
    keepalive_.reset();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  KeepaliveOptions options_;
  Stats stats_;
  int pings_ = 0, losses_ = 0;
  std::unique_ptr<Keepalive> keepalive_;
};

TEST_F(KeepaliveTest, AsksAtEachInterval) {
  options_.interval_ms = 1000;
  EXPECT_TRUE(Keepalive::IsWanted(options_));
  Start();
  for (int i = 1; i <= 3; ++i) {
    Advance(999);
    EXPECT_EQ(pings_, i - 1);
    Advance(1);
    EXPECT_EQ(pings_, i);
    keepalive_->OnPingAck();
  }
  Advance(300);
  EXPECT_EQ(losses_, 0);
}

TEST_F(KeepaliveTest, SilentPeerIsLost) {
  options_.interval_ms = 1000;
  Start();
  Advance(1000);
  Advance(199);
  EXPECT_EQ(losses_, 0);
  Advance(1);
  EXPECT_EQ(losses_, 1);
  EXPECT_EQ(stats_.keepalive_timeout.value(), 1U);
}

TEST_F(KeepaliveTest, WhateverThePeerSaysShowsThatItLives) {
  options_.interval_ms = 1000;
  Start();
  Advance(1000);
  Advance(150);
  keepalive_->OnHeard();
  Advance(150);
  EXPECT_EQ(losses_, 0);
  Advance(49);
  EXPECT_EQ(losses_, 0);
  Advance(1);
  EXPECT_EQ(losses_, 1);
}

TEST_F(KeepaliveTest, StreamAfterSilenceAsksFirst) {
  options_.idle_interval_ms = 500;
  EXPECT_TRUE(Keepalive::IsWanted(options_));
  Start();
  Advance(499);
  keepalive_->OnStreamStarts();
  EXPECT_EQ(pings_, 0);
  Advance(1);
  keepalive_->OnStreamStarts();
  keepalive_->OnStreamStarts();
  EXPECT_EQ(pings_, 1) << "one is enough";
  keepalive_->OnHeard();
  keepalive_->OnPingAck();
  keepalive_->OnStreamStarts();
  Advance(10'000);
  EXPECT_EQ(pings_, 1) << "none at fixed times";
  EXPECT_EQ(losses_, 0);
}

TEST_F(KeepaliveTest, JitterOnlyAdds) {
  options_.interval_ms = 1000;
  options_.jitter_percent = 50;
  for (int i = 0; i < 100; ++i) {
    const int before = pings_;
    Start();
    Advance(999);
    EXPECT_EQ(pings_, before);
    Advance(502);
    EXPECT_EQ(pings_, before + 1);
  }
}

TEST_F(KeepaliveTest, AnswerThatNobodyAskedForIsNothing) {
  options_.interval_ms = 1000;
  Start();
  Advance(900);
  keepalive_->OnPingAck();
  Advance(100);
  EXPECT_EQ(pings_, 1);
  EXPECT_FALSE(Keepalive::IsWanted(KeepaliveOptions()));
}

}  // namespace
}  // namespace weir::http2
