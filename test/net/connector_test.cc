#include "source/net/connector.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <optional>

#include "source/net/listen_socket.h"
#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ConnectorTest : public testing::Test {
 protected:
  ~ConnectorTest() override {
    if (listener_ >= 0) close(listener_);
    if (result_.has_value() && result_->ok()) close(**result_);
  }

  // A listening socket on loopback; returns where.
  Address Listen(int backlog = 16) {
    listener_ = *BindListenSocket(*Address::ParseIp("127.0.0.1", 0), {});
    EXPECT_TRUE(StartListening(listener_, backlog).ok());
    return *BoundAddress(listener_);
  }
  // An address that refuses: bound, so that nobody else takes it, but not listening.
  Address Refusing() {
    listener_ = *BindListenSocket(*Address::ParseIp("127.0.0.1", 0), {});
    return *BoundAddress(listener_);
  }
  void Start(const Address& to, const ConnectOptions& options = {}) {
    connector_ = Connector::Start(loop_, to, options, [this](absl::StatusOr<int> fd) {
      EXPECT_FALSE(result_.has_value()) << "called twice";
      result_ = std::move(fd);
    });
  }
  bool WaitForResult() {
    for (int i = 0; i < 1000 && !result_.has_value(); ++i) loop_.RunReady();
    return result_.has_value();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  int listener_ = -1;
  std::unique_ptr<Connector> connector_;
  std::optional<absl::StatusOr<int>> result_;
};

TEST_F(ConnectorTest, GivesAConnectedNonBlockingDescriptor) {
  const Address to = Listen();
  Start(to);
  EXPECT_FALSE(result_.has_value());
  ASSERT_TRUE(WaitForResult());
  ASSERT_TRUE(result_->ok()) << result_->status();
  const int fd = **result_;
  EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  const RawPeer accepted(accept(listener_, nullptr, nullptr));
  EXPECT_GE(accepted.fd(), 0);
  connector_.reset();
  EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), 1) << "the descriptor is the callee's";
  for (int i = 0; i < 3; ++i) loop_.RunReady();
}

TEST_F(ConnectorTest, ConnectsToUnixSockets) {
  const Address to = *Address::Pipe("@weir-connector-test-" + std::to_string(getpid()));
  listener_ = *BindListenSocket(to, {});
  ASSERT_TRUE(StartListening(listener_, 1).ok());
  Start(to);
  EXPECT_FALSE(result_.has_value());
  ASSERT_TRUE(WaitForResult());
  EXPECT_TRUE(result_->ok()) << result_->status();
}

TEST_F(ConnectorTest, SaysWhoRefused) {
  const Address to = Refusing();
  Start(to);
  EXPECT_FALSE(result_.has_value());
  ASSERT_TRUE(WaitForResult());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(result_->status().message(),
            "cannot connect to " + to.ToString() + ": Connection refused");
}

TEST_F(ConnectorTest, AnImmediateFailureIsToldLater) {
  Start(*Address::Pipe("/nonexistent/weir.sock"));
  EXPECT_FALSE(result_.has_value());
  loop_.RunReady();
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->status().message(),
            "cannot connect to /nonexistent/weir.sock: No such file or directory");
}

TEST_F(ConnectorTest, AnUnsetAddressIsAnError) {
  Start(Address());
  ASSERT_TRUE(WaitForResult());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectorTest, GivesUpInTime) {
  // A full backlog: the kernel drops further SYNs, and connect() goes on waiting.
  const Address to = Listen(0);
  std::vector<std::unique_ptr<RawPeer>> fill;
  for (int i = 0; i < 4; ++i) {
    fill.push_back(
        std::make_unique<RawPeer>(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
    connect(fill.back()->fd(), to.raw(), to.size());
  }
  Start(to, {.timeout_ms = 250});
  for (int i = 0; i < 5; ++i) loop_.RunReady();
  clock_.AdvanceMs(249);
  loop_.RunReady();
  EXPECT_FALSE(result_.has_value());
  clock_.AdvanceMs(2);
  loop_.RunReady();
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(result_->status().message(),
            "cannot connect to " + to.ToString() + ": connect timeout");
}

TEST_F(ConnectorTest, DestroyingItAbandonsTheAttempt) {
  Start(Listen());
  connector_.reset();
  Start(*Address::Pipe("/nonexistent/weir.sock"));
  connector_.reset();
  for (int i = 0; i < 5; ++i) loop_.RunReady();
  clock_.AdvanceMs(60'000);
  for (int i = 0; i < 5; ++i) loop_.RunReady();
  EXPECT_FALSE(result_.has_value());
}

TEST_F(ConnectorTest, MayBeDestroyedInItsCallback) {
  int calls = 0;
  for (const Address& to : {Listen(), *Address::Pipe("/nonexistent/weir.sock")}) {
    connector_ = Connector::Start(loop_, to, {}, [this, &calls](absl::StatusOr<int> fd) {
      connector_.reset();
      if (fd.ok()) close(*fd);
      ++calls;
    });
    for (int i = 0; i < 1000 && connector_ != nullptr; ++i) loop_.RunReady();
  }
  EXPECT_EQ(calls, 2);
}

TEST_F(ConnectorTest, MayBeDestroyedWhenItTimesOut) {
  const Address to = Listen();
  bool is_called = false;
  connector_ = Connector::Start(loop_, to, {.timeout_ms = 0}, [&](absl::StatusOr<int> fd) {
    connector_.reset();
    if (fd.ok()) close(*fd);
    is_called = true;
  });
  clock_.AdvanceMs(5);
  for (int i = 0; i < 5; ++i) loop_.RunReady();
  EXPECT_TRUE(is_called);
}

TEST_F(ConnectorTest, BindsToTheGivenAddress) {
  const Address to = Listen();
  Start(to, {.bind_address = *Address::ParseIp("127.0.0.2", 0)});
  ASSERT_TRUE(WaitForResult());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ(BoundAddress(**result_)->IpString(), "127.0.0.2");
}

TEST_F(ConnectorTest, SaysWhenItCannotBind) {
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody's own.
  Start(Listen(), {.bind_address = *Address::ParseIp("192.0.2.1", 0)});
  ASSERT_TRUE(WaitForResult());
  EXPECT_THAT(std::string(result_->status().message()), StartsWith("cannot bind 192.0.2.1:0: "));
}

TEST_F(ConnectorTest, SetsKeepalive) {
  const auto value_of = [this](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    getsockopt(**result_, level, name, &value, &size);
    return value;
  };
  Start(Listen(), {.tcp_keepalive = true,
                   .keepalive_probes = 3,
                   .keepalive_time_s = 40,
                   .keepalive_interval_s = 5});
  ASSERT_TRUE(WaitForResult());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ(value_of(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(value_of(IPPROTO_TCP, TCP_KEEPCNT), 3);
  EXPECT_EQ(value_of(IPPROTO_TCP, TCP_KEEPIDLE), 40);
  EXPECT_EQ(value_of(IPPROTO_TCP, TCP_KEEPINTVL), 5);
}

}  // namespace
}  // namespace weir::net
