#include "source/server/active_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/descriptor.h"
#include "test/server/listener_fixture.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kDrainMs = 10'000;

// Waits for a byte, takes it off, and refuses "x".
class FirstByteFilter final : public filter::ListenerFilter {
 public:
  size_t max_peek_bytes() const override { return 8; }
  Verdict OnAccept(filter::AcceptedSocket&) override { return Verdict::kNeedMore; }
  Verdict OnPeek(filter::AcceptedSocket& socket, std::string_view bytes, size_t& consume) override {
    consume = 1;
    socket.server_name = std::string(bytes.substr(0, 1));
    return bytes[0] == 'x' ? Verdict::kClose : Verdict::kContinue;
  }
};
class FirstByteConfig final : public filter::ListenerFilterConfig {
 public:
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<FirstByteFilter>();
  }
};

// Says of each connection that it was going to 10.0.0.1:80.
class RedirectingFilter final : public filter::ListenerFilter {
 public:
  size_t max_peek_bytes() const override { return 0; }
  Verdict OnAccept(filter::AcceptedSocket& socket) override {
    socket.local = *net::Address::ParseIp("10.0.0.1", 80);
    socket.is_redirected = true;
    return Verdict::kContinue;
  }
  Verdict OnPeek(filter::AcceptedSocket&, std::string_view, size_t&) override {
    return Verdict::kContinue;
  }
};
class RedirectingConfig final : public filter::ListenerFilterConfig {
 public:
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<RedirectingFilter>();
  }
};

class ActiveListenerTest : public ListenerFixture {
 protected:
  void Listen(std::shared_ptr<const ListenerConfig> config) {
    listener_ = std::make_unique<ActiveListener>(loop_, std::move(config), std::vector<int>{Bind()},
                                                 limit_, kDrainMs);
  }
  void Drain(ActiveListener::Queues queues = ActiveListener::Queues::kTaken) {
    listener_->Drain(queues);
    listener_->WhenEmpty([this] { is_empty_ = true; });
    Turn();
  }

  ConnectionLimit limit_{3};
  bool is_empty_ = false;
  std::unique_ptr<ActiveListener> listener_;
};

TEST_F(ActiveListenerTest, AcceptsAndCounts) {
  Listen(Config({Chain("a")}));
  auto peer = Connect();
  EXPECT_EQ(Ask(*peer, "hi"), "a:hi");
  EXPECT_EQ(counters().downstream_cx_total.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_active.value(), 1);
  EXPECT_EQ(limit_.taken(), 1u);
  peer->Close();
  Turn();
  EXPECT_EQ(Journal(), "a connection on web, a end");
  EXPECT_EQ(counters().downstream_cx_active.value(), 0);
  EXPECT_EQ(counters().downstream_cx_destroy.value(), 1u);
  EXPECT_EQ(limit_.taken(), 0u);
}

TEST_F(ActiveListenerTest, TheProcessesLimitIsExact) {
  Listen(Config({Chain("a")}));
  std::vector<std::unique_ptr<net::RawPeer>> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(Connect());
  EXPECT_EQ(limit_.taken(), 3u);
  EXPECT_EQ(counters().downstream_global_cx_overflow.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_total.value(), 3u);
  peers[3]->Receive();
  EXPECT_TRUE(peers[3]->ended() || peers[3]->error() != 0);
  peers[0]->Close();
  Turn();
  auto next = Connect();
  EXPECT_EQ(Ask(*next, "hi"), "a:hi");
}

TEST_F(ActiveListenerTest, WithoutAChainTheConnectionIsRefused) {
  auto config = Config({Chain("a")});
  config->matches[0].destination_port = 1;
  Listen(config);
  auto peer = Connect();
  peer->Receive();
  EXPECT_TRUE(peer->ended() || peer->error() != 0);
  EXPECT_EQ(counters().no_filter_chain_match.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_total.value(), 0u) << "it never was one";
  EXPECT_EQ(limit_.taken(), 0u);
}

TEST_F(ActiveListenerTest, EveryConnectionIsLoggedWhenItIsGone) {
  Listen(Config({Chain("a")}));
  auto peer = Connect();
  Ask(*peer, "hi");
  clock_.AdvanceMs(30);
  EXPECT_THAT(access_log_, IsEmpty());
  peer->Close();
  Turn();
  EXPECT_THAT(access_log_, ElementsAre("chain a, flags DT, details , 2/4 bytes, 30 ms"));
}

