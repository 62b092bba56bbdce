// Clusters of type ORIGINAL_DST as definitions come and go and workers use them.
#include <gtest/gtest.h>

#include <string>

#include "test/clusters/registry_fixture.h"

namespace weir::clusters {
namespace {

using http::ErrorKind;
using upstream::StreamClient;

class DestinationClustersTest : public RegistryFixture {
 protected:
  bool AddCluster(std::string_view more = {}) {
    return Add(base::StrCat("{name: web, type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, ",
                            "cleanup_interval: 0.1s, ", more, "}"));
  }
  // A connection that was going to `address`.
  void Ask(StreamClient& client, int worker, const net::Address& address) {
    balancing::PickContext context;
    context.original_destination = &address;
    client.Ask(*At(worker), context);
  }
  void Exchange(StreamClient& client, int worker, const net::Address& address) {
    Ask(client, worker, address);
    ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
    EXPECT_EQ(client.status, 200);
  }
  upstream::MembershipStats& membership() {
    base::SetThreadIndex(base::kMainThread);
    return store_.AddGroup<upstream::MembershipStats>("cluster.web")->Here();
  }
  upstream::ClusterStats& stats(int worker) { return At(worker)->stats(); }
};

TEST_F(DestinationClustersTest, IsLiveAtOnceAndEmpty) {
  ASSERT_TRUE(AddCluster()) << faults_;
  Turn(3);
  EXPECT_EQ(HostCount(), 0U);
  StreamClient client;
  RegistryFixture::Ask(client, 0);
  ASSERT_TRUE(client.has_failed());
  EXPECT_EQ(client.failure->kind, ErrorKind::kNoHost);
  EXPECT_EQ(stats(0).upstream_cx_none_healthy.value(), 1U);
}

TEST_F(DestinationClustersTest, WorkersShareAHostThatTheFirstRequestMakes) {
  ASSERT_TRUE(AddCluster());
  StreamClient first, second;
  Ask(first, 0, backend_.address());
  Ask(second, 1, backend_.address());
  EXPECT_EQ(HostCount(), 0U) << "main has not heard of it, and nobody waits for that";
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), first.is_done() && second.is_done(); }));
  EXPECT_EQ(first.info.host, second.info.host);
  EXPECT_EQ(first.info.host->address(), backend_.address());
  ASSERT_EQ(HostCount(), 1U);
  EXPECT_EQ(HostsOf()->hosts()[0], first.info.host);
  EXPECT_EQ(membership().membership_total.value(), 1);
  EXPECT_EQ(membership().membership_healthy.value(), 1);
  ASSERT_EQ(manager_->View("web")->hosts.size(), 1U);
  EXPECT_EQ(manager_->View("web")->hosts[0].host->activity().requests_total.load(), 2U);
}

TEST_F(DestinationClustersTest, AHostStaysWhileItHasAConnection) {
  ASSERT_TRUE(AddCluster());
  StreamClient client;
  Exchange(client, 0, backend_.address());
  for (int i = 0; i < 5; ++i) Advance(100);
  EXPECT_EQ(HostCount(), 1U);
  // The kept connection ends.
  backend_.peer(0).Close();
  ASSERT_TRUE(TurnUntil([&] { return !At(0)->has_connections(); }));
  const std::weak_ptr<balancing::Host> host = std::exchange(client.info.host, nullptr);
  for (int i = 0; i < 2; ++i) Advance(100);
  EXPECT_EQ(HostCount(), 0U);
  EXPECT_EQ(membership().membership_total.value(), 0);
  Turn(5);
  EXPECT_TRUE(host.expired()) << "nobody keeps it";
  StreamClient again;
  Exchange(again, 0, backend_.address());
  EXPECT_EQ(HostCount(), 1U);
}

TEST_F(DestinationClustersTest, ARequestThatWaitsKeepsItsHost) {
  ASSERT_TRUE(AddCluster("circuit_breakers: {thresholds: [{max_connections: 1}]}"));
  upstream::Backend other;
  StreamClient first, second;
  Ask(first, 0, backend_.address());
  Ask(second, 0, other.address());
  for (int i = 0; i < 5; ++i) Advance(100);
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_FALSE(second.has_failed());
  first.Cancel();
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), other.Answer(), second.is_done(); }));
}

