#include "source/upstream/worker_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using http::ErrorKind;

class WorkerClusterTest : public WorkerFixture {
 protected:
  // Clients that wait for one another's connections to two backends are all served.
  template <class Check>
  void AnswerAll(std::deque<StreamClient>& clients, Backend& other, const Check& check) {
    const auto all_done = [&] {
      backend_.Answer();
      other.Answer();
      check();
      // The broker's part, which this fixture has none of.
      worker_->OnConnectionsFree(0);
      return std::all_of(clients.begin(), clients.end(),
                         [](const StreamClient& client) { return client.is_done(); });
    };
    EXPECT_TRUE(TurnUntil(all_done));
    EXPECT_GT(stats().upstream_cx_overflow.value(), 0U);
  }
};

TEST_F(WorkerClusterTest, NoHostFailsAtOnce) {
  MakeCluster({});
  StreamClient client;
  client.Ask(*worker_);
  ASSERT_TRUE(client.has_failed());
  EXPECT_EQ(client.failure->kind, ErrorKind::kNoHost);
  EXPECT_EQ(client.failure->detail, "no_healthy_upstream");
  EXPECT_EQ(client.failed_host, nullptr);
  EXPECT_EQ(stats().upstream_cx_none_healthy.value(), 1U);
}

TEST_F(WorkerClusterTest, DropsWhatTheControlPlaneWantsDropped) {
  MakeCluster({backend_.address()});
  Drop(1);
  StreamClient client;
  client.Ask(*worker_);
  ASSERT_TRUE(client.has_failed());
  EXPECT_EQ(client.failure->kind, ErrorKind::kDropped);
  EXPECT_FALSE(client.failure->retryable);
  EXPECT_EQ(stats().upstream_rq_drop_overload.value(), 1U);
  Drop(0);
  StreamClient other;
  Exchange(other);
  EXPECT_EQ(stats().upstream_rq_drop_overload.value(), 1U);
}

TEST_F(WorkerClusterTest, SpreadsRequestsAndAvoidsTriedHosts) {
  Backend other;
  MakeCluster({backend_.address(), other.address()});
  std::deque<StreamClient> clients(10);
  std::map<balancing::Host*, int> counts;
  for (auto& client : clients) client.Ask(*worker_);
  EXPECT_EQ(host(0)->active_requests.load(), 5U);
  EXPECT_EQ(host(1)->active_requests.load(), 5U);
  const balancing::HostPtr tried_host = host(0);
  const balancing::Host* tried[] = {tried_host.get()};
  balancing::PickContext context;
  context.tried = tried;
  context.tried_count = 1;
  for (auto& client : clients) {
    client.Cancel();
    client.Ask(*worker_, context);
  }
  EXPECT_EQ(host(1)->active_requests.load(), 10U);
}

TEST_F(WorkerClusterTest, AWantedHostIsTakenWhereItCanBeHad) {
  Backend other;
  MakeCluster({backend_.address(), other.address()});
  balancing::PickContext context;
  const net::Address wanted = other.address();
  context.wanted_host = &wanted;
  std::deque<StreamClient> clients(6);
  for (auto& client : clients) client.Ask(*worker_, context);
  EXPECT_EQ(host(1)->active_requests.load(), 6U);
  SetHosts({backend_.address()});
  StreamClient elsewhere, nowhere;
  elsewhere.Ask(*worker_, context);
  EXPECT_FALSE(elsewhere.has_failed());
  context.wants_no_other = true;
  nowhere.Ask(*worker_, context);
  ASSERT_TRUE(nowhere.has_failed());
  EXPECT_EQ(nowhere.failure->kind, ErrorKind::kNoHost);
}

TEST_F(WorkerClusterTest, ABoundedPolicyHearsHowBusyTheClusterIs) {
  options_.balancer.policy = balancing::BalancerPolicy::kMaglev;
  options_.balancer.hashing.balance_percent = 100;
  Backend other;
  MakeCluster({backend_.address(), other.address()});
  balancing::PickContext context;
  context.hash = 1;
  std::deque<StreamClient> clients(10);
  for (auto& client : clients) client.Ask(*worker_, context);
  EXPECT_EQ(host(0)->active_requests.load(), 5U);
  EXPECT_EQ(host(1)->active_requests.load(), 5U);
}

TEST_F(WorkerClusterTest, ChangeOfHostsIsSeenByTheNextRequest) {
  Backend other;
  MakeCluster({backend_.address()});
  StreamClient first, second;
  Exchange(first);
  SetHosts({other.address()});
  second.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return other.Answer(), second.is_done(); }));
  EXPECT_EQ(second.info.host->address(), other.address());
}

TEST_F(WorkerClusterTest, LogicalAddressIsForNewConnectionsOnly) {
  Backend other;
  MakeCluster({backend_.address()});
  StreamClient first, second, third;
  Exchange(first);
  const auto before = cluster_->hosts().Load();
  balancing::HostSetBuilder builder(before.get(), balancing::PlainGrouping());
  for (const balancing::EndpointConfig& endpoint : balancing::AssignmentOf(*before).endpoints)
    builder.Add(endpoint);
  builder.set_logical_address(other.address());
  base::Random random(1);
  cluster_->SetHosts(builder.Build(random).set);
  Exchange(second);
  EXPECT_TRUE(second.info.reused_connection);
  second.Ask(*worker_);
  third.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return other.Answer(), third.is_done(); }));
  EXPECT_EQ(*third.info.remote_address, other.address());
  EXPECT_EQ(third.info.host, first.info.host);
  Complete(second);
}

