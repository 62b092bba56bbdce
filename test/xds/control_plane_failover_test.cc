// Several servers: which one is used, when another is, and how the way back is found.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/base/random.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/xds/control_plane_stream.h"
#include "test/support/manual_clock.h"
#include "test/xds/fake_network.h"

namespace weir::xds {
namespace {

class ControlPlaneFailoverTest : public ::testing::Test, public ControlPlaneStreamHandler {
 protected:
  ControlPlaneFailoverTest() {
    std::vector<ControlPlaneServer> servers;
    for (size_t i = 0; i < 3; ++i) {
      servers.push_back({std::to_string(i), servers_[i].Dialer(), {{"server", std::to_string(i)}}});
    }
    stream_ = std::make_unique<ControlPlaneStream>(loop_, ControlPlaneStream::Options{"/m", {}},
                                                   std::move(servers), random_, *this);
  }
  void OnStreamOpen() override { ++opened_; }
  void OnStreamMessage(std::string bytes) override { messages_.push_back(std::move(bytes)); }
  void OnStreamEnd(const absl::Status& status) override { ends_.push_back(status); }
  std::string ProbeRequest() override { return question_; }

  void Pass(int64_t duration_ms) {
    for (int64_t i = 0; i < duration_ms; i += 10) {
      clock_.AdvanceMs(10);
      loop_.RunReady();
    }
  }
  // Server `i` is dialled, within two minutes.
  bool AwaitDial(size_t i) {
    for (int n = 0; n < 13000 && servers_[i].answer == nullptr; ++n) Pass(10);
    return servers_[i].answer != nullptr;
  }
  // Server `i` is reached and calls work.
  void Open(size_t i) {
    ASSERT_TRUE(AwaitDial(i));
    servers_[i].Succeed();
    servers_[i].handler->OnOpen();
  }
  // Server 0 is down, server 1 serves.
  void FallBack() {
    stream_->Start();
    servers_[0].Fail();
    Open(1);
    servers_[1].handler->OnMessage("from 1");
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  base::Random random_{1};
  FakeNetwork servers_[3];
  std::unique_ptr<ControlPlaneStream> stream_;
  std::string question_ = "?";
  int opened_ = 0;
  std::vector<std::string> messages_;
  std::vector<absl::Status> ends_;
};

TEST_F(ControlPlaneFailoverTest, TheFirstThatWorksServes) {
  stream_->Start();
  EXPECT_EQ(servers_[0].dials + servers_[1].dials + servers_[2].dials, 1);
  servers_[0].Fail();
  EXPECT_EQ(servers_[1].dials, 0);  // not before the backoff
  ASSERT_TRUE(AwaitDial(1));
  servers_[1].Fail();
  Open(2);
  EXPECT_EQ(stream_->server(), 2u);
  EXPECT_EQ(stream_->server_name(), "2");
  EXPECT_EQ(servers_[2].metadata, (rpc::Metadata{{"server", "2"}}));
  stream_->Send("hello");
  EXPECT_EQ(servers_[2].sent, std::vector<std::string>{"hello"});
  EXPECT_EQ(opened_, 1);
}

TEST_F(ControlPlaneFailoverTest, AStreamThatEndsWithoutAWordGivesWayAndAfterTheLastComesTheFirst) {
  stream_->Start();
  for (size_t i : {0, 1, 2, 0, 1}) {
    Open(i);
    EXPECT_EQ(stream_->server(), i);
    servers_[i].handler->OnEnd(absl::UnimplementedError("what?"));
  }
}

TEST_F(ControlPlaneFailoverTest, AServerThatHasAnsweredIsTriedAgainFirst) {
  stream_->Start();
  Open(0);
  servers_[0].handler->OnMessage("x");
  servers_[0].handler->OnEnd(absl::UnavailableError("restart"));
  Open(0);
  EXPECT_EQ(servers_[1].dials, 0);
  servers_[0].handler->OnEnd(absl::UnavailableError("gone"));
  EXPECT_TRUE(AwaitDial(1));
}

TEST_F(ControlPlaneFailoverTest, AnEarlierServerThatAnswersTakesOver) {
  FallBack();
  Pass(29'000);
  EXPECT_EQ(servers_[0].dials, 1);
  ASSERT_TRUE(AwaitDial(0));
  servers_[0].Succeed();
  servers_[0].handler->OnOpen();
  EXPECT_EQ(servers_[0].sent, std::vector<std::string>{"?"});
  EXPECT_EQ(servers_[0].metadata, (rpc::Metadata{{"server", "0"}}));
  EXPECT_EQ(stream_->server(), 1u);
  servers_[1].handler->OnMessage("from 1 meanwhile");
  // What it answers is not for the handler: it is asked again on a stream of the handler's own.
  servers_[0].handler->OnMessage("answer");
  EXPECT_EQ(messages_, (std::vector<std::string>{"from 1", "from 1 meanwhile"}));
  EXPECT_EQ(servers_[1].streams + servers_[1].channels, 0);
  EXPECT_EQ(servers_[0].streams, 1);
  EXPECT_EQ(servers_[0].channels, 1);
  EXPECT_EQ(servers_[0].dials, 2);  // the same connection
  EXPECT_EQ(ends_.back(), absl::CancelledError("0 is back"));
  EXPECT_EQ(stream_->server(), 0u);
  EXPECT_FALSE(stream_->is_open());
  servers_[0].handler->OnOpen();
  EXPECT_EQ(opened_, 2);
  servers_[0].handler->OnMessage("from 0");
  EXPECT_EQ(messages_.back(), "from 0");
  // Home: nobody else is asked.
  Pass(300'000);
  EXPECT_EQ(servers_[0].dials + servers_[1].dials, 3);
}

TEST_F(ControlPlaneFailoverTest, WhoOnlyAcceptsConnectionsIsNotBack) {
  FallBack();
  ASSERT_TRUE(AwaitDial(0));
  servers_[0].Succeed();
  servers_[0].handler->OnOpen();
  servers_[0].handler->OnEnd(absl::UnavailableError("no upstream"));
  EXPECT_TRUE(stream_->is_open());
  EXPECT_EQ(servers_[0].streams + servers_[0].channels, 0);
  // Silence is bounded.
  Open(0);
  Pass(15'100);
  EXPECT_EQ(servers_[0].streams + servers_[0].channels, 0);
  EXPECT_TRUE(stream_->is_open());
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(ends_.size(), 1u);
}

TEST_F(ControlPlaneFailoverTest, EarlierServersAreAskedMoreAndMoreSeldom) {
  FallBack();
  const int64_t begin_ms = loop_.now_ms();
  int tries = 0;
  while (loop_.now_ms() < begin_ms + 3'600'000) {
    Pass(100);
    if (servers_[0].answer == nullptr) continue;
    servers_[0].Fail();
    ++tries;
  }
  EXPECT_GE(tries, 6);
  EXPECT_LE(tries, 16);
}

TEST_F(ControlPlaneFailoverTest, EarlierServersAreAskedInOrder) {
  stream_->Start();
  servers_[0].Fail();
  ASSERT_TRUE(AwaitDial(1));
  servers_[1].Fail();
  Open(2);
  ASSERT_TRUE(AwaitDial(0));
  EXPECT_EQ(servers_[1].answer, nullptr);
  servers_[0].Fail();
  ASSERT_NE(servers_[1].answer, nullptr);
  servers_[1].Succeed();
  servers_[1].handler->OnOpen();
  servers_[1].handler->OnMessage("answer");
  EXPECT_EQ(stream_->server(), 1u);
}

TEST_F(ControlPlaneFailoverTest, WithNothingToAskForACallIsAnswerEnough) {
  question_.clear();
  FallBack();
  Open(0);
  EXPECT_TRUE(servers_[0].sent.empty());
  EXPECT_EQ(stream_->server(), 0u);
}

TEST_F(ControlPlaneFailoverTest, WhenTheStreamEndsTheQuestionIsDropped) {
  FallBack();
  Open(0);
  servers_[1].handler->OnEnd(absl::UnavailableError("gone"));
  EXPECT_EQ(servers_[0].streams + servers_[0].channels, 0);
  Open(1);  // it had answered: it comes first
  servers_[1].handler->OnEnd(absl::UnavailableError("gone"));
  EXPECT_TRUE(AwaitDial(2));
}

}  // namespace
}  // namespace weir::xds
