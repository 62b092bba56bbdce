#include "source/upstream/circuit_breakers.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "source/base/random.h"

namespace weir::upstream {
namespace {

constexpr Resource kAllResources[] = {Resource::kConnections, Resource::kPendingRequests,
                                      Resource::kRequests, Resource::kRetries};

class RecordingBroker final : public ConnectionBroker {
 public:
  void OnConnectionWanted(int priority, const balancing::HostPtr&) override {
    wanted.push_back(priority);
  }
  void OnConnectionFree(uint64_t thread_bits, int priority) override {
    free.push_back({thread_bits, priority});
  }
  std::vector<int> wanted;
  std::vector<std::pair<uint64_t, int>> free;
};

class CircuitBreakersTest : public testing::Test {
 protected:
  CircuitBreakersTest() { base::SetThreadIndex(base::kMainThread); }

  void Make() { breakers_ = std::make_unique<CircuitBreakers>(stats_, limits_, &broker_); }
  int64_t Gauge(std::string_view name) const {
    for (const stats::Metric& metric : stats_->metrics()) {
      if (metric.name == name) return stats_->GaugeValue(metric);
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  stats::Store store_;
  ClusterStatsGroup stats_ = store_.AddGroup<ClusterStats>("cluster.web");
  BreakerLimits limits_[kPriorities];
  RecordingBroker broker_;
  std::unique_ptr<CircuitBreakers> breakers_;
  int run_ = 0;
};

TEST_F(CircuitBreakersTest, WhoWaitsForAHostIsWokenOnce) {
  Make();
  const auto host =
      std::make_shared<balancing::Host>(*net::Address::ParseIp("10.0.0.1", 80), "", nullptr);
  breakers_->WakeForHost(0, *host);
  EXPECT_TRUE(broker_.free.empty());
  EXPECT_TRUE(breakers_->WaitForHost(0, host));
  EXPECT_FALSE(breakers_->WaitForHost(0, host)) << "it waits already";
  EXPECT_TRUE(host->is_waited_for());
  EXPECT_EQ(broker_.wanted.size(), 1U);
  breakers_->WakeForHost(0, *host);
  breakers_->WakeForHost(0, *host);
  ASSERT_EQ(broker_.free.size(), 1U);
  EXPECT_EQ(broker_.free[0].first, ThreadBit(base::ThreadIndex()));
  EXPECT_FALSE(host->is_waited_for());
}

TEST_F(CircuitBreakersTest, EachLimitHoldsForItself) {
  limits_[0] = {1, 2, 3, 4, std::nullopt, false};
  Make();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(breakers_->TryTake(Resource::kConnections, 0), i < 1);
    EXPECT_EQ(breakers_->TryTake(Resource::kPendingRequests, 0), i < 2);
    EXPECT_EQ(breakers_->TryTake(Resource::kRequests, 0), i < 3);
    EXPECT_TRUE(breakers_->TryTake(Resource::kRetries, 0));
  }
  EXPECT_FALSE(breakers_->TryTake(Resource::kRetries, 0));
  // The other priority has its own.
  EXPECT_TRUE(breakers_->TryTake(Resource::kConnections, 1));
}

TEST_F(CircuitBreakersTest, WhatIsGivenBackCanBeTakenAgain) {
  limits_[0].max_requests = 1;
  Make();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(breakers_->TryTake(Resource::kRequests, 0));
    EXPECT_FALSE(breakers_->TryTake(Resource::kRequests, 0));
    EXPECT_EQ(Gauge("circuit_breakers.default.rq_open"), 1);
    breakers_->Release(Resource::kRequests, 0);
    EXPECT_EQ(Gauge("circuit_breakers.default.rq_open"), 0);
  }
}

TEST_F(CircuitBreakersTest, LimitZeroIsAlwaysOpen) {
  limits_[1].max_connections = 0;
  Make();
  EXPECT_FALSE(breakers_->TryTake(Resource::kConnections, 1));
  EXPECT_EQ(Gauge("circuit_breakers.high.cx_open"), 1);
}

TEST_F(CircuitBreakersTest, NewLimitsKeepWhatIsTaken) {
  limits_[0].max_connections = 3;
  limits_[0].tracks_remaining = true;
  Make();
  EXPECT_TRUE(breakers_->TryTake(Resource::kConnections, 0));
  EXPECT_TRUE(breakers_->TryTake(Resource::kConnections, 0));
  EXPECT_EQ(Gauge("circuit_breakers.default.remaining_cx"), 1);
  limits_[0].max_connections = 1;
  breakers_->SetLimits(limits_);
  EXPECT_EQ(breakers_->count(Resource::kConnections, 0), 2U);
  EXPECT_EQ(Gauge("circuit_breakers.default.cx_open"), 1);
  EXPECT_EQ(Gauge("circuit_breakers.default.remaining_cx"), 0);
  breakers_->Release(Resource::kConnections, 0);
  EXPECT_FALSE(breakers_->TryTake(Resource::kConnections, 0));
  limits_[0].max_connections = 5;
  breakers_->SetLimits(limits_);
  EXPECT_EQ(Gauge("circuit_breakers.default.remaining_cx"), 4);
  EXPECT_EQ(Gauge("circuit_breakers.default.cx_open"), 0);
  limits_[0].tracks_remaining = false;
  breakers_->SetLimits(limits_);
  EXPECT_EQ(Gauge("circuit_breakers.default.remaining_cx"), 0);
}

TEST_F(CircuitBreakersTest, LargestLimitIsNoLimit) {
  limits_[0].max_requests = UINT32_MAX;
  Make();
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(breakers_->TryTake(Resource::kRequests, 0));
  EXPECT_EQ(Gauge("circuit_breakers.default.rq_open"), 0);
}

TEST_F(CircuitBreakersTest, RetryBudgetMovesWithTheTraffic) {
  limits_[0].retry_budget = RetryBudget{20, 2};
  limits_[0].max_retries = 0;
  Make();
  EXPECT_TRUE(breakers_->TryTake(Resource::kRetries, 0));
  EXPECT_TRUE(breakers_->TryTake(Resource::kRetries, 0));
  EXPECT_FALSE(breakers_->TryTake(Resource::kRetries, 0));
  for (int i = 0; i < 10; ++i) breakers_->TryTake(Resource::kRequests, 0);
  for (int i = 0; i < 5; ++i) breakers_->TryTake(Resource::kPendingRequests, 0);
  EXPECT_TRUE(breakers_->TryTake(Resource::kRetries, 0));
  EXPECT_FALSE(breakers_->TryTake(Resource::kRetries, 0));
  EXPECT_EQ(Gauge("circuit_breakers.default.rq_retry_open"), 0);
  // Without the budget max_retries holds again.
  limits_[0].retry_budget.reset();
  breakers_->SetLimits(limits_);
  EXPECT_FALSE(breakers_->TryTake(Resource::kRetries, 0));
}

TEST_F(CircuitBreakersTest, WakesWhoeverWaitsOnce) {
  limits_[0].max_connections = 1;
  Make();
  EXPECT_TRUE(breakers_->TryTake(Resource::kConnections, 0));
  EXPECT_FALSE(breakers_->HasWaiters(0));
  base::SetThreadIndex(70);
  EXPECT_TRUE(breakers_->WaitForConnection(0));
  EXPECT_FALSE(breakers_->WaitForConnection(0));
  base::SetThreadIndex(2);
  EXPECT_TRUE(breakers_->WaitForConnection(0));
  EXPECT_EQ(broker_.wanted, (std::vector<int>{0, 0}));
  EXPECT_TRUE(breakers_->HasWaiters(0));
  EXPECT_FALSE(breakers_->HasWaiters(1));
  breakers_->Release(Resource::kConnections, 0);
  ASSERT_EQ(broker_.free.size(), 1U);
  EXPECT_EQ(broker_.free[0].first, ThreadBit(2) | ThreadBit(70));
  EXPECT_EQ(broker_.free[0].second, 0);
  EXPECT_FALSE(breakers_->HasWaiters(0));
  breakers_->TryTake(Resource::kConnections, 0);
  breakers_->Release(Resource::kConnections, 0);
  EXPECT_EQ(broker_.free.size(), 1U);
}

// Threads take and give back at random: nobody ever sees more than the limit, and at the end the
// gauges agree with the counts.
TEST_F(CircuitBreakersTest, NeverGoesOverALimit) {
  EXPECT_TRUE(rc::check("cap", [this] {
    const auto limit = *rc::gen::inRange<uint32_t>(0, 6);
    limits_[0] = {limit, limit, limit, limit, std::nullopt, true};
    stats_ = store_.AddGroup<ClusterStats>(std::to_string(++run_));
    base::SetThreadIndex(base::kMainThread);
    Make();
    std::atomic<int> held[4] = {};
    std::atomic<bool> was_exceeded{false};
    std::vector<std::thread> threads;
    for (int thread = 1; thread <= 4; ++thread) {
      threads.emplace_back([&, thread] {
        base::SetThreadIndex(thread);
        base::Random random(thread);
        std::vector<Resource> mine;
        for (int i = 0; i < 300; ++i) {
          if (mine.empty() || random.Below(2) == 0) {
            const Resource resource = kAllResources[random.Below(4)];
            if (!breakers_->TryTake(resource, 0)) continue;
            const int now = ++held[static_cast<int>(resource)];
            if (now > static_cast<int>(limit)) was_exceeded = true;
            mine.push_back(resource);
          } else {
            --held[static_cast<int>(mine.back())];
            breakers_->Release(mine.back(), 0);
            mine.pop_back();
          }
        }
        for (Resource resource : mine) {
          --held[static_cast<int>(resource)];
          breakers_->Release(resource, 0);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    RC_ASSERT(!was_exceeded.load());
    for (Resource resource : kAllResources) RC_ASSERT(breakers_->count(resource, 0) == 0U);
    RC_ASSERT(Gauge("circuit_breakers.default.remaining_cx") == limit);
    RC_ASSERT(Gauge("circuit_breakers.default.cx_open") == (limit == 0 ? 1 : 0));
  }));
}

}  // namespace
}  // namespace weir::upstream
