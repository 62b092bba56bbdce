#include "source/upstream/connect_attempt.h"

#include <gtest/gtest.h>

#include <optional>

#include "test/support/fake_client_transports.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using http::ErrorKind;

class ConnectAttemptTest : public WorkerFixture, public ConnectOwner {
 protected:
  void Start(const net::Address& to) {
    MakeCluster({to});
    context_.emplace(WorkerContext{loop_, *cluster_, stats(), *worker_});
    attempt_ =
        std::make_unique<ConnectAttempt>(*context_, ConnectionSlot::TryTake(*context_, host(), 0),
                                         to, names_, static_cast<ConnectOwner&>(*this));
  }
  void OnConnected(ConnectAttempt& attempt, std::unique_ptr<net::Connection> made) override {
    connection_ = std::move(made);
    connection_->set_handler(handler_);
    slot_ = attempt.TakeSlot();
    loop_.DeleteLater(std::move(attempt_));
  }
  void OnConnectFailed(ConnectAttempt&, const http::StreamError& error,
                       std::string_view reason) override {
    failure_ = error;
    reason_ = std::string(reason);
    loop_.DeleteLater(std::move(attempt_));
  }
  uint64_t ConnectCount() {
    stats::Histogram::Totals totals;
    stats().upstream_cx_connect_ms.AddTo(totals);
    return totals.count;
  }

  std::optional<WorkerContext> context_;
  std::unique_ptr<ConnectAttempt> attempt_;
  ConnectionSlot slot_;
  std::shared_ptr<test::FakeClientTransports> transports_ =
      std::make_shared<test::FakeClientTransports>();
  net::ClientTransportOptions names_;
  net::RecordingHandler handler_;
  std::unique_ptr<net::Connection> connection_;
  std::string reason_;
  std::optional<http::StreamError> failure_;
};

TEST_F(ConnectAttemptTest, HandsOverTheDescriptorAndTheSlot) {
  Start(backend_.address());
  EXPECT_EQ(attempt_->address(), backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return connection_ != nullptr; }));
  EXPECT_TRUE(static_cast<bool>(slot_));
  EXPECT_EQ(ConnectCount(), 1U);
  Turn(2);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  slot_ = ConnectionSlot();
}

TEST_F(ConnectAttemptTest, Refusal) {
  backend_.Stop();
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return failure_.has_value(); }));
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectFailed);
  Turn(2);
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  EXPECT_EQ(stats().upstream_cx_connect_fail.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_connect_timeout.value(), 0U);
  EXPECT_EQ(stats().upstream_cx_destroy_remote.value(), 1U);
  EXPECT_EQ(host()->activity().connect_failures.load(), 1U);
  EXPECT_EQ(ConnectCount(), 0U);
}

TEST_F(ConnectAttemptTest, Timeout) {
  // A full backlog: the kernel drops further SYNs, and connecting goes on and on.
  const int listener = *net::BindListenSocket(*net::Address::ParseIp("127.0.0.1", 0), {});
  ASSERT_TRUE(net::StartListening(listener, 0).ok());
  net::RawPeer closer(listener);
  const net::Address to = *net::BoundAddress(listener);
  std::vector<std::unique_ptr<net::RawPeer>> fill;
  for (int i = 0; i < 4; ++i) {
    fill.push_back(std::make_unique<net::RawPeer>(
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
    connect(fill.back()->fd(), to.raw(), to.size());
  }
  options_.connect.timeout_ms = 250;
  Start(to);
  Advance(249);
  EXPECT_FALSE(failure_.has_value());
  Advance(2);
  ASSERT_TRUE(failure_.has_value());
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectTimeout);
  EXPECT_EQ(stats().upstream_cx_connect_timeout.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_connect_fail.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_local.value(), 1U);
}

TEST_F(ConnectAttemptTest, HandsOverOnceTheHandshakeIsOver) {
  config_.transport = transports_;
  names_.server_name = "web.example";
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  Turn(5);
  EXPECT_EQ(connection_, nullptr);
  backend_.peer(0).Send("Hand more");
  EXPECT_TRUE(TurnUntil([&] { return connection_ != nullptr; }));
  EXPECT_EQ(ConnectCount(), 1U);
  EXPECT_EQ(transports_->asked.at(0).server_name, "web.example");
  EXPECT_TRUE(TurnUntil([&] { return handler_.received == "and more"; }))
      << "what came with the handshake is kept";
  Turn(2);
  slot_ = ConnectionSlot();
}

TEST_F(ConnectAttemptTest, FailedHandshake) {
  config_.transport = transports_;
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  backend_.peer(0).Send("no");
  EXPECT_TRUE(TurnUntil([&] { return failure_.has_value(); }));
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectFailed);
  EXPECT_EQ(reason_, "bad hello");
  Turn(2);
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  EXPECT_EQ(stats().upstream_cx_connect_fail.value(), 1U);
  EXPECT_EQ(host()->activity().connect_failures.load(), 1U);
  EXPECT_EQ(ConnectCount(), 0U);
}

TEST_F(ConnectAttemptTest, PeerThatEndsInTheHandshake) {
  config_.transport = transports_;
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  backend_.peer(0).Close();
  EXPECT_TRUE(TurnUntil([&] { return failure_.has_value(); }));
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectFailed);
  EXPECT_EQ(reason_, "the peer ended the connection in the handshake");
  EXPECT_EQ(stats().upstream_cx_connect_timeout.value(), 0U);
}

TEST_F(ConnectAttemptTest, ConnectTimeoutCoversTheHandshake) {
  config_.transport = transports_;
  options_.connect.timeout_ms = 250;
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  Turn(5);
  Advance(249);
  EXPECT_FALSE(failure_.has_value());
  Advance(2);
  ASSERT_TRUE(failure_.has_value());
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectTimeout);
  EXPECT_FALSE(reason_.empty());
  EXPECT_EQ(stats().upstream_cx_connect_timeout.value(), 1U);
  backend_.peer(0).Receive();
  EXPECT_TRUE(backend_.peer(0).ended() || backend_.peer(0).error() != 0);
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
}

TEST_F(ConnectAttemptTest, TransportThatCannotBeMadeYet) {
  config_.transport = transports_;
  transports_->is_ready = false;
  Start(backend_.address());
  EXPECT_FALSE(failure_.has_value()) << "never before it has begun";
  Turn(1);
  ASSERT_TRUE(failure_.has_value());
  EXPECT_EQ(failure_->kind, ErrorKind::kConnectFailed);
  EXPECT_EQ(reason_, "no certificate yet");
  EXPECT_EQ(backend_.Accept(), 0U);
}

TEST_F(ConnectAttemptTest, DestroyingItInTheHandshakeAbandonsIt) {
  config_.transport = transports_;
  Start(backend_.address());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  Turn(3);
  attempt_.reset();
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  Turn(3);
  EXPECT_FALSE(failure_.has_value());
}

TEST_F(ConnectAttemptTest, DestroyingItAbandonsIt) {
  Start(backend_.address());
  attempt_.reset();
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  Turn(5);
  EXPECT_EQ(connection_, nullptr);
  EXPECT_FALSE(failure_.has_value());
}

}  // namespace
}  // namespace weir::upstream
