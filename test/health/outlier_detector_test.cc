#include "source/health/outlier_detector.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <vector>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"
#include "test/support/manual_clock.h"

namespace weir::health {
namespace {

using balancing::HealthFlag;
using balancing::HostPtr;
using balancing::LocalOutcome;

// A cluster whose interval is 10 s, which the test's thread plays all the threads of.
class Rig {
 public:
  explicit Rig(int host_count, OutlierConfig config = {}) : config_(config) {
    std::vector<balancing::EndpointConfig> endpoints;
    for (int i = 0; i < host_count; ++i) endpoints.push_back(balancing::MakeEndpoint(i));
    set_ = balancing::BuildSet(endpoints);
    Restart();
  }

  // As when another definition of the cluster takes over.
  void Restart() {
    detector_.reset();
    detector_ = std::make_unique<OutlierDetector>(
        OutlierDetector::Context{main_, random_, "web", group_, nullptr}, config_,
        [this] { ++changes_; });
    detector_->SetHosts(set_->hosts());
  }

  const HostPtr& host(int i) const { return set_->hosts()[static_cast<size_t>(i)]; }
  bool IsEjected(int i) const { return host(i)->has(HealthFlag::kFailedOutlierCheck); }
  int EjectedCount() const {
    int count = 0;
    for (const HostPtr& host : set_->hosts()) count += host->has(HealthFlag::kFailedOutlierCheck);
    return count;
  }
  void Respond(int i, int status, int times) {
    for (int n = 0; n < times; ++n) host(i)->monitor()->OnResponse(status);
    main_.RunReady();
  }
  void Notice(int i, LocalOutcome outcome, int times) {
    for (int n = 0; n < times; ++n) host(i)->monitor()->OnLocalOutcome(outcome);
    main_.RunReady();
  }
  // Of each host, `failures` of 100.
  void RespondAll(const std::vector<int>& failures) {
    for (size_t i = 0; i < failures.size(); ++i) {
      for (int n = 0; n < 100; ++n) {
        // Spread, so that there is no streak.
        const bool fails = n * failures[i] / 100 != (n + 1) * failures[i] / 100;
        host(static_cast<int>(i))->monitor()->OnResponse(fails ? 500 : 200);
      }
    }
    main_.RunReady();
  }
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    main_.RunReady();
  }
  // Exactly one sweep, whenever the first was.
  void Sweep() { Pass(absl::Seconds(10)); }
  OutlierStats& stats() { return group_->Here(); }

  test::ManualClock clock_;
  event::Loop main_{"main", base::kMainThread, clock_};
  stats::Store store_;
  std::shared_ptr<stats::Group<OutlierStats>> group_ =
      store_.AddGroup<OutlierStats>("cluster.web.outlier_detection");
  base::Random random_{1};
  OutlierConfig config_;
  std::unique_ptr<const balancing::HostSet> set_;
  std::unique_ptr<OutlierDetector> detector_;
  int changes_ = 0;
};

OutlierConfig OneOfAny() {
  OutlierConfig config;
  config.always_ejects_one = true;
  return config;
}

OutlierConfig HalfOfThem() {
  OutlierConfig config;
  config.max_ejection_percent = 50;
  for (uint32_t& percent : config.enforced_percent) percent = 100;
  config.streak_limits[0] = config.streak_limits[1] = 0;
  return config;
}

// N06: one of three answers 5xx.
TEST(OutlierDetector, N06EjectsAfterFiveFailuresInARow) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 4);
  EXPECT_FALSE(rig.IsEjected(0));
  EXPECT_EQ(rig.changes_, 0);
  rig.Respond(0, 500, 1);
  EXPECT_TRUE(rig.IsEjected(0));
  EXPECT_EQ(rig.host(0)->health(), balancing::HostHealth::kUnhealthy);
  EXPECT_EQ(rig.changes_, 1);
  EXPECT_EQ(rig.stats().ejections_active.value(), 1);
  EXPECT_EQ(rig.stats().ejections_enforced_total.value(), 1U);
  EXPECT_EQ(rig.stats().ejections_detected_consecutive_5xx.value(), 1U);
  EXPECT_EQ(rig.stats().ejections_enforced_consecutive_5xx.value(), 1U);
}

