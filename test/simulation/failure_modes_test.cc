// The ways in which fleets fail, each with its mitigation off and on.
#include <gtest/gtest.h>

#include <algorithm>

#include "source/balancing/hash.h"
#include "source/health/check_schedule.h"
#include "test/simulation/fleet.h"

namespace weir::simulation {
namespace {

using balancing::BalancerConfig;
using balancing::BalancerPolicy;

constexpr int64_t kSecond = 1'000;

// A server that comes back cold: ten times slower at first, warm after five seconds.
Experience ExperienceOfARestart(int64_t slow_start_window_ms) {
  BalancerConfig balancer;
  balancer.slow_start.window_ms = slow_start_window_ms;
  Fleet fleet(4, balancer);
  fleet.Run(kSecond, 1'000);
  fleet.Remove(3);
  fleet.Run(kSecond, 1'000);
  fleet.Join(3);
  const int64_t joined_ms = fleet.now_ms();
  fleet.server(3).behaviour.service_ms = [joined_ms](int64_t now_ms) {
    const double left = 1 - static_cast<double>(now_ms - joined_ms) / (5.0 * kSecond);
    return static_cast<int64_t>(10 * (1 + 9 * std::max(0.0, left)));
  };
  return fleet.Run(30 * kSecond, 1'000);
}

TEST(FailureModes, ARestartedServerIsNotOverrun) {
  const Experience off = ExperienceOfARestart(0), on = ExperienceOfARestart(20 * kSecond);
  EXPECT_GT(off.failures, 1'000) << "its queue never gets shorter than clients wait";
  EXPECT_EQ(on.failures, 0);
  EXPECT_GT(on.by_host[3], 5'000) << "it has its share in the end";
}

struct Flapping {
  Experience experience;
  int64_t changes = 0;
};

// One of four servers fails for two checks of three; each second is one check.
Flapping ExperienceOfFlapping(uint32_t unhealthy_threshold, uint32_t healthy_threshold) {
  health::HealthCheckConfig checks;
  checks.unhealthy_threshold = unhealthy_threshold;
  checks.healthy_threshold = healthy_threshold;
  health::CheckSchedule schedule(true, false);
  Fleet fleet(4, {});
  bool is_failing = false;
  fleet.server(0).behaviour.status = [&](int64_t) { return is_failing ? 503 : 200; };
  Flapping flapping;
  const int64_t changes_before = fleet.change_count();
  for (int second = 0; second < 60; ++second) {
    is_failing = second % 3 != 0;
    const Experience part = fleet.Run(kSecond, 1'000);
    flapping.experience.requests += part.requests;
    flapping.experience.failures += part.failures;
    schedule.Note(checks, is_failing ? health::CheckSchedule::Verdict::kFailure
                                     : health::CheckSchedule::Verdict::kSuccess);
    fleet.SetHealthy(0, schedule.is_healthy());
  }
  flapping.changes = fleet.change_count() - changes_before;
  return flapping;
}

TEST(FailureModes, AFlappingServerStaysOut) {
  const Flapping off = ExperienceOfFlapping(1, 1), on = ExperienceOfFlapping(2, 3);
  EXPECT_GE(off.changes, 38) << "out and in again, every three seconds";
  EXPECT_GT(off.experience.failures, 4'000) << "whoever asks before the next check finds out";
  EXPECT_EQ(on.changes, 1);
  EXPECT_LT(on.experience.failures, 600);
}

// Every second request comes from one address, behind which are a thousand clients; each of the
// others from an address of its own. Every client sends now and then.
constexpr int kClients = 2'000;

uint64_t AddressOf(int64_t request) {
  const int64_t client = request * 7'919 % kClients;
  return balancing::XxHash64(base::StrCat("address ", client % 2 == 0 ? 0 : client));
}

uint64_t CookieOf(int64_t request) {
  return balancing::XxHash64(base::StrCat("cookie ", request * 7'919 % kClients));
}

Experience ExperienceOfStickiness(const Fleet::KeyOf& key_of, uint32_t balance_percent) {
  BalancerConfig balancer;
  balancer.policy = BalancerPolicy::kMaglev;
  balancer.hashing.balance_percent = balance_percent;
  Fleet fleet(10, balancer);
  return fleet.Run(20 * kSecond, 2'000, key_of);
}

TEST(FailureModes, SessionsDoNotHideCapacity) {
  const Experience by_address = ExperienceOfStickiness(AddressOf, 0);
  EXPECT_GT(by_address.greatest_share(), 0.5);
  EXPECT_GT(by_address.failure_share(), 0.25) << "one server of ten works, nine look on";
  const Experience by_cookie = ExperienceOfStickiness(CookieOf, 0);
  EXPECT_LT(by_cookie.greatest_share(), 0.15);
  EXPECT_EQ(by_cookie.failures, 0);
  const Experience bounded = ExperienceOfStickiness(AddressOf, 125);
  EXPECT_LT(bounded.greatest_share(), 0.2);
  EXPECT_EQ(bounded.failures, 0);
}

// One of ten servers fails all it is asked, at once: the least busy of all.
Experience ExperienceOfSilentFailures(BalancerPolicy policy, bool ejects) {
  BalancerConfig balancer;
  balancer.policy = policy;
  Fleet fleet(10, balancer);
  fleet.server(0).behaviour.status = [](int64_t) { return 500; };
  fleet.server(0).behaviour.service_ms = [](int64_t) { return int64_t{1}; };
  if (ejects) fleet.DetectOutliers({});
  return fleet.Run(60 * kSecond, 2'000);
}

TEST(FailureModes, AServerThatFailsFastAttractsNothing) {
  const Experience off = ExperienceOfSilentFailures(BalancerPolicy::kLeastRequest, false);
  EXPECT_GT(off.failure_share(), 0.12) << "it gets more than its share";
  const Experience ejected = ExperienceOfSilentFailures(BalancerPolicy::kLeastRequest, true);
  EXPECT_LT(ejected.failures, 20) << "five a time, twice in a minute, and what was on its way";
  const Experience penalty = ExperienceOfSilentFailures(BalancerPolicy::kPeakEwma, false);
  EXPECT_LT(penalty.failure_share(), 0.001);
}

}  // namespace
}  // namespace weir::simulation