// Both hosts share one connection: it is closed at one to be opened at the other.
TEST_F(WorkerClusterTest, BlockedPoolsTakeTurns) {
  Backend other;
  options_.breakers[0].max_connections = 1;
  MakeCluster({backend_.address(), other.address()});
  std::deque<StreamClient> clients(4);
  for (auto& client : clients) client.Ask(*worker_);
  EXPECT_TRUE(breakers_->HasWaiters(0));
  AnswerAll(clients, other, [this] { EXPECT_LE(Taken(Resource::kConnections), 1U); });
  ExpectIdle();
}

// Each host bears one connection; the cluster bears any number.
TEST_F(WorkerClusterTest, HostsHaveACapEach) {
  Backend other;
  options_.breakers[0].max_connections_per_host = 1;
  MakeCluster({backend_.address(), other.address()});
  std::deque<StreamClient> clients(6);
  for (auto& client : clients) client.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kConnections), 2U);
  EXPECT_TRUE(host(0)->is_waited_for());
  EXPECT_FALSE(breakers_->HasWaiters(0));
  AnswerAll(clients, other, [this] {
    for (int i = 0; i < 2; ++i) EXPECT_LE(host(i)->active_connections.load(), 1U);
  });
}

// One priority's idle connection is given up for a request of the other.
TEST_F(WorkerClusterTest, AnIdleConnectionIsGivenUpForItsHostAlone) {
  Backend other;
  for (BreakerLimits& limits : options_.breakers) limits.max_connections_per_host = 1;
  MakeCluster({backend_.address(), other.address()});
  StreamClient first, second;
  Exchange(first);
  second.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return other.Answer(), second.is_done(); }));
  EXPECT_EQ(Taken(Resource::kConnections), 2U);
  worker_->CloseOneIdle(1, host(0).get());
  Turn(3);
  EXPECT_EQ(host(0)->active_connections.load(), 0U);
  EXPECT_EQ(host(1)->active_connections.load(), 1U);
}

TEST_F(WorkerClusterTest, RetriesAreLimited) {
  options_.breakers[0].retry_budget.reset();
  options_.breakers[0].max_retries = 1;
  MakeCluster({});
  EXPECT_TRUE(worker_->StartRetry(0));
  EXPECT_FALSE(worker_->StartRetry(0));
  EXPECT_TRUE(worker_->StartRetry(1));
  worker_->FinishRetry(0);
  EXPECT_TRUE(worker_->StartRetry(0));
}

// Three, or a fifth of the requests that run: the default.
TEST_F(WorkerClusterTest, RetriesAreAPartOfTheTraffic) {
  MakeCluster({});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(worker_->StartRetry(0));
  EXPECT_FALSE(worker_->StartRetry(0));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(breakers_->TryTake(Resource::kRequests, 0));
  EXPECT_TRUE(worker_->StartRetry(0));
  EXPECT_FALSE(worker_->StartRetry(0));
  for (int i = 0; i < 20; ++i) breakers_->Release(Resource::kRequests, 0);
  for (int i = 0; i < 4; ++i) worker_->FinishRetry(0);
}

TEST_F(WorkerClusterTest, DrainedConnectionsAreReplaced) {
  MakeCluster({backend_.address()});
  StreamClient idle, busy, next;
  busy.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return busy.is_ready(); }));
  idle.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return idle.is_ready(); }));
  worker_->DrainConnections();
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), idle.is_done() && busy.is_done(); }));
  EXPECT_FALSE(idle.reset.has_value() || busy.reset.has_value());
  next.Ask(*worker_);
  EXPECT_TRUE(next.is_pending());
  Complete(next);
}

TEST_F(WorkerClusterTest, RetiredClusterFinishesWhatRuns) {
  MakeCluster({backend_.address()});
  StreamClient idle, busy, pending;
  Exchange(idle);
  busy.Ask(*worker_);
  ASSERT_NE(busy.stream, nullptr);
  pending.Ask(*worker_);
  ASSERT_TRUE(pending.is_pending());
  Retire();
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), busy.is_done() && pending.is_done(); }));
  EXPECT_EQ(busy.status + pending.status, 400);
  Turn(3);
  EXPECT_EQ(cluster_.use_count(), 1) << "it destroyed itself";
  ExpectNoConnection();
  ExpectIdle();
}

TEST_F(WorkerClusterTest, RetiredClusterStillServesItsReferences) {
  MakeCluster({backend_.address()});
  WorkerCluster* const retired = worker_;
  LocalClusterRef ref(retired);
  Retire();
  Turn(2);
  StreamClient retry;
  retry.Ask(*retired);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), retry.is_done(); }));
  Turn(3);
  EXPECT_FALSE(retired->has_connections()) << "nobody will want the connection";
  ref = LocalClusterRef();
  Turn(3);
  EXPECT_EQ(cluster_.use_count(), 1);
}

TEST_F(WorkerClusterTest, UnusedRetiredClusterEndsAtOnce) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  Retire();
  Turn(3);
  EXPECT_EQ(cluster_.use_count(), 1);
  ExpectNoConnection();
}

TEST_F(WorkerClusterTest, PanicIsCounted) {
  MakeCluster({backend_.address()});
  const auto before = cluster_->hosts().Load();
  balancing::HostSetBuilder builder(before.get(), balancing::PlainGrouping());
  for (balancing::EndpointConfig endpoint : balancing::AssignmentOf(*before).endpoints) {
    endpoint.health = balancing::EdsHealth::kUnhealthy;
    builder.Add(endpoint);
  }
  base::Random random(1);
  cluster_->SetHosts(builder.Build(random).set);
  StreamClient client;
  client.Ask(*worker_);
  EXPECT_TRUE(client.is_pending());
  EXPECT_EQ(stats().lb_healthy_panic.value(), 1U);
}

}  // namespace
}  // namespace weir::upstream
