#include "source/balancing/live_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

using testing::ElementsAre;

class LiveWeightsTest : public testing::Test {
 protected:
  LiveWeightsTest() { config_.client_side_weights.blackout_ms = 0; }

  void GoByReports() { config_.policy = BalancerPolicy::kClientSideWeightedRoundRobin; }
  void Report(size_t host, double requests_per_s, int64_t now_ms) {
    LoadReport report;
    report.requests_per_s = requests_per_s;
    report.cpu_utilization = 1;
    set_->hosts()[host]->activity().reported_weight.Record(report, config_.client_side_weights,
                                                           now_ms);
  }

  BalancerConfig config_;
  const std::unique_ptr<const HostSet> set_ = SetOfWeights({1, 2, 3});
  const absl::Span<const HostPtr> hosts_ = set_->hosts();
};

TEST_F(LiveWeightsTest, AreNeededForRampsAndReports) {
  EXPECT_FALSE(LiveWeights::AreNeeded(config_));
  config_.slow_start.window_ms = 1;
  EXPECT_TRUE(LiveWeights::AreNeeded(config_));
  config_.slow_start.window_ms = 0;
  GoByReports();
  EXPECT_TRUE(LiveWeights::AreNeeded(config_));
}

TEST_F(LiveWeightsTest, HostsRampUp) {
  config_.slow_start.window_ms = 10'000;
  LiveWeights weights(config_);
  EXPECT_FALSE(weights.do_differ());
  EXPECT_FALSE(weights.NextTickMs().has_value());
  weights.OnJoined(hosts_.subspan(1, 1), 0);
  EXPECT_TRUE(weights.Advance(hosts_, 5'000));
  EXPECT_TRUE(weights.do_differ());
  EXPECT_EQ(weights.NextTickMs(), 50);
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(1, 1, 3));
  EXPECT_TRUE(weights.Advance(hosts_, 10'000)) << "the last step is one too";
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(1, 2, 3));
  EXPECT_FALSE(weights.do_differ());
  EXPECT_FALSE(weights.Advance(hosts_, 10'050));
}

TEST_F(LiveWeightsTest, ReportsReplaceWeights) {
  GoByReports();
  LiveWeights weights(config_);
  EXPECT_TRUE(weights.do_differ());
  EXPECT_EQ(weights.NextTickMs(), 1'000);
  weights.Advance(hosts_, 0);
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(1, 1, 1));
  Report(0, 100, 500);
  EXPECT_TRUE(weights.Advance(hosts_, 1'000));
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(1, 1, 1)) << "one alone says nothing";
  Report(2, 300, 1'500);
  EXPECT_TRUE(weights.Advance(hosts_, 2'000));
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(100, 200, 300)) << "the unknown one is average";
  EXPECT_FALSE(weights.Advance(hosts_, 3'000));
  EXPECT_TRUE(weights.Advance(hosts_, 200'000)) << "they have expired";
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(1, 1, 1));
}

TEST_F(LiveWeightsTest, ReportedWeightsRampUpToo) {
  GoByReports();
  config_.slow_start.window_ms = 10'000;
  LiveWeights weights(config_);
  Report(0, 100, 0);
  Report(2, 300, 0);
  weights.OnJoined(hosts_.subspan(1, 1), 0);
  weights.Advance(hosts_, 5'000);
  EXPECT_EQ(weights.NextTickMs(), 50);
  EXPECT_THAT(weights.Of(hosts_), ElementsAre(100, 100, 300));
}

}  // namespace
}  // namespace weir::balancing
