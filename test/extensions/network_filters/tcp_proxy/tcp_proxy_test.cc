#include "source/extensions/network_filters/tcp_proxy/tcp_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "source/balancing/hash.h"
#include "test/extensions/network_filters/tcp_proxy/fake_tcp_cluster.h"

namespace weir::extensions::tcp_proxy {
namespace {

using testing::ElementsAre;

// Each record as "received/sent flags".
class RecordingLogger final : public filter::AccessLogger {
 public:
  explicit RecordingLogger(std::vector<std::string>& lines) : lines_(lines) {}
  void Log(const filter::StreamInfo& info) const override {
    lines_.push_back(absl::StrCat(
        info.bytes_received, "/", info.bytes_sent, " ", info.flags.ToString(),
        info.upstream_failure_reason.empty() ? "" : " ", info.upstream_failure_reason));
  }

 private:
  std::vector<std::string>& lines_;
};

class TcpProxyTest : public testing::Test, private filter::ConnectionOwner {
 protected:
  TcpProxyTest() {
    slot_.cluster = &cluster_;
    config_->stats = stats_.AddGroup<TcpProxyStats>("tcp.test");
    config_->targets.push_back({&slot_, 1});
    config_->access_logs.Add({nullptr, std::make_shared<RecordingLogger>(log_)});
    info_.direct_remote = *net::Address::ParseIp("192.0.2.5", 4000);
  }
  ~TcpProxyTest() override {
    if (connection_ != nullptr) connection_->Close(net::CloseMode::kReset);
    Turn();
  }

