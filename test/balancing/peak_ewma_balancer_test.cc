#include "source/balancing/peak_ewma_balancer.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

constexpr int64_t kMs = 1'000'000;

class PeakEwmaBalancerTest : public testing::Test {
 protected:
  void Answer(int host, int64_t latency_ms, bool is_success = true, int64_t retry_after_ms = 0) {
    balancer_.OnResponse(*set_->hosts()[host], {latency_ms * kMs, is_success, retry_after_ms * kMs},
                         now_ns_);
  }
  // Of 1,000 picks.
  int PicksOf(uint32_t host) {
    PickContext context;
    context.now_ns = now_ns_;
    int picks = 0;
    for (int i = 0; i < 1'000; ++i) {
      picks += balancer_.Pick(GroupOf(*set_), context, random_) == host;
    }
    return picks;
  }

  std::unique_ptr<const HostSet> set_ = SetOfWeights({1, 1});
  PeakEwmaBalancer balancer_{PeakEwmaConfig()};
  base::Random random_{9};
  int64_t now_ns_ = 1'000 * kMs;
};

TEST_F(PeakEwmaBalancerTest, TheFasterOneWins) {
  Answer(0, 50);
  Answer(1, 5);
  EXPECT_EQ(PicksOf(1), 1'000);
  // Until it has so much to do that the other one would answer sooner.
  set_->hosts()[1]->active_requests = 10;
  EXPECT_EQ(PicksOf(1), 0);
}

TEST_F(PeakEwmaBalancerTest, OneThatHasNotAnsweredIsTakenToBeOrdinary) {
  Answer(0, 50);
  EXPECT_EQ(PicksOf(1), 1'000);
  Answer(0, 50);
  set_ = SetOfWeights({1, 1});
  Answer(0, 5);
  EXPECT_EQ(PicksOf(1), 0);
}

TEST_F(PeakEwmaBalancerTest, FailingFastAttractsNothing) {
  Answer(0, 100);
  Answer(1, 1, false);
  EXPECT_EQ(PicksOf(1), 0);
  now_ns_ += 45'000 * kMs;  // 5 s fade to 55 ms, and 100 ms to 1.1
  Answer(0, 100);
  EXPECT_EQ(PicksOf(1), 1'000);
}

TEST_F(PeakEwmaBalancerTest, AHostMaySayWhenToComeBack) {
  Answer(0, 2'000);
  Answer(1, 1, false, 60'000);
  now_ns_ += 20'000 * kMs;
  Answer(0, 2'000);
  EXPECT_EQ(PicksOf(1), 0) << "60 s fade to 8";
}

TEST_F(PeakEwmaBalancerTest, OneHostNeedsNoChoice) {
  set_ = SetOfWeights({1});
  EXPECT_EQ(PicksOf(0), 1'000);
}

}  // namespace
}  // namespace weir::balancing
