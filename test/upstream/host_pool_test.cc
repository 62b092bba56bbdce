#include "source/upstream/host_pool.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "test/support/allocation_counter.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using HostPoolTest = WorkerFixture;
using http::ErrorKind;

TEST_F(HostPoolTest, ConnectsOnDemandAndReusesTheConnection) {
  MakeCluster({backend_.address()});
  StreamClient first, second;
  first.Ask(*worker_);
  EXPECT_TRUE(first.is_pending());
  EXPECT_EQ(Taken(Resource::kPendingRequests), 1U);
  EXPECT_EQ(host()->active_requests.load(), 1U);
  Complete(first);
  EXPECT_FALSE(first.info.reused_connection);
  EXPECT_EQ(first.info.host, host());
  EXPECT_EQ(first.info.local_address->ToString().substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(*first.info.remote_address, backend_.address());
  ExpectIdle();

  second.Ask(*worker_);
  EXPECT_TRUE(second.is_ready()) << "an idle connection answers at once";
  EXPECT_FALSE(second.is_pending());
  Complete(second);
  EXPECT_TRUE(second.info.reused_connection);
  EXPECT_EQ(second.info.connection_id, first.info.connection_id);
  EXPECT_EQ(backend_.Accept(), 1U);
  EXPECT_EQ(stats().upstream_cx_total.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_http1_total.value(), 1U);
  EXPECT_EQ(stats().upstream_rq_total.value(), 2U);
  EXPECT_EQ(stats().upstream_rq_pending_total.value(), 1U);
  EXPECT_EQ(host()->activity().requests_total.load(), 2U);
  EXPECT_GT(stats().upstream_cx_rx_bytes_total.value(), 0U);
  EXPECT_GT(stats().upstream_cx_tx_bytes_total.value(), 0U);
}

TEST_F(HostPoolTest, SteadyRequestAllocatesNothing) {
  MakeCluster({backend_.address()});
  StreamClient client;
  for (int i = 0; i < 3; ++i) Exchange(client);
  client.sends = false;  // the codec's own cost is the codec's test
  test::AllocationCounter counter;
  client.Ask(*worker_);
  const int64_t allocations = counter.count();
  ASSERT_TRUE(client.is_ready());
  EXPECT_EQ(allocations, 0);
  client.stream->Reset(http::ResetKind::kCancel);
}

TEST_F(HostPoolTest, PendingRequestsAreServedInOrder) {
  options_.breakers[0].max_connections = 1;
  MakeCluster({backend_.address()});
  std::vector<int> order;
  std::deque<StreamClient> clients(4);
  for (int i = 0; i < 4; ++i) {
    clients[i].on_ready = [&order, i] { order.push_back(i); };
    clients[i].Ask(*worker_);
  }
  EXPECT_EQ(Taken(Resource::kPendingRequests), 4U);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), clients[3].is_done(); }));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(backend_.Accept(), 1U);
  EXPECT_GT(stats().upstream_cx_overflow.value(), 0U);
  ExpectIdle();
}

TEST_F(HostPoolTest, NeverMoreAttemptsThanRequestsThatWait) {
  MakeCluster({backend_.address()});
  std::deque<StreamClient> clients(3);
  for (auto& client : clients) client.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kConnections), 3U);
  clients[0].Cancel();
  StreamClient more;
  more.Ask(*worker_);  // takes the place that was given up
  EXPECT_EQ(Taken(Resource::kConnections), 3U);
  EXPECT_EQ(stats().upstream_rq_cancelled.value(), 1U);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), more.is_done() && clients[2].is_done(); }));
  ExpectIdle();
}

TEST_F(HostPoolTest, MostRecentlyUsedConnectionIsTakenFirst) {
  MakeCluster({backend_.address()});
  ExchangeOnTwo();
  StreamClient next, after;
  Exchange(next);
  Exchange(after);
  EXPECT_EQ(next.info.connection_id, after.info.connection_id);
}

TEST_F(HostPoolTest, RefusedConnectionFailsWhoeverWaits) {
  backend_.Stop();
  MakeCluster({backend_.address()});
  std::deque<StreamClient> clients(3);
  for (auto& client : clients) client.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return clients[2].has_failed(); }));
  for (auto& client : clients) {
    ASSERT_TRUE(client.has_failed());
    EXPECT_EQ(client.failure->kind, ErrorKind::kConnectFailed);
    EXPECT_TRUE(client.failure->retryable);
    EXPECT_EQ(client.failed_host, host());
  }
  EXPECT_EQ(stats().upstream_cx_connect_fail.value(), 3U);
  EXPECT_EQ(stats().upstream_rq_pending_failure_eject.value(), 3U);
  EXPECT_EQ(host()->activity().connect_failures.load(), 3U);
  ExpectIdle();
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HostPoolTest, RetryFromInsideAFailureIsANewRequest) {
  backend_.Stop();
  MakeCluster({backend_.address()});
  StreamClient first, second, third;
  // The first asks again at once, the second takes the third back.
  first.on_failed = [&] {
    first.on_failed = nullptr;
    first.Ask(*worker_);
  };
  second.on_failed = [&] { third.Cancel(); };
  for (StreamClient* client : {&first, &second, &third}) client->Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return second.has_failed(); }));
  EXPECT_FALSE(third.has_failed());
  EXPECT_TRUE(first.is_pending());
  EXPECT_EQ(Taken(Resource::kConnections), 1U) << "one waits, one attempt";
  first.failure.reset();
  EXPECT_TRUE(TurnUntil([&] { return first.has_failed(); }));
  EXPECT_EQ(stats().upstream_rq_cancelled.value(), 1U);
  ExpectIdle();
}

