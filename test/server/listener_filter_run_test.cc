#include "source/server/listener_filter_run.h"

#include <gtest/gtest.h>

#include "test/server/listener_fixture.h"

namespace weir::server {
namespace {

using Outcome = ListenerFilterRun::Outcome;
using Verdict = filter::ListenerFilter::Verdict;

struct Script {
  Verdict on_accept = Verdict::kNeedMore;
  size_t wants = 4;  // bytes
  size_t takes = 0;  // of them, when it has seen enough
  size_t most = 64;
  std::vector<std::string> seen;
};

class ScriptedFilter final : public filter::ListenerFilter {
 public:
  explicit ScriptedFilter(Script& script) : script_(script) {}
  size_t max_peek_bytes() const override { return script_.most; }
  Verdict OnAccept(filter::AcceptedSocket&) override { return script_.on_accept; }
  Verdict OnPeek(filter::AcceptedSocket&, std::string_view bytes, size_t& consume) override {
    script_.seen.emplace_back(bytes);
    if (bytes.size() < script_.wants) return Verdict::kNeedMore;
    consume = script_.takes;
    return Verdict::kContinue;
  }

 private:
  Script& script_;
};

class ScriptedConfig final : public filter::ListenerFilterConfig {
 public:
  explicit ScriptedConfig(Script& script) : script_(script) {}
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<ScriptedFilter>(script_);
  }

 private:
  Script& script_;
};

class ListenerFilterRunTest : public ListenerFixture, private ListenerFilterRun::Owner {
 protected:
  ListenerFilterRunTest() { config_ = Config({Chain("a")}); }
  ~ListenerFilterRunTest() override { taken_.Close(); }

  void Add(Script& script) {
    config_->listener_filters.push_back(std::make_shared<ScriptedConfig>(script));
  }
  void Start() {
    const auto [ours, theirs] = net::TcpPair();
    peer_.Adopt(theirs);
    filter::AcceptedSocket socket;
    socket.fd = ours;
    run_ = std::make_unique<ListenerFilterRun>(loop_, config_, socket,
                                               static_cast<ListenerFilterRun::Owner&>(*this));
    run_->Start();
  }
  void OnRunDone(ListenerFilterRun&, Outcome outcome,
                 const filter::AcceptedSocket& socket) override {
    ++done_;
    outcome_ = outcome;
    if (outcome == Outcome::kDone) taken_.Adopt(socket.fd);
    loop_.DeleteLater(std::move(run_));
  }
  void Send(std::string_view bytes) {
    peer_.Send(bytes);
    Turn();
  }

  std::shared_ptr<ListenerConfig> config_;
  std::unique_ptr<ListenerFilterRun> run_;
  net::RawPeer peer_, taken_;
  int done_ = 0;
  Outcome outcome_ = Outcome::kRefused;
};

TEST_F(ListenerFilterRunTest, FiltersThatNeedNoBytesAreDoneAtOnce) {
  Script script{.on_accept = Verdict::kContinue, .seen = {}};
  Add(script);
  Add(script);
  Start();
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(outcome_, Outcome::kDone);
}

TEST_F(ListenerFilterRunTest, BytesArePeekedAsTheyGrowAndStayForTheConnection) {
  Script script;
  Add(script);
  Start();
  Send("ab");
  Turn(20);
  Send("cdef");
  EXPECT_EQ(script.seen, (std::vector<std::string>{"ab", "abcdef"})) << "no wake-up without news";
  ASSERT_EQ(done_, 1);
  EXPECT_EQ(taken_.Receive(), "abcdef");
}

TEST_F(ListenerFilterRunTest, WhatAFilterTakesIsGoneForTheNext) {
  Script first{.takes = 4, .seen = {}}, second{.wants = 2, .takes = 1, .seen = {}};
  Add(first);
  Add(second);
  Start();
  Send("abcdXY");
  ASSERT_EQ(done_, 1);
  EXPECT_EQ(second.seen, std::vector<std::string>{"XY"});
  EXPECT_EQ(taken_.Receive(), "Y");
}

TEST_F(ListenerFilterRunTest, ASecondFilterWaitsForItsOwnBytes) {
  Script first{.takes = 4, .seen = {}}, second{.wants = 1, .seen = {}};
  Add(first);
  Add(second);
  Start();
  Send("abcd");
  EXPECT_EQ(done_, 0);
  Send("e");
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(taken_.Receive(), "e");
}

TEST_F(ListenerFilterRunTest, MoreThanAFilterMayPeekIsARefusal) {
  Script script{.wants = 100, .most = 8, .seen = {}};
  Add(script);
  Start();
  Send("12345678");
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(outcome_, Outcome::kRefused);
  peer_.Receive();
  EXPECT_TRUE(peer_.ended() || peer_.error() != 0) << "the socket is closed";
}

TEST_F(ListenerFilterRunTest, AFilterCanRefuseAtOnce) {
  Script script{.on_accept = Verdict::kClose, .seen = {}};
  Add(script);
  Start();
  EXPECT_EQ(outcome_, Outcome::kRefused);
  EXPECT_EQ(done_, 1);
}

TEST_F(ListenerFilterRunTest, APeerThatGoesAwayEndsIt) {
  Script script;
  Add(script);
  Start();
  peer_.Close();
  Turn();
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(outcome_, Outcome::kRefused);
}

TEST_F(ListenerFilterRunTest, SilenceIsATimeoutUnlessItMayGoOn) {
  Script script;
  Add(script);
  config_->listener_filters_timeout_ms = 100;
  Start();
  Send("ab");
  Advance(99);
  EXPECT_EQ(done_, 0);
  Advance(1);
  EXPECT_EQ(outcome_, Outcome::kTimeout);
  config_->continue_on_listener_filters_timeout = true;
  Start();
  Send("ab");
  Advance(100);
  EXPECT_EQ(outcome_, Outcome::kDone);
  EXPECT_EQ(taken_.Receive(), "ab");
}

}  // namespace
}  // namespace weir::server
