#include "source/extensions/http_filters/router/request_timers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "source/base/thread.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::router {
namespace {

TEST(ReadTimeouts, RouteAndPolicy) {
  const test::Request request("GET", "h", "/");
  routing::ForwardAction action;
  EXPECT_EQ(ReadTimeouts(action, nullptr, request.head, false).route_ms, 15'000);
  EXPECT_EQ(ReadTimeouts(action, nullptr, request.head, false).expected_ms(), 15'000);
  routing::RetryPolicy policy;
  policy.per_try_timeout = absl::Seconds(2);
  policy.per_try_idle_timeout = absl::Seconds(1);
  RequestTimeouts timeouts = ReadTimeouts(action, &policy, request.head, false);
  EXPECT_EQ(timeouts.try_ms, 2'000);
  EXPECT_EQ(timeouts.try_silence_ms, 1'000);
  EXPECT_EQ(timeouts.expected_ms(), 2'000);
  action.timeout = absl::Seconds(2);
  timeouts = ReadTimeouts(action, &policy, request.head, false);
  EXPECT_EQ(timeouts.try_ms, 0) << "a try cannot outlast its request";
  action.timeout = absl::ZeroDuration();
  timeouts = ReadTimeouts(action, &policy, request.head, false);
  EXPECT_EQ(timeouts.route_ms, 0);
  EXPECT_EQ(timeouts.try_ms, 2'000);
}

TEST(ReadTimeouts, TheRequestMayAskForOthers) {
  const test::Request request("GET", "h", "/",
                              {{"x-envoy-upstream-rq-timeout-ms", "700"},
                               {"x-envoy-upstream-rq-per-try-timeout-ms", "300"},
                               {"x-envoy-expected-rq-timeout-ms", "500"}});
  const RequestTimeouts timeouts = ReadTimeouts({}, nullptr, request.head, false);
  EXPECT_EQ(timeouts.route_ms, 700);
  EXPECT_EQ(timeouts.try_ms, 300);
  EXPECT_EQ(ReadTimeouts({}, nullptr, request.head, true).route_ms, 500);
}

TEST(ReadTimeouts, NonsenseIsPassedOver) {
  for (const char* text : {"", "-1", "1s", "99999999999999999999", "0x10"}) {
    const test::Request request("GET", "h", "/", {{"x-envoy-upstream-rq-timeout-ms", text}});
    EXPECT_EQ(ReadTimeouts({}, nullptr, request.head, false).route_ms, 15'000) << text;
  }
}

TEST(ReadTimeouts, GrpcSaysItsDeadlineWhereTheRouteAsks) {
  const test::Request request("POST", "h", "/",
                              {{"content-type", "application/grpc"}, {"grpc-timeout", "3S"}});
  routing::ForwardAction action;
  EXPECT_EQ(ReadTimeouts(action, nullptr, request.head, false).route_ms, 15'000);
  action.max_grpc_timeout = absl::ZeroDuration();
  RequestTimeouts timeouts = ReadTimeouts(action, nullptr, request.head, false);
  EXPECT_EQ(timeouts.route_ms, 3'000);
  EXPECT_TRUE(timeouts.is_grpc_deadline);
  action.grpc_timeout_offset = absl::Milliseconds(100);
  EXPECT_EQ(ReadTimeouts(action, nullptr, request.head, false).route_ms, 2'900);
  action.max_grpc_timeout = absl::Seconds(1);
  EXPECT_EQ(ReadTimeouts(action, nullptr, request.head, false).route_ms, 1'000);
  const test::Request plain("POST", "h", "/", {{"grpc-timeout", "3S"}});
  EXPECT_EQ(ReadTimeouts(action, nullptr, plain.head, false).route_ms, 15'000);
  const test::Request odd("POST", "h", "/",
                          {{"content-type", "application/grpc"}, {"grpc-timeout", "3x"}});
  EXPECT_EQ(ReadTimeouts(action, nullptr, odd.head, false).route_ms, 1'000);
}

class RequestTimersTest : public testing::Test, private TimerListener {
 protected:
  void Begin(RequestTimeouts timeouts) { timers_.Begin(loop_, timeouts); }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }
  std::string Journal() {
    const std::string all = absl::StrJoin(journal_, ", ");
    journal_.clear();
    return all;
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  RequestTimers timers_{*this};

 private:
  void OnRouteTimeout() override { journal_.push_back("route"); }
  void OnTryTimeout() override { journal_.push_back("try"); }
  void OnTrySilent() override { journal_.push_back("silent"); }
  void OnBackoffOver() override { journal_.push_back("backoff"); }

  std::vector<std::string> journal_;
};

TEST_F(RequestTimersTest, TheRoutesRunsFromTheEndOfTheRequest) {
  Begin({.route_ms = 100});
  timers_.OnTryReady();
  Advance(500);
  timers_.OnRequestEnd();
  timers_.OnTryHead();
  Advance(99);
  EXPECT_EQ(Journal(), "");
  Advance(1);
  EXPECT_EQ(Journal(), "route");
}

TEST_F(RequestTimersTest, TheTrysEndsWithTheHeadAndBeginsWithEachTry) {
  Begin({.try_ms = 100});
  timers_.OnTryReady();
  timers_.OnTryHead();
  Advance(200);
  EXPECT_EQ(Journal(), "");
  timers_.OnTryReady();
  Advance(60);
  timers_.OnTryEnd();
  timers_.OnTryReady();
  Advance(60);
  EXPECT_EQ(Journal(), "");
  Advance(40);
  EXPECT_EQ(Journal(), "try");
}

TEST_F(RequestTimersTest, SilenceIsBetweenTheParts) {
  Begin({.try_silence_ms = 100});
  timers_.OnTryReady();
  Advance(90);
  timers_.OnTryHead();
  Advance(90);
  timers_.OnTryBody();
  Advance(90);
  EXPECT_EQ(Journal(), "");
  Advance(10);
  EXPECT_EQ(Journal(), "silent");
}

TEST_F(RequestTimersTest, AResponseEndsThemAll) {
  Begin({.route_ms = 100, .try_ms = 90, .try_silence_ms = 80});
  timers_.OnRequestEnd();
  timers_.OnTryReady();
  timers_.OnTryHead();
  timers_.OnResponseEnd();
  Advance(1'000);
  EXPECT_EQ(Journal(), "");
}

TEST_F(RequestTimersTest, ABackoffOutlivesItsTryButNotTheRequest) {
  Begin({.try_ms = 50});
  timers_.OnTryReady();
  timers_.BackOff(30);
  timers_.OnTryEnd();
  Advance(30);
  EXPECT_EQ(Journal(), "backoff");
  timers_.BackOff(30);
  timers_.CancelAll();
  Advance(1'000);
  EXPECT_EQ(Journal(), "");
}

TEST_F(RequestTimersTest, ZeroIsNoLimit) {
  Begin({});
  timers_.OnRequestEnd();
  timers_.OnTryReady();
  timers_.OnTryHead();
  Advance(3'600'000);
  EXPECT_EQ(Journal(), "");
}

}  // namespace
}  // namespace weir::extensions::router
