#include "source/health/outlier_monitor.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"
#include "test/support/manual_clock.h"

namespace weir::health {
namespace {

using balancing::LocalOutcome;

class OutlierMonitorTest : public testing::Test, protected OutlierMonitor::Observer {
 protected:
  OutlierMonitorTest() { Attach(false); }

  void OnStreak(balancing::Host& host, Streak streak) override {
    EXPECT_EQ(&host, host_.get());
    streaks_.push_back(streak);
  }
  void Attach(bool splits) {
    OutlierConfig config;
    config.splits_origins = splits;
    monitor_.Attach(*this, config);
  }
  void Respond(int status, int times = 1) {
    for (int i = 0; i < times; ++i) monitor_.OnResponse(status);
  }
  void Notice(LocalOutcome outcome, int times = 1) {
    for (int i = 0; i < times; ++i) monitor_.OnLocalOutcome(outcome);
  }
  std::vector<Streak> Told() {
    main_.RunReady();
    return std::exchange(streaks_, {});
  }
  std::pair<uint64_t, uint64_t> Take(Origin origin) {
    const OutlierMonitor::Tally tally = monitor_.TakeTally(origin);
    return {tally.success, tally.total};
  }

  test::ManualClock clock_;
  event::Loop main_{"main", base::kMainThread, clock_};
  const balancing::HostPtr host_ = balancing::BuildSet({balancing::MakeEndpoint(1)})->hosts()[0];
  OutlierMonitor& monitor_ = OutlierMonitor::Of(main_, host_);
  std::vector<Streak> streaks_;
};

TEST_F(OutlierMonitorTest, IsTheHostsOwn) {
  EXPECT_EQ(host_->monitor(), &monitor_);
  EXPECT_EQ(&OutlierMonitor::Of(main_, host_), &monitor_);
}

TEST_F(OutlierMonitorTest, TellsOnceWhenAStreakIsComplete) {
  Respond(500, 4);
  EXPECT_TRUE(Told().empty());
  Respond(500, 3);
  EXPECT_EQ(Told(), std::vector{Streak::k5xx});
  monitor_.ResetStreak(Streak::k5xx);
  Respond(500, 5);
  EXPECT_EQ(Told(), std::vector{Streak::k5xx});
}

TEST_F(OutlierMonitorTest, SuccessEndsAStreak) {
  for (int i = 0; i < 3; ++i) {
    Respond(500, 4);
    Respond(404);
  }
  EXPECT_TRUE(Told().empty());
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{3}, uint64_t{15}));
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{0}, uint64_t{0}));
}

TEST_F(OutlierMonitorTest, GatewayFailuresAreAStreakOfTheirOwn) {
  Respond(503, 4);
  Respond(500);
  EXPECT_EQ(Told(), std::vector{Streak::k5xx});
  for (const int status : {502, 503, 504, 502}) Respond(status);
  EXPECT_TRUE(Told().empty());
  Respond(504);
  EXPECT_EQ(Told(), std::vector{Streak::kGatewayFailure});
}

TEST_F(OutlierMonitorTest, LocalFailuresCountAsGatewayFailures) {
  Notice(LocalOutcome::kFailed, 4);
  Notice(LocalOutcome::kTimeout);
  EXPECT_EQ(Told(), (std::vector{Streak::kGatewayFailure, Streak::k5xx}));
  Notice(LocalOutcome::kTcpConnected);
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{1}, uint64_t{6}));
  EXPECT_EQ(Take(Origin::kLocal), std::make_pair(uint64_t{0}, uint64_t{0}));
}

TEST_F(OutlierMonitorTest, SplitOriginsAreToldApart) {
  Attach(true);
  Notice(LocalOutcome::kFailed, 4);
  Respond(500);  // whoever answers was reached
  Notice(LocalOutcome::kTimeout, 5);
  EXPECT_EQ(Told(), std::vector{Streak::kLocalOriginFailure});
  EXPECT_EQ(Take(Origin::kLocal), std::make_pair(uint64_t{1}, uint64_t{10}));
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{0}, uint64_t{1}));
  Notice(LocalOutcome::kTcpConnected);
  EXPECT_EQ(Take(Origin::kLocal), std::make_pair(uint64_t{1}, uint64_t{1}));
  Respond(500, 4);
  EXPECT_EQ(Told(), std::vector{Streak::k5xx});
}

TEST_F(OutlierMonitorTest, ALimitOfZeroIsNone) {
  OutlierConfig config;
  config.streak_limits[0] = 0;
  monitor_.Attach(*this, config);
  Respond(500, 100);
  EXPECT_TRUE(Told().empty());
}

TEST_F(OutlierMonitorTest, CountsNothingWhenDetached) {
  Respond(500, 4);
  Respond(500);  // on its way to main
  monitor_.Detach();
  Respond(500, 10);
  EXPECT_TRUE(Told().empty());
  Attach(false);
  Respond(500, 4);
  EXPECT_TRUE(Told().empty());
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{0}, uint64_t{4}));
}

// Of all threads together, one tells.
TEST_F(OutlierMonitorTest, WorkersCountTogether) {
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([this] { Respond(500, 1000); });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(Told(), std::vector{Streak::k5xx});
  EXPECT_EQ(Take(Origin::kExternal), std::make_pair(uint64_t{0}, uint64_t{4000}));
}

}  // namespace
}  // namespace weir::health