TEST_F(DestinationClustersTest, ACallerOfTcpIsServedToo) {
  struct Requester final : upstream::ConnectionRequester, net::ConnectionHandler {
    net::ConnectionHandler& handler() override { return *this; }
    void OnConnectionReady(std::unique_ptr<net::Connection> ready, balancing::HostPtr picked,
                           std::unique_ptr<Lease> leased) override {
      connection = std::move(ready);
      host = std::move(picked);
      lease = std::move(leased);
    }
    void OnConnectionFailed(const http::StreamError& error, const balancing::HostPtr&) override {
      failure = error.kind;
    }
    size_t OnRead(std::string_view bytes) override { return bytes.size(); }
    void OnReadEnd() override {}
    void OnClosed(net::CloseReason) override {}
    std::unique_ptr<net::Connection> connection;
    balancing::HostPtr host;
    std::unique_ptr<Lease> lease;
    std::optional<ErrorKind> failure;
  };
  ASSERT_TRUE(AddCluster());
  Requester nowhere, requester;
  EXPECT_EQ(At(0)->RequestConnection({}, 0, nowhere), nullptr);
  EXPECT_EQ(nowhere.failure, ErrorKind::kNoHost);
  balancing::PickContext context;
  context.original_destination = &backend_.address();
  const auto pending = At(0)->RequestConnection(context, 0, requester);
  ASSERT_TRUE(TurnUntil([&] { return requester.connection != nullptr; }));
  EXPECT_EQ(requester.host->address(), backend_.address());
  for (int i = 0; i < 3; ++i) Advance(100);
  EXPECT_EQ(HostCount(), 1U) << "it is in use";
}

TEST_F(DestinationClustersTest, ARemovedClusterServesWhatItHas) {
  ASSERT_TRUE(AddCluster());
  StreamClient client, late;
  upstream::LocalClusterRef kept(At(0));
  Ask(client, 0, backend_.address());
  base::SetThreadIndex(base::kMainThread);
  ASSERT_TRUE(manager_->Remove("web"));
  Turn(5);
  EXPECT_EQ(At(0), nullptr);
  // A router may try again, or once more elsewhere, when the definition is gone.
  upstream::Backend other;
  balancing::PickContext context;
  context.original_destination = &other.address();
  base::SetThreadIndex(1);
  late.Ask(*kept.get(), context);
  ASSERT_TRUE(TurnUntil(
      [&] { return backend_.Answer(), other.Answer(), client.is_done() && late.is_done(); }));
  EXPECT_EQ(late.status, 200);
}

TEST_F(DestinationClustersTest, AnotherDefinitionBeginsAnew) {
  ASSERT_TRUE(AddCluster());
  StreamClient first, second;
  Exchange(first, 0, backend_.address());
  ASSERT_TRUE(AddCluster("connect_timeout: 1s"));
  Turn(3);
  EXPECT_EQ(HostCount(), 0U);
  EXPECT_EQ(membership().membership_total.value(), 0);
  Exchange(second, 0, backend_.address());
  EXPECT_EQ(HostCount(), 1U);
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2)}));
  Turn(3);
  EXPECT_EQ(HostCount(), 2U);
}

TEST_F(DestinationClustersTest, OutlierDetectionWatchesThem) {
  ASSERT_TRUE(AddCluster("outlier_detection: {}"));
  StreamClient client;
  Exchange(client, 0, backend_.address());
  EXPECT_NE(client.info.host->monitor(), nullptr);
}

// A host leaves at once where one hears of it late: what waits there goes to its heir.
TEST_F(DestinationClustersTest, WhatWaitsForARetiredHostGoesToItsHeir) {
  ASSERT_TRUE(AddCluster());
  StreamClient client;
  Ask(client, 0, backend_.address());
  base::SetThreadIndex(1);
  balancing::DestinationTable& table = *At(0)->cluster().balancer().destinations();
  const balancing::DestinationHostPtr host = table.Get(backend_.address());
  ASSERT_TRUE(host->Rest());
  const uint32_t requests = host->active_requests.exchange(0);
  const uint32_t connections = host->active_connections.exchange(0);
  ASSERT_TRUE(host->TryRetire());
  host->active_requests = requests;
  host->active_connections = connections;
  At(0)->OnHostsRemoved({host});
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  EXPECT_EQ(client.status, 200);
  EXPECT_NE(client.info.host, host);
}

}  // namespace
}  // namespace weir::clusters