TEST_F(ActiveListenerTest, ConnectionsThatNoChainTakesAreLoggedToo) {
  auto config = Config({Chain("a")});
  config->matches[0].destination_port = 1;
  Listen(config);
  Connect();
  EXPECT_THAT(access_log_,
              ElementsAre("chain , flags NR, details filter_chain_not_found, 0/0 bytes, 0 ms"));
}

TEST_F(ActiveListenerTest, AnUpdateKeepsChainsThatStayAndDrainsTheOthers) {
  auto kept = Chain("kept"), gone = Chain("gone");
  auto config = Config({kept});
  config->matches[0].server_names = {"k"};
  config->default_chain = gone;
  config->listener_filters.push_back(std::make_shared<FirstByteConfig>());
  Listen(config);
  auto of_kept = Connect(), of_gone = Connect();
  EXPECT_EQ(Ask(*of_kept, "k1"), "kept:1");
  EXPECT_EQ(Ask(*of_gone, "g1"), "gone:1");
  Journal();
  auto next = Config({kept});
  next->default_chain = Chain("new");
  next->matches[0].server_names = {"k"};
  next->listener_filters = config->listener_filters;
  listener_->Update(next);
  Turn();
  EXPECT_EQ(Journal(), "gone drain");
  EXPECT_EQ(Ask(*of_kept, "2"), "kept:2");
  auto later = Connect();
  EXPECT_EQ(Ask(*later, "g1"), "new:1");
  EXPECT_EQ(Ask(*of_gone, "2"), "gone:2") << "its last answer";
  EXPECT_EQ(Ask(*of_kept, "3"), "kept:3");
  Advance(kDrainMs);
  EXPECT_EQ(Ask(*of_kept, "4"), "kept:4") << "the deadline is the drained chain's";
}

TEST_F(ActiveListenerTest, EachDrainingChainHasItsOwnTime) {
  auto a = Chain("a"), b = Chain("b");
  Listen(Config({a}));
  auto of_a = Connect();
  listener_->Update(Config({b}));
  auto of_b = Connect();
  Advance(kDrainMs - 1000);
  listener_->Update(Config({Chain("c")}));
  Journal();
  Advance(1000);
  EXPECT_EQ(Journal(), "a end");
  Advance(kDrainMs - 1001);
  EXPECT_EQ(Journal(), "");
  Advance(1);
  EXPECT_EQ(Journal(), "b end");
}

TEST_F(ActiveListenerTest, DrainingTakesWhatWaitsAndNothingNew) {
  Listen(Config({Chain("a")}));
  auto waiting = std::make_unique<net::RawPeer>(ConnectTo(address_));
  Drain();
  EXPECT_FALSE(is_empty_);
  EXPECT_EQ(Ask(*waiting, "hi"), "a:hi");
  EXPECT_TRUE(waiting->ended()) << "a draining connection ends with its answer";
  Turn();
  EXPECT_TRUE(is_empty_);
  EXPECT_TRUE(listener_->empty());
}

TEST_F(ActiveListenerTest, WhatWaitsIsLeftToWhoeverHasTheSocketToo) {
  const int fd = Bind();
  const base::Descriptor other(dup(fd));
  listener_ = std::make_unique<ActiveListener>(loop_, Config({Chain("a")}), std::vector<int>{fd},
                                               limit_, kDrainMs);
  auto first = Connect();
  EXPECT_EQ(Ask(*first, "hi"), "a:hi");
  auto waiting = std::make_unique<net::RawPeer>(ConnectTo(address_));
  Drain(ActiveListener::Queues::kLeft);
  auto later = std::make_unique<net::RawPeer>(ConnectTo(address_));
  Turn();
  EXPECT_EQ(counters().downstream_cx_total.value(), 1u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(base::Descriptor(accept(other.get(), nullptr, nullptr)).is_open());
  }
}

TEST_F(ActiveListenerTest, WhatIsLeftAtTheDeadlineIsCut) {
  Listen(Config({Chain("a")}));
  auto peer = Connect();
  Drain();
  Advance(kDrainMs - 1);
  EXPECT_FALSE(is_empty_);
  Advance(1);
  EXPECT_TRUE(is_empty_);
  peer->Receive();
  EXPECT_NE(peer->error(), 0) << "RST";
  EXPECT_EQ(limit_.taken(), 0u);
}