  void Open() {
    const auto [ours, theirs] = net::TcpPair();
    client_.Adopt(theirs);
    const filter::ConnectionContext context{loop_, info_, is_draining_};
    proxy_ = std::make_unique<TcpProxy>(config_, context);
    proxy_->set_owner(*this);
    net::ConnectionOptions options;
    options.half_close = true;
    connection_ = std::make_unique<net::Connection>(loop_, ours, *proxy_, options);
    proxy_->OnConnection(*connection_);
    connection_->Start();
    Turn();
  }
  void OnConnectionEnded() override {
    is_over_ = true;
    loop_.DeleteLater(std::move(connection_));
    loop_.DeleteLater(std::move(proxy_));
  }
  // TCP may take its time to deliver: many turns, none of which waits.
  void Turn(int count = 400) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn();
  }
  void ClientSays(std::string_view bytes) {
    client_.Send(bytes);
    Turn();
  }
  void HostSays(std::string_view bytes) {
    cluster_.peer.Send(bytes);
    Turn();
  }
  TcpProxyStats& counters() { return config_->stats->Here(); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  FakeTcpCluster cluster_{loop_};
  FakeTcpSlot slot_;
  std::shared_ptr<TcpProxyConfig> config_ = std::make_shared<TcpProxyConfig>();
  std::vector<std::string> log_;
  filter::ConnectionInfo info_;
  bool is_draining_ = false, is_over_ = false;
  net::RawPeer client_;
  std::unique_ptr<TcpProxy> proxy_;
  std::unique_ptr<net::Connection> connection_;
};

TEST_F(TcpProxyTest, RelaysBothWays) {
  Open();
  ClientSays("hello");
  EXPECT_EQ(cluster_.peer.Receive(), "hello");
  HostSays("world!");
  EXPECT_EQ(client_.Receive(), "world!");
  EXPECT_EQ(counters().downstream_cx_rx_bytes_total.value(), 5u);
  EXPECT_EQ(counters().downstream_cx_tx_bytes_total.value(), 6u);
}

TEST_F(TcpProxyTest, EachDirectionEndsByItself) {
  Open();
  ClientSays("request");
  client_.ShutdownWrite();
  Turn();
  EXPECT_EQ(cluster_.peer.Receive(), "request");
  EXPECT_TRUE(cluster_.peer.ended());
  EXPECT_FALSE(is_over_);
  HostSays("answer");
  cluster_.peer.Close();
  Turn();
  EXPECT_EQ(client_.Receive(), "answer");
  EXPECT_TRUE(client_.ended());
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("7/6 -"));
  EXPECT_EQ(cluster_.leases, 0);
  EXPECT_EQ(cluster_.stats().upstream_cx_tx_bytes_total.value(), 7u);
  EXPECT_EQ(cluster_.stats().upstream_cx_rx_bytes_total.value(), 6u);
}

TEST_F(TcpProxyTest, TheHostMayEndFirst) {
  Open();
  HostSays("banner");
  cluster_.peer.ShutdownWrite();
  Turn();
  EXPECT_EQ(client_.Receive(), "banner");
  EXPECT_TRUE(client_.ended());
  ClientSays("bye");
  EXPECT_EQ(cluster_.peer.Receive(), "bye");
  client_.Close();
  Turn();
  EXPECT_TRUE(is_over_);
}

TEST_F(TcpProxyTest, WhatIsSaidEarlyWaitsForAnUpstream) {
  cluster_.answers_at_once = false;
  Open();
  ClientSays("early");
  ClientSays(" bird");
  EXPECT_TRUE(cluster_.is_waiting());
  cluster_.Grant();
  Turn();
  EXPECT_EQ(cluster_.peer.Receive(), "early bird");
  ClientSays(", late");
  EXPECT_EQ(cluster_.peer.Receive(), ", late");
}

TEST_F(TcpProxyTest, WhatIsSaidEarlyIsBounded) {
  cluster_.answers_at_once = false;
  Open();
  const std::string piece(16 * 1024, 'x');
  size_t sent = 0;
  for (int i = 0; i < 400; ++i) {
    sent += client_.Send(piece);
    Turn(1);
  }
  EXPECT_TRUE(connection_->is_reading_paused());
  EXPECT_LT(connection_->bytes_read(), 128u * 1024);
  cluster_.Grant();
  size_t received = 0;
  for (int i = 0; i < 3000 && received < sent; ++i) {
    received += cluster_.peer.Receive().size();
    Turn(1);
  }
  EXPECT_EQ(received, sent);
  EXPECT_FALSE(connection_->is_reading_paused());
}

TEST_F(TcpProxyTest, AnEndBeforeThereIsAnUpstreamIsPassedOn) {
  cluster_.answers_at_once = false;
  Open();
  ClientSays("request");
  client_.ShutdownWrite();
  Turn();
  EXPECT_TRUE(cluster_.is_waiting());
  cluster_.Grant();
  Turn();
  EXPECT_EQ(cluster_.peer.Receive(), "request");
  EXPECT_TRUE(cluster_.peer.ended());
  HostSays("answer");
  cluster_.peer.Close();
  Turn();
  EXPECT_EQ(client_.Receive(), "answer");
  EXPECT_TRUE(is_over_);
}

TEST_F(TcpProxyTest, AClientThatBreaksOffIsNotDialledForAnyMore) {
  cluster_.answers_at_once = false;
  Open();
  ClientSays("request");
  client_.Reset();
  Turn();
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(cluster_.withdrawn, 1);
  EXPECT_THAT(log_, ElementsAre("7/0 DC"));
}

TEST_F(TcpProxyTest, AClusterThatIsNotThereClosesTheConnection) {
  slot_.cluster = nullptr;
  Open();
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("0/0 NC"));
  EXPECT_EQ(counters().downstream_cx_no_route.value(), 1u);
}

TEST_F(TcpProxyTest, AFailureIsTriedAgainAsOftenAsAllowed) {
  config_->max_connect_attempts = 3;
  cluster_.failures = 2;
  Open();
  EXPECT_EQ(cluster_.asked, 3);
  EXPECT_NE(cluster_.last_tried, nullptr) << "another host is to be preferred";
  ClientSays("hi");
  EXPECT_EQ(cluster_.peer.Receive(), "hi");
}

TEST_F(TcpProxyTest, ClientsAreHashedByTheirAddressWhereThatIsAsked) {
  Open();
  EXPECT_EQ(cluster_.last_hash, std::nullopt);
  EXPECT_EQ(cluster_.last_tried, nullptr);
  connection_->Close(net::CloseMode::kReset);
  Turn();
  config_->hashes_source_ip = true;
  Open();
  EXPECT_EQ(cluster_.last_hash, balancing::XxHash64("192.0.2.5"));
}