TEST_F(HostPoolTest, TooManyPendingRequestsOverflow) {
  options_.breakers[0].max_pending_requests = 1;
  MakeCluster({backend_.address()});
  StreamClient first, second;
  first.Ask(*worker_);
  second.Ask(*worker_);
  ASSERT_TRUE(second.has_failed());
  EXPECT_EQ(second.failure->kind, ErrorKind::kOverflow);
  EXPECT_EQ(second.failed_host, host());
  EXPECT_EQ(stats().upstream_rq_pending_overflow.value(), 1U);
  Complete(first);
  ExpectIdle();
}

TEST_F(HostPoolTest, TooManyRequestsOverflowWithOrWithoutAnIdleConnection) {
  options_.breakers[0].max_requests = 1;
  MakeCluster({backend_.address()});
  StreamClient running, waiting;
  Exchange(running);
  running.Ask(*worker_);
  ASSERT_NE(running.stream, nullptr);
  waiting.Ask(*worker_);
  EXPECT_TRUE(waiting.is_pending());
  EXPECT_TRUE(TurnUntil([&] { return waiting.has_failed(); }));
  EXPECT_EQ(waiting.failure->kind, ErrorKind::kOverflow);
  // Its connection is idle now, and yet:
  StreamClient third;
  third.Ask(*worker_);
  ASSERT_TRUE(third.has_failed());
  EXPECT_EQ(third.failure->kind, ErrorKind::kOverflow);
  EXPECT_EQ(stats().upstream_rq_pending_overflow.value(), 2U);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), running.is_done(); }));
  ExpectIdle();
}

TEST_F(HostPoolTest, PrioritiesHaveTheirOwnConnectionsAndLimits) {
  options_.breakers[0].max_connections = 1;
  MakeCluster({backend_.address()});
  StreamClient normal, high;
  normal.Ask(*worker_, {}, kDefaultPriority);
  high.Ask(*worker_, {}, kHighPriority);
  EXPECT_EQ(Taken(Resource::kConnections, kDefaultPriority), 1U);
  EXPECT_EQ(Taken(Resource::kConnections, kHighPriority), 1U);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), normal.is_done() && high.is_done(); }));
  EXPECT_NE(normal.info.connection_id, high.info.connection_id);
}

TEST_F(HostPoolTest, RequestsOfARemovedHostMoveToAnother) {
  Backend other;
  MakeCluster({backend_.address()});
  StreamClient client, alone;
  client.Ask(*worker_);
  const balancing::HostPtr old = host();
  worker_->OnHostsRemoved(SetHosts({other.address()}));
  EXPECT_EQ(old->active_requests.load(), 0U);
  EXPECT_EQ(host()->active_requests.load(), 1U);
  EXPECT_TRUE(TurnUntil([&] { return other.Answer(), client.is_done(); }));
  EXPECT_EQ(client.info.host, host());
  EXPECT_EQ(client.ready_count, 1);
  ExpectIdle();
}

TEST_F(HostPoolTest, RequestsOfTheLastHostFail) {
  MakeCluster({backend_.address()});
  StreamClient client;
  client.Ask(*worker_);
  worker_->OnHostsRemoved(SetHosts({}));
  ASSERT_TRUE(client.has_failed());
  EXPECT_EQ(client.failure->kind, ErrorKind::kNoHost);
  ExpectIdle();
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HostPoolTest, RemovedHostClosesIdleConnectionsAndLetsBusyOnesFinish) {
  Backend other;
  MakeCluster({backend_.address()});
  StreamClient idle, busy;
  idle.Ask(*worker_);
  busy.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return idle.is_ready() && busy.is_ready(); }));
  backend_.Accept();
  // Both requests have been sent; only one of them is answered.
  EXPECT_TRUE(TurnUntil([&] { return !backend_.peer(0).Receive().empty(); }));
  backend_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return idle.is_done() || busy.is_done(); }));
  worker_->OnHostsRemoved(SetHosts({other.address()}));
  EXPECT_TRUE(
      TurnUntil([&] { return backend_.peer(0).Receive().empty() && backend_.peer(0).ended(); }));
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  backend_.peer(1).Receive();
  EXPECT_FALSE(backend_.peer(1).ended());
  backend_.peer(1).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return idle.is_done() && busy.is_done(); }));
  EXPECT_EQ(idle.status + busy.status, 400);
  EXPECT_TRUE(TurnUntil([&] { return backend_.peer(1).Receive(), backend_.peer(1).ended(); }));
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HostPoolTest, IdleConnectionIsGivenUpWhenSomebodyElseWaits) {
  MakeCluster({backend_.address()});
  StreamClient client;
  client.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return client.is_ready(); }));
  breakers_->WaitForConnection(0);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  Turn(3);
  ExpectNoConnection();
}

TEST_F(HostPoolTest, ClosesTheLongestIdleConnection) {
  MakeCluster({backend_.address()});
  ExchangeOnTwo();
  StreamClient recent;
  Exchange(recent);
  worker_->CloseOneIdle(0);
  Turn(3);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  StreamClient next;
  Exchange(next);
  EXPECT_EQ(next.info.connection_id, recent.info.connection_id);
}

// A client that is never answered, on a cluster that ends while it waits.
TEST_F(HostPoolTest, EndsWithRequestsPending) {
  MakeCluster({backend_.address()});
  StreamClient client;
  client.Ask(*worker_);
  client.Cancel();
  EXPECT_EQ(Taken(Resource::kPendingRequests), 0U);
  // The attempt goes on: its connection becomes an idle one.
  EXPECT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  Turn(3);
  StreamClient next;
  next.Ask(*worker_);
  EXPECT_TRUE(next.is_ready());
  EXPECT_FALSE(next.info.reused_connection);
  Complete(next);
}

}  // namespace
}  // namespace weir::upstream