// N07, and the trap of clusters with fewer than ten hosts.
TEST(OutlierDetector, N07EjectsNobodyOverTheCap) {
  Rig nine(9);
  nine.Respond(0, 500, 5);
  EXPECT_FALSE(nine.IsEjected(0));
  EXPECT_EQ(nine.stats().ejections_overflow.value(), 1U);
  EXPECT_EQ(nine.stats().ejections_detected_consecutive_5xx.value(), 1U);
  nine.Respond(0, 500, 5);  // tries again with the next streak
  EXPECT_EQ(nine.stats().ejections_overflow.value(), 2U);

  Rig ten(10);
  ten.Respond(0, 500, 5);
  EXPECT_TRUE(ten.IsEjected(0));
  ten.Respond(1, 500, 5);
  EXPECT_FALSE(ten.IsEjected(1));
  EXPECT_EQ(ten.stats().ejections_overflow.value(), 1U);

  Rig one(3, OneOfAny());
  one.Respond(0, 500, 5);
  one.Respond(1, 500, 5);
  EXPECT_TRUE(one.IsEjected(0));
  EXPECT_FALSE(one.IsEjected(1));
}

TEST(OutlierDetector, TakesAHostBackWhenItsTimeIsOver) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 5);
  rig.Respond(0, 500, 4);  // of requests that still ran
  rig.Pass(absl::Milliseconds(29'999));
  EXPECT_TRUE(rig.IsEjected(0));
  rig.Sweep();
  EXPECT_FALSE(rig.IsEjected(0));
  EXPECT_EQ(rig.stats().ejections_active.value(), 0);
  EXPECT_EQ(rig.host(0)->monitor()->ejected_until_ms(), 0);
  EXPECT_EQ(rig.changes_, 2);
  rig.Respond(0, 500, 1);
  EXPECT_FALSE(rig.IsEjected(0)) << "what had gathered counts against it";
}

// Longer each time, up to a bound; shorter again for each sweep that finds it well.
TEST(OutlierDetector, EjectsLongerEachTime) {
  OutlierConfig config = OneOfAny();
  config.max_ejection_ms = 80'000;
  Rig rig(3, config);
  const auto eject = [&rig] {
    rig.Respond(0, 500, 5);
    EXPECT_TRUE(rig.IsEjected(0));
    return rig.host(0)->monitor()->ejected_until_ms() - rig.main_.now_ms();
  };
  const auto await_return = [&rig] {
    for (int i = 0; rig.IsEjected(0); ++i) {
      ASSERT_LT(i, 20);
      rig.Sweep();
    }
  };
  for (const int64_t expected_ms : {30'000, 60'000, 80'000, 80'000, 80'000}) {
    EXPECT_EQ(eject(), expected_ms);
    await_return();
  }
  // It had come to four times the base.
  for (int i = 0; i < 2; ++i) rig.Sweep();
  EXPECT_EQ(eject(), 80'000);
  await_return();
  for (int i = 0; i < 3; ++i) rig.Sweep();
  EXPECT_EQ(eject(), 30'000);
}

TEST(OutlierDetector, JitterOnlyAdds) {
  OutlierConfig config = OneOfAny();
  config.max_jitter_ms = 1000;
  config.max_ejection_percent = 100;
  Rig rig(50, config);
  int64_t least = INT64_MAX;
  int64_t most = 0;
  for (int i = 0; i < 50; ++i) {
    rig.Respond(i, 500, 5);
    const int64_t left = rig.host(i)->monitor()->ejected_until_ms() - rig.main_.now_ms();
    least = std::min(least, left);
    most = std::max(most, left);
  }
  EXPECT_GE(least, 30'000);
  EXPECT_LE(most, 31'000);
  EXPECT_GT(most - least, 500);
}

TEST(OutlierDetector, GatewayFailuresAreOnlyCountedUnlessEnforced) {
  OutlierConfig config = OneOfAny();
  config.streak_limits[0] = 0;
  Rig rig(3, config);
  rig.Respond(0, 503, 5);
  EXPECT_FALSE(rig.IsEjected(0));
  EXPECT_EQ(rig.stats().ejections_detected_consecutive_gateway_failure.value(), 1U);
  EXPECT_EQ(rig.stats().ejections_enforced_consecutive_gateway_failure.value(), 0U);

  config.enforced_percent[static_cast<size_t>(EjectionCause::kConsecutiveGatewayFailure)] = 100;
  Rig strict(3, config);
  strict.Respond(0, 503, 5);
  EXPECT_TRUE(strict.IsEjected(0));
  EXPECT_EQ(strict.stats().ejections_enforced_consecutive_gateway_failure.value(), 1U);
}

TEST(OutlierDetector, LocalOriginFailuresWhenTheyAreToldApart) {
  OutlierConfig config = OneOfAny();
  config.splits_origins = true;
  Rig rig(3, config);
  rig.Notice(0, LocalOutcome::kFailed, 5);
  EXPECT_TRUE(rig.IsEjected(0));
  EXPECT_EQ(rig.stats().ejections_enforced_consecutive_local_origin_failure.value(), 1U);
  EXPECT_EQ(rig.stats().ejections_detected_consecutive_5xx.value(), 0U);
}

TEST(OutlierDetector, SuccessRateThatStandsOut) {
  Rig rig(10, HalfOfThem());
  rig.RespondAll({60, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(rig.EjectedCount(), 0);
  rig.Sweep();
  EXPECT_EQ(rig.EjectedCount(), 1);
  EXPECT_TRUE(rig.IsEjected(0));
  EXPECT_EQ(rig.stats().ejections_enforced_success_rate.value(), 1U);
  EXPECT_DOUBLE_EQ(rig.host(0)->monitor()->success_rates().external, 40);
  EXPECT_DOUBLE_EQ(rig.host(1)->monitor()->success_rates().external, 100);
  EXPECT_DOUBLE_EQ(rig.host(1)->monitor()->success_rates().local, -1);
  EXPECT_DOUBLE_EQ(rig.detector_->success_rates()->mean[0].load(), 94);
  EXPECT_NEAR(rig.detector_->success_rates()->threshold[0].load(), 94 - 1.9 * 18, 0.001);
  // Nothing happens in the next interval: rates are of one alone.
  rig.Sweep();
  EXPECT_DOUBLE_EQ(rig.host(1)->monitor()->success_rates().external, -1);
  EXPECT_DOUBLE_EQ(rig.detector_->success_rates()->mean[0].load(), -1);
}

TEST(OutlierDetector, SuccessRatesNeedEnoughHostsAndRequests) {
  Rig few_hosts(4, HalfOfThem());
  few_hosts.RespondAll({60, 0, 0, 0});
  few_hosts.Sweep();
  EXPECT_EQ(few_hosts.EjectedCount(), 0);

  OutlierConfig config = HalfOfThem();
  config.success_rate_min_requests = 101;
  Rig few_requests(10, config);
  few_requests.RespondAll({60, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  few_requests.Sweep();
  EXPECT_EQ(few_requests.EjectedCount(), 0);
}

TEST(OutlierDetector, SuccessRateOfLocalOrigin) {
  OutlierConfig config = HalfOfThem();
  config.splits_origins = true;
  config.streak_limits[2] = 0;
  Rig rig(10, config);
  for (int i = 0; i < 10; ++i) {
    rig.Notice(i, i == 3 ? LocalOutcome::kFailed : LocalOutcome::kTcpConnected, 100);
  }
  rig.Sweep();
  EXPECT_EQ(rig.EjectedCount(), 1);
  EXPECT_TRUE(rig.IsEjected(3));
  EXPECT_EQ(rig.stats().ejections_enforced_local_origin_success_rate.value(), 1U);
  EXPECT_DOUBLE_EQ(rig.host(3)->monitor()->success_rates().local, 0);
}

TEST(OutlierDetector, FailurePercentage) {
  OutlierConfig config = HalfOfThem();
  config.success_rate_min_hosts = 100;
  Rig rig(10, config);
  rig.RespondAll({85, 84, 100, 0, 0, 0, 0, 0, 0, 0});
  rig.Sweep();
  EXPECT_TRUE(rig.IsEjected(0));
  EXPECT_FALSE(rig.IsEjected(1));
  EXPECT_TRUE(rig.IsEjected(2));
  EXPECT_EQ(rig.stats().ejections_enforced_failure_percentage.value(), 2U);
  EXPECT_EQ(rig.stats().ejections_enforced_failure_percentage_local_origin.value(), 0U);
}

TEST(OutlierDetector, FailurePercentageOfLocalOrigin) {
  OutlierConfig config = HalfOfThem();
  config.success_rate_min_hosts = 100;
  config.splits_origins = true;
  config.streak_limits[2] = 0;
  Rig rig(10, config);
  for (int i = 0; i < 10; ++i) {
    rig.Notice(i, i == 3 ? LocalOutcome::kTimeout : LocalOutcome::kTcpConnected, 50);
  }
  rig.Sweep();
  EXPECT_TRUE(rig.IsEjected(3));
  EXPECT_EQ(rig.EjectedCount(), 1);
  EXPECT_EQ(rig.stats().ejections_enforced_failure_percentage_local_origin.value(), 1U);
}

// The default only counts them; where the cap spares some, the worst are not among those.
TEST(OutlierDetector, FailurePercentageTakesTheWorstFirst) {
  OutlierConfig config;
  config.success_rate_min_hosts = 100;
  config.streak_limits[0] = 0;
  Rig lenient(10, config);
  lenient.RespondAll({90, 90, 100, 0, 0, 0, 0, 0, 0, 0});
  lenient.Sweep();
  EXPECT_EQ(lenient.EjectedCount(), 0);
  EXPECT_EQ(lenient.stats().ejections_detected_failure_percentage.value(), 3U);

  config.enforced_percent[static_cast<size_t>(EjectionCause::kFailurePercentage)] = 100;
  Rig rig(10, config);
  rig.RespondAll({90, 90, 100, 0, 0, 0, 0, 0, 0, 0});
  rig.Sweep();
  EXPECT_EQ(rig.EjectedCount(), 1);
  EXPECT_TRUE(rig.IsEjected(2));
  EXPECT_EQ(rig.stats().ejections_overflow.value(), 2U);
}

TEST(OutlierDetector, PassedCheckTakesAHostBack) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 5);
  rig.host(0)->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  rig.detector_->OnActiveCheckPassed(*rig.host(0));
  EXPECT_TRUE(rig.IsEjected(0)) << "it fails checks still";
  rig.host(0)->SetHealthFlag(HealthFlag::kFailedActiveCheck, false);
  rig.detector_->OnActiveCheckPassed(*rig.host(0));
  EXPECT_FALSE(rig.IsEjected(0));

  OutlierConfig config = OneOfAny();
  config.passed_check_unejects = false;
  Rig strict(3, config);
  strict.Respond(0, 500, 5);
  strict.detector_->OnActiveCheckPassed(*strict.host(0));
  EXPECT_TRUE(strict.IsEjected(0));
}

TEST(OutlierDetector, TheNextDetectorKnowsWhoIsEjected) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 5);
  rig.Restart();
  EXPECT_TRUE(rig.IsEjected(0));
  EXPECT_EQ(rig.stats().ejections_active.value(), 1);
  rig.Respond(1, 500, 5);
  EXPECT_FALSE(rig.IsEjected(1));
  rig.Pass(absl::Seconds(30));
  rig.Sweep();
  EXPECT_FALSE(rig.IsEjected(0));
}

TEST(OutlierDetector, NobodyStaysEjectedWhereNobodyLooks) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 5);
  rig.detector_.reset();
  EXPECT_EQ(rig.stats().ejections_active.value(), 0);
  EXPECT_TRUE(OutlierDetector::TakeBackAll(rig.set_->hosts()));
  EXPECT_FALSE(rig.IsEjected(0));
  EXPECT_FALSE(OutlierDetector::TakeBackAll(rig.set_->hosts()));
  rig.Respond(0, 500, 10);
  EXPECT_FALSE(rig.IsEjected(0));
}

TEST(OutlierDetector, HostsThatLeaveAreForgotten) {
  Rig rig(3, OneOfAny());
  rig.Respond(0, 500, 5);
  rig.detector_->SetHosts(rig.set_->hosts().subspan(1));
  EXPECT_EQ(rig.stats().ejections_active.value(), 0);
  rig.Respond(1, 500, 5);
  EXPECT_TRUE(rig.IsEjected(1));
  rig.Respond(0, 500, 10);
  EXPECT_EQ(rig.stats().ejections_detected_consecutive_5xx.value(), 2U);
}

// N07: whatever happens, in whatever order.
TEST(OutlierDetector, N07NeverMoreThanTheCap) {
  EXPECT_TRUE(rc::check("cap", [] {
    OutlierConfig config;
    config.max_ejection_percent = *rc::gen::inRange<uint32_t>(0, 101);
    config.always_ejects_one = *rc::gen::arbitrary<bool>();
    config.splits_origins = *rc::gen::arbitrary<bool>();
    config.max_jitter_ms = *rc::gen::inRange<int64_t>(0, 5000);
    for (uint32_t& percent : config.enforced_percent) percent = 100;
    const int hosts = *rc::gen::inRange(1, 25);
    Rig rig(hosts, config);
    int most = static_cast<int>(config.max_ejection_percent) * hosts / 100;
    if (config.always_ejects_one) most = std::max(most, 1);
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, hosts), rc::gen::inRange(0, 6)));
    for (const auto& [host, what] : steps) {
      if (what == 0) rig.Sweep();
      if (what == 1) rig.Respond(host, 500, 5);
      if (what == 2) rig.Notice(host, LocalOutcome::kFailed, 5);
      if (what == 3) rig.Respond(host, host % 2 == 0 ? 500 : 200, 100);
      if (what == 4) rig.detector_->OnActiveCheckPassed(*rig.host(host));
      if (what == 5) rig.Restart();
      RC_ASSERT(rig.EjectedCount() <= most);
      RC_ASSERT(rig.stats().ejections_active.value() == rig.EjectedCount());
    }
    // And all come back in the end.
    for (int i = 0; i < 40; ++i) rig.Sweep();
    RC_ASSERT(rig.EjectedCount() == 0);
  }));
}

}  // namespace
}  // namespace weir::health