TEST_F(TcpProxyTest, TheClusterHearsWhereTheConnectionWasGoing) {
  Open();
  EXPECT_EQ(cluster_.last_destination, nullptr);
  connection_->Close(net::CloseMode::kReset);
  Turn();
  info_.is_redirected = true;
  Open();
  EXPECT_EQ(cluster_.last_destination, &info_.local);
}

TEST_F(TcpProxyTest, TheLastFailureClosesTheConnection) {
  cluster_.failures = 1;
  Open();
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_THAT(log_, ElementsAre("0/0 UF"));
}

TEST_F(TcpProxyTest, FailedHandshakeIsLoggedUnlessAnotherOneSucceeds) {
  config_->max_connect_attempts = 2;
  cluster_.transport_failure = "certificate expired";
  cluster_.failures = 2;
  Open();
  EXPECT_THAT(log_, ElementsAre("0/0 UF certificate expired"));
  log_.clear();
  cluster_.failures = 1;
  Open();
  ClientSays("hi");
  cluster_.peer.Receive();
  cluster_.peer.Close();
  client_.Close();
  Turn(3);
  EXPECT_THAT(log_, ElementsAre("2/0 -"));
}

TEST_F(TcpProxyTest, AHostThatResetsResetsTheClient) {
  Open();
  ClientSays("hello");
  cluster_.peer.Receive();
  cluster_.peer.Reset();
  Turn();
  client_.Receive();
  EXPECT_NE(client_.error(), 0);
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("5/0 UC"));
  EXPECT_EQ(cluster_.leases, 0);
}

TEST_F(TcpProxyTest, AClientThatResetsResetsTheHost) {
  Open();
  ClientSays("hello");
  cluster_.peer.Receive();
  client_.Reset();
  Turn();
  EXPECT_TRUE(is_over_);
  cluster_.peer.Receive();
  EXPECT_NE(cluster_.peer.error(), 0);
  EXPECT_THAT(log_, ElementsAre("5/0 DC"));
  EXPECT_EQ(cluster_.leases, 0);
}

TEST_F(TcpProxyTest, AClientThatGivesUpWhileWaitingTakesTheRequestBack) {
  cluster_.answers_at_once = false;
  Open();
  connection_->Close(net::CloseMode::kNow);
  Turn();
  EXPECT_EQ(cluster_.withdrawn, 1);
}

TEST_F(TcpProxyTest, SilenceInBothDirectionsEndsIt) {
  config_->idle_timeout_ms = 1'000;
  Open();
  Advance(999);
  ClientSays("a");
  Advance(999);
  HostSays("b");
  Advance(999);
  EXPECT_FALSE(is_over_);
  Advance(1);
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("1/1 SI"));
  EXPECT_EQ(counters().idle_timeout.value(), 1u);
}

TEST_F(TcpProxyTest, ItMayLastOnlySoLong) {
  config_->max_duration_ms = 5'000;
  Open();
  Advance(4'999);
  HostSays("x");
  EXPECT_FALSE(is_over_);
  Advance(1);
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("0/1 DT"));
}

TEST_F(TcpProxyTest, ASlowReaderHoldsTheWriterUp) {
  Open();
  const std::string piece(8 * 1024, 'x');  // never bulk
  size_t sent = 0;
  for (int i = 0; i < 3000; ++i) {
    sent += client_.Send(piece);
    Turn(1);
  }
  EXPECT_GT(counters().downstream_flow_control_paused_reading_total.value(), 0u);
  EXPECT_TRUE(connection_->is_reading_paused());
  size_t received = 0;
  for (int i = 0; i < 3000 && received < sent; ++i) {
    received += cluster_.peer.Receive().size();
    Turn(1);
  }
  EXPECT_EQ(received, sent);
  EXPECT_FALSE(connection_->is_reading_paused());
}

