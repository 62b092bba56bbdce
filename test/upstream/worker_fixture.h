// One cluster on one worker, over real loopback sockets; time is turned by hand, a turn never
// waits. The main loop is the worker's: nothing here crosses threads.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "source/balancing/host_set_builder.h"
#include "source/base/random.h"
#include "source/upstream/worker_cluster.h"
#include "test/balancing/host_fixture.h"
#include "test/support/manual_clock.h"
#include "test/upstream/backend.h"
#include "test/upstream/stream_client.h"

namespace weir::upstream {

class WorkerFixture : public testing::Test {
 protected:
  WorkerFixture() { loop_.RunReady(); }
  ~WorkerFixture() override {
    Turn(3);
    delete worker_;
    worker_ = nullptr;
    Turn(3);
  }

  // `config_` and `options_` are what it is now.
  void MakeCluster(const std::vector<net::Address>& hosts) {
    config_.name = "web";
    config_.options = ClusterOptions::Share(options_);
    auto config = std::make_shared<const ClusterConfig>(config_);
    stats_ = store_.AddGroup<ClusterStats>("cluster.web");
    breakers_ = std::make_shared<CircuitBreakers>(stats_, config->options->breakers, nullptr);
    http2_stats_ = store_.AddGroup<http2::Stats>("cluster.web.http2");
    cluster_ = std::make_shared<Cluster>(&loop_, config, breakers_, Cluster::Origin(),
                                         config->may_use_http2() ? http2_stats_ : nullptr);
    SetHosts(hosts);
    worker_ = new WorkerCluster(loop_, cluster_);
  }
  // Returns those that left.
  std::vector<balancing::HostPtr> SetHosts(const std::vector<net::Address>& hosts) {
    static const auto details = balancing::PlainDetails();
    const auto before = cluster_->hosts().Load();
    balancing::HostSetBuilder builder(before.get(),
                                      {&config_.options->balancer, &cluster_->balancer()});
    for (const net::Address& address : hosts) {
      balancing::EndpointConfig endpoint;
      endpoint.address = address;
      endpoint.details = details;
      builder.Add(endpoint);
    }
    base::Random random(1);
    balancing::HostSetUpdate update = builder.Build(random);
    if (update.set != nullptr) cluster_->SetHosts(std::move(update.set));
    return std::move(update.removed);
  }
  // As the control plane's drop_overloads say.
  void Drop(float fraction) {
    const auto before = cluster_->hosts().Load();
    balancing::Assignment assignment = balancing::AssignmentOf(*before);
    assignment.drop_fraction = fraction;
    balancing::HostSetBuilder builder(before.get(), balancing::PlainGrouping());
    for (const balancing::EndpointConfig& endpoint : assignment.endpoints) builder.Add(endpoint);
    builder.TakePolicy(assignment);
    base::Random random(1);
    cluster_->SetHosts(builder.Build(random).set);
  }
  // The cluster is replaced or removed: it ends by itself.
  void Retire() { std::exchange(worker_, nullptr)->Retire(); }

  void Turn(int count = 1) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  // Loopback delivers at once, so a bounded number of turns is enough for whatever is to come.
  bool TurnUntil(const std::function<bool()>& is_done, int most = 5000) {
    for (int i = 0; i < most; ++i) {
      if (is_done()) return true;  // asked once more it might say no: it may read what it waits for
      loop_.RunReady();
    }
    return false;
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn(3);
  }
  // A whole request on `client`, answered by the backend.
  void Exchange(StreamClient& client) {
    client.Ask(*worker_);
    Complete(client);
  }
  // Requests on two connections at once; both rest when it returns.
  void ExchangeOnTwo() {
    StreamClient first, second;
    first.Ask(*worker_);
    second.Ask(*worker_);
    EXPECT_TRUE(TurnUntil([&] { return first.is_ready() && second.is_ready(); }));
    backend_.Answer();
    EXPECT_TRUE(TurnUntil([&] { return first.is_done() && second.is_done(); }));
  }
  void Complete(StreamClient& client) {
    EXPECT_TRUE(TurnUntil([&] { return client.is_ready() || client.has_failed(); }));
    EXPECT_TRUE(TurnUntil([&] { return backend_.Answer() > 0; }));
    EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
    EXPECT_EQ(client.status, 200);
  }
  uint32_t Taken(Resource resource, int priority = 0) const {
    return breakers_->count(resource, priority);
  }
  balancing::HostPtr host(size_t index = 0) const {
    return cluster_->hosts().Load()->hosts()[index];
  }
  ClusterStats& stats() { return stats_->Here(); }
  http2::Stats& http2_stats() { return http2_stats_->Here(); }
  // Nothing runs, waits or is held.
  void ExpectIdle() {
    EXPECT_EQ(Taken(Resource::kRequests), 0U);
    EXPECT_EQ(Taken(Resource::kPendingRequests), 0U);
    EXPECT_EQ(stats().upstream_rq_active.value(), 0);
    EXPECT_EQ(stats().upstream_rq_pending_active.value(), 0);
    for (const balancing::HostPtr& each : cluster_->hosts().Load()->hosts()) {
      EXPECT_EQ(each->active_requests.load(), 0U);
    }
  }
  void ExpectNoConnection() {
    EXPECT_EQ(Taken(Resource::kConnections), 0U);
    EXPECT_EQ(stats().upstream_cx_active.value(), 0);
    EXPECT_FALSE(worker_ != nullptr && worker_->has_connections());
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  ClusterConfig config_;
  ClusterOptions options_;
  Backend backend_;
  ClusterStatsGroup stats_;
  Http2StatsGroup http2_stats_;
  std::shared_ptr<CircuitBreakers> breakers_;
  std::shared_ptr<Cluster> cluster_;
  WorkerCluster* worker_ = nullptr;
};

}  // namespace weir::upstream
