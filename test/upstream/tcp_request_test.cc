#include "source/upstream/tcp_request.h"

#include <gtest/gtest.h>

#include "test/support/fake_client_transports.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using TcpRequestTest = WorkerFixture;
using http::ErrorKind;

TEST_F(TcpRequestTest, GivesAConnectionAndItsLease) {
  MakeCluster({backend_.address()});
  ConnectionClient client;
  client.Ask(*worker_);
  ASSERT_NE(client.pending, nullptr);
  EXPECT_EQ(host()->active_requests.load(), 1U);
  ASSERT_TRUE(TurnUntil([&] { return client.connection != nullptr && backend_.Accept() == 1; }));
  EXPECT_EQ(client.host, host());
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  EXPECT_EQ(host()->active_requests.load(), 1U);
  backend_.peer(0).Send("hello");
  EXPECT_TRUE(TurnUntil([&] { return client.received == "hello"; }));
  client.Drop();
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  EXPECT_EQ(host()->active_requests.load(), 0U);
  EXPECT_EQ(stats().upstream_cx_active.value(), 0);
}

TEST_F(TcpRequestTest, HalfCloseIsOn) {
  MakeCluster({backend_.address()});
  ConnectionClient client;
  client.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return client.connection != nullptr && backend_.Accept() == 1; }));
  backend_.peer(0).ShutdownWrite();
  EXPECT_TRUE(TurnUntil([&] { return client.ended; }));
  Turn(3);
  EXPECT_FALSE(client.closed);
}

TEST_F(TcpRequestTest, FailureLeavesNothingBehindAndMayBeRetried) {
  backend_.Stop();
  options_.breakers[0].max_connections = 1;
  MakeCluster({backend_.address()});
  ConnectionClient client;
  int failures = 0;
  client.on_failed = [&] {
    if (++failures == 1) client.Ask(*worker_);
  };
  client.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return failures == 2; }));
  EXPECT_EQ(client.failure->kind, ErrorKind::kConnectFailed) << "not overflow: the place was free";
  EXPECT_EQ(client.host, host());
  Turn(2);
  ExpectIdle();
  ExpectNoConnection();
}

TEST_F(TcpRequestTest, HandshakeComesFirst) {
  const auto transports = std::make_shared<test::FakeClientTransports>();
  config_.transport = transports;
  MakeCluster({backend_.address()});
  ConnectionClient client, failing;
  client.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  backend_.peer(0).Send("Hello");
  ASSERT_TRUE(TurnUntil([&] { return client.received == "ello"; }));
  EXPECT_EQ(transports->asked.at(0).alpn, "");
  failing.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 2; }));
  backend_.peer(1).Send("no");
  ASSERT_TRUE(TurnUntil([&] { return failing.failure.has_value(); }));
  EXPECT_EQ(failing.failure->kind, ErrorKind::kConnectFailed);
  EXPECT_EQ(failing.transport_failure, "bad hello");
  client.Drop();
  Turn(2);
  ExpectIdle();
  ExpectNoConnection();
}

TEST_F(TcpRequestTest, RefusedAtTheLimit) {
  options_.breakers[0].max_connections = 1;
  MakeCluster({backend_.address()});
  ConnectionClient first, second;
  first.Ask(*worker_);
  second.Ask(*worker_);
  EXPECT_EQ(second.pending, nullptr);
  ASSERT_TRUE(second.failure.has_value());
  EXPECT_EQ(second.failure->kind, ErrorKind::kOverflow);
  EXPECT_EQ(stats().upstream_cx_overflow.value(), 1U);
  EXPECT_EQ(host()->active_requests.load(), 1U);
}

TEST_F(TcpRequestTest, TakenBackWhileConnecting) {
  MakeCluster({backend_.address()});
  ConnectionClient client;
  client.Ask(*worker_);
  client.pending.reset();
  ExpectIdle();
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
}

TEST_F(TcpRequestTest, NoHost) {
  MakeCluster({});
  ConnectionClient client;
  client.Ask(*worker_);
  ASSERT_TRUE(client.failure.has_value());
  EXPECT_EQ(client.failure->kind, ErrorKind::kNoHost);
  EXPECT_EQ(client.host, nullptr);
}

TEST_F(TcpRequestTest, LeaseOutlivesTheCluster) {
  MakeCluster({backend_.address()});
  ConnectionClient client;
  client.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return client.connection != nullptr; }));
  Retire();
  Turn(3);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  client.Drop();
  Turn(3);
  EXPECT_EQ(cluster_.use_count(), 1);
}

}  // namespace
}  // namespace weir::upstream