class BulkTest : public TcpProxyTest {
 protected:
  // Moves `bytes` from one end to the other, whose reader keeps up.
  void Move(net::RawPeer& from, net::RawPeer& to, size_t bytes) {
    const std::string piece(64 * 1024, 'x');
    size_t sent = 0, received = 0;
    for (int i = 0; i < 20'000 && received < bytes; ++i) {
      if (sent < bytes) {
        sent += from.Send(std::string_view(piece).substr(0, std::min(piece.size(), bytes - sent)));
      }
      Turn(1);
      received += to.Receive().size();
    }
    ASSERT_EQ(received, bytes);
    moved_ += bytes;
  }
  size_t moved_ = 0;
};

TEST_F(BulkTest, GoesThroughTheKernelEitherWay) {
  Open();
  ClientSays("hello");
  EXPECT_EQ(cluster_.peer.Receive(), "hello");
  Move(client_, cluster_.peer, 8 * 1024 * 1024);
  EXPECT_TRUE(proxy_->is_pumping_up());
  EXPECT_FALSE(proxy_->is_pumping_down());
  Move(cluster_.peer, client_, 8 * 1024 * 1024);
  EXPECT_TRUE(proxy_->is_pumping_down());
  ClientSays("small");
  EXPECT_EQ(cluster_.peer.Receive(), "small");
  client_.ShutdownWrite();
  Turn();
  cluster_.peer.Receive();
  EXPECT_TRUE(cluster_.peer.ended());
  cluster_.peer.Close();
  Turn();
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre("8388618/8388608 -"));
  EXPECT_EQ(counters().downstream_cx_rx_bytes_total.value(), 8388618u);
  EXPECT_EQ(cluster_.stats().upstream_cx_tx_bytes_total.value(), 8388618u);
  EXPECT_EQ(cluster_.leases, 0);
}

TEST_F(BulkTest, SmallMessagesStayOutOfIt) {
  Open();
  for (int i = 0; i < 2000; ++i) {
    client_.Send(std::string(1000, 'x'));
    Turn(2);
    cluster_.peer.Receive();
  }
  EXPECT_GT(connection_->bytes_read(), 1'000'000u);
  EXPECT_FALSE(proxy_->is_pumping_up());
}

TEST_F(BulkTest, IsNotSilence) {
  config_->idle_timeout_ms = 1'000;
  Open();
  Move(client_, cluster_.peer, 8 * 1024 * 1024);
  ASSERT_TRUE(proxy_->is_pumping_up());
  for (int i = 0; i < 5; ++i) {
    Move(client_, cluster_.peer, 64 * 1024);
    Advance(600);
  }
  EXPECT_FALSE(is_over_);
  Advance(1'000);
  Advance(1'000);
  EXPECT_TRUE(is_over_);
  EXPECT_THAT(log_, ElementsAre(absl::StrCat(moved_, "/0 SI")));
}

TEST_F(BulkTest, WhatIsInThePipeReachesAHostThatReadsSlowly) {
  Open();
  Move(client_, cluster_.peer, 8 * 1024 * 1024);
  ASSERT_TRUE(proxy_->is_pumping_up());
  const std::string piece(64 * 1024, 'x');
  size_t sent = 0, received = 0;
  for (int i = 0; i < 400; ++i) {
    sent += client_.Send(piece);
    Turn(1);
  }
  client_.Close();
  for (int i = 0; i < 20'000 && !cluster_.peer.ended(); ++i) {
    received += cluster_.peer.Receive().size();
    Turn(1);
  }
  EXPECT_EQ(received, sent);
}

TEST_F(TcpProxyTest, WeightsDecideAndZeroMeansNever) {
  FakeTcpCluster other(loop_);
  FakeTcpSlot never;
  never.cluster = &other;
  config_->targets = {{&never, 0}, {&slot_, 5}};
  config_->total_weight = 5;
  for (int i = 0; i < 20; ++i) {
    Open();
    connection_->Close(net::CloseMode::kReset);
    Turn();
  }
  EXPECT_EQ(other.asked, 0);
  EXPECT_EQ(cluster_.asked, 20);
}

}  // namespace
}  // namespace weir::extensions::tcp_proxy
