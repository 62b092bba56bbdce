#include "source/xds/control_plane_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/base/random.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/support/manual_clock.h"
#include "test/xds/fake_network.h"

namespace weir::xds {
namespace {

class ControlPlaneStreamTest : public ::testing::Test, public ControlPlaneStreamHandler {
 protected:
  void OnStreamOpen() override { ++opened_; }
  void OnStreamMessage(std::string bytes) override { messages_.push_back(std::move(bytes)); }
  void OnStreamAllSent() override { ++all_sent_; }
  void OnStreamEnd(const absl::Status& status) override { ends_.push_back(status); }
  std::string ProbeRequest() override { return "?"; }

  void Connect() {
    stream_->Start();
    network_.Succeed();
    network_.handler->OnOpen();
  }
  // How long until it dials again; at most 60 s.
  int64_t WaitForDial() {
    const int dials = network_.dials;
    for (int64_t waited = 1; waited <= 60'000; ++waited) {
      clock_.AdvanceMs(1);
      loop_.RunReady();
      if (network_.dials > dials) return waited;
    }
    return -1;
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  base::Random random_{1};
  FakeNetwork network_;
  std::unique_ptr<ControlPlaneStream> stream_ = std::make_unique<ControlPlaneStream>(
      loop_, ControlPlaneStream::Options{"/service/Method", {}}, network_.Servers(), random_,
      *this);
  int opened_ = 0, all_sent_ = 0;
  std::vector<std::string> messages_;
  std::vector<absl::Status> ends_;
};

TEST_F(ControlPlaneStreamTest, DialsOpensAndCarries) {
  EXPECT_EQ(network_.dials, 0);
  stream_->Start();
  stream_->Start();
  EXPECT_EQ(network_.dials, 1);
  network_.Succeed();
  EXPECT_EQ(network_.method, "/service/Method");
  EXPECT_EQ(network_.metadata, (rpc::Metadata{{"key", "value"}}));
  EXPECT_FALSE(stream_->is_open());
  stream_->Send("too early");
  network_.handler->OnOpen();
  EXPECT_TRUE(stream_->is_open());
  EXPECT_EQ(opened_, 1);
  stream_->Send("hello");
  EXPECT_EQ(network_.sent, std::vector<std::string>{"hello"});
  network_.handler->OnAllSent();
  EXPECT_EQ(all_sent_, 1);
  network_.handler->OnMessage("answer");
  EXPECT_EQ(messages_, std::vector<std::string>{"answer"});
  stream_->PauseReading();
  EXPECT_TRUE(network_.is_paused);
  stream_->ResumeReading();
  EXPECT_FALSE(network_.is_paused);
}

// case 20
TEST_F(ControlPlaneStreamTest, BacksOffWhileItDoesNotCome) {
  stream_->Start();
  for (const int64_t interval : {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000}) {
    network_.Fail();
    EXPECT_EQ(ends_.back(), absl::UnavailableError("no host"));
    const int64_t waited = WaitForDial();
    EXPECT_GE(waited, interval / 2);
    EXPECT_LE(waited, interval);
  }
}

// case 20
TEST_F(ControlPlaneStreamTest, OpeningAloneDoesNotResetTheBackoff) {
  Connect();
  for (const int64_t interval : {500, 1000, 2000, 4000}) {
    network_.handler->OnEnd(absl::UnavailableError("gone"));
    EXPECT_EQ(network_.streams + network_.channels, 0);
    const int64_t waited = WaitForDial();
    EXPECT_GE(waited, interval / 2);
    EXPECT_LE(waited, interval);
    network_.Succeed();
    network_.handler->OnOpen();
  }
}

// case 20
TEST_F(ControlPlaneStreamTest, TheFirstMessageResetsTheBackoff) {
  Connect();
  for (int i = 0; i < 5; ++i) {
    network_.handler->OnEnd(absl::UnavailableError("gone"));
    WaitForDial();
    network_.Succeed();
    network_.handler->OnOpen();
  }
  network_.handler->OnMessage("x");
  network_.handler->OnEnd(absl::OkStatus());
  EXPECT_LE(WaitForDial(), 500);
}

// Bad input O21: a server that flaps for ten minutes.
TEST_F(ControlPlaneStreamTest, AFlappingServerIsNotHammered) {
  Connect();
  const int64_t begin_ms = loop_.now_ms();
  while (loop_.now_ms() < begin_ms + 600'000) {
    network_.handler->OnMessage("x");
    network_.handler->OnEnd(absl::UnavailableError("flap"));
    ASSERT_GE(WaitForDial(), 250);
    network_.Succeed();
    network_.handler->OnOpen();
  }
  EXPECT_LE(network_.dials, 600'000 / 250 + 1);
  EXPECT_EQ(network_.streams, 1);
  EXPECT_EQ(network_.channels, 1);
}

TEST_F(ControlPlaneStreamTest, DisconnectIsAnEnd) {
  Connect();
  stream_->Disconnect(absl::InternalError("garbage"));
  EXPECT_FALSE(stream_->is_open());
  EXPECT_EQ(network_.streams, 0);
  EXPECT_EQ(ends_, std::vector<absl::Status>{absl::InternalError("garbage")});
  stream_->Disconnect(absl::InternalError("again"));
  EXPECT_EQ(ends_.size(), 1u);
  stream_->Send("dropped");
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_GT(WaitForDial(), 0);
}

TEST_F(ControlPlaneStreamTest, ADialThatEndsTooLateIsDropped) {
  stream_->Start();
  stream_.reset();
  network_.Succeed();
  EXPECT_EQ(network_.channels, 0);
  EXPECT_EQ(network_.handler, nullptr);
}

TEST_F(ControlPlaneStreamTest, ADialerMayAnswerAtOnce) {
  std::vector<ControlPlaneServer> servers;
  servers.push_back(
      {"only",
       [this](auto on_dialled) { on_dialled(std::make_unique<FakeNetwork::Channel>(network_)); },
       {}});
  ControlPlaneStream stream(loop_, {"/m", {}}, std::move(servers), random_, *this);
  stream.Start();
  EXPECT_EQ(network_.method, "/m");
}

}  // namespace
}  // namespace weir::xds