TEST_F(ActiveListenerTest, AnEmptyListenerDrainsAtOnce) {
  Listen(Config({Chain("a")}));
  Drain();
  EXPECT_TRUE(is_empty_);
}

class ListenerWithFilterTest : public ActiveListenerTest {
 protected:
  ListenerWithFilterTest() {
    config_ = Config({Chain("a")});
    config_->listener_filters.push_back(std::make_shared<FirstByteConfig>());
  }
  std::shared_ptr<ListenerConfig> config_;
};

TEST_F(ListenerWithFilterTest, TheFilterSeesTheFirstBytes) {
  Listen(config_);
  auto peer = Connect();
  EXPECT_EQ(counters().downstream_pre_cx_active.value(), 1);
  EXPECT_EQ(Ask(*peer, "1hello"), "a:hello");
  EXPECT_EQ(counters().downstream_pre_cx_active.value(), 0);
}

TEST_F(ListenerWithFilterTest, ARefusalGivesTheConnectionsPlaceBack) {
  Listen(config_);
  auto peer = Connect();
  EXPECT_EQ(Ask(*peer, "x"), "");
  EXPECT_TRUE(peer->ended() || peer->error() != 0);
  EXPECT_EQ(counters().downstream_listener_filter_error.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_active.value(), 0);
  EXPECT_THAT(access_log_,
              ElementsAre("chain , flags -, details listener_filter_closed, 0/0 bytes, 0 ms"));
  EXPECT_EQ(limit_.taken(), 0u);
}

TEST_F(ListenerWithFilterTest, SilenceIsTimedOut) {
  Listen(config_);
  auto peer = Connect();
  Advance(5'000);
  peer->Receive();
  EXPECT_TRUE(peer->ended() || peer->error() != 0);
  EXPECT_EQ(counters().downstream_pre_cx_timeout.value(), 1u);
  EXPECT_THAT(access_log_,
              ElementsAre("chain , flags -, details listener_filter_timeout, 0/0 bytes, 5000 ms"));
}

TEST_F(ListenerWithFilterTest, DrainingEndsOnceTheLastSocketIsDecided) {
  Listen(config_);
  auto peer = Connect();
  Drain();
  EXPECT_FALSE(is_empty_);
  Ask(*peer, "x");
  Turn();
  EXPECT_TRUE(is_empty_);
}

TEST_F(ListenerWithFilterTest, CuttingEndsThoseTooThatAreNotDecided) {
  Listen(config_);
  auto peer = Connect();
  listener_->CloseAll();
  Turn();
  EXPECT_EQ(counters().downstream_pre_cx_active.value(), 0);
  EXPECT_EQ(limit_.taken(), 0u);
  EXPECT_THAT(access_log_, ElementsAre("chain , flags -, details listener_ended, 0/0 bytes, 0 ms"));
}

TEST_F(ActiveListenerTest, HandsOverWhatWasForAnother) {
  auto entrance = Config({Chain("entrance")});
  entrance->hands_over = true;
  entrance->listener_filters.push_back(std::make_shared<RedirectingConfig>());
  auto inner = Config({Chain("inner")});
  inner->name = "inner";
  inner->addresses = {*net::Address::ParseIp("10.0.0.1", 80)};
  inner->listener_filters.push_back(std::make_shared<FirstByteConfig>());
  ListenerIndex index;
  ActiveListener other(loop_, inner, {}, limit_, kDrainMs);
  index.Add(*inner, other);
  Listen(entrance);
  listener_->set_neighbours(index);
  auto peer = Connect();
  EXPECT_EQ(Ask(*peer, "hello"), "inner:ello") << "its own filters see it first";
  EXPECT_EQ(limit_.taken(), 1u);
  EXPECT_TRUE(listener_->empty());
  index.Remove(other);
  auto next = Connect();
  EXPECT_EQ(Ask(*next, "hello"), "entrance:hello") << "nobody else wants it";
  next->Close();
  peer->Close();
  Turn();
  EXPECT_EQ(Journal(),
            "inner connection on inner, entrance connection on web, entrance end, inner end");
  EXPECT_EQ(limit_.taken(), 0u);
}

}  // namespace
}  // namespace weir::server
