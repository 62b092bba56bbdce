// The router's timers: the route's, a try's, a silent try's.
#include <gtest/gtest.h>

#include "test/extensions/http_filters/router/router_fixture.h"

namespace weir::extensions::router {
namespace {

using filter::ResponseFlag;
using upstream::ClusterStats;

class RouterTimeoutTest : public RouterFixture {};

TEST_F(RouterTimeoutTest, TheRoutesTimeoutIs504) {
  UseRoute("timeout { seconds: 2 }");
  SendHead();
  FakeStream& stream = upstream();
  Advance(1999);
  EXPECT_EQ(Written(), "");
  Advance(1);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamRequestTimeout));
  EXPECT_EQ(info_.response_code_details, "response_timeout");
  EXPECT_TRUE(stream.was_reset);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_timeout), 1u);
}

// J02.
TEST_F(RouterTimeoutTest, AGrpcCallExceedsItsOwnDeadline) {
  UseRoute("max_grpc_timeout { }");
  SendHead(true, {{"content-type", "application/grpc"}, {"grpc-timeout", "700m"}}, "POST");
  EXPECT_EQ(upstream().Header("grpc-timeout"), "700m");
  Advance(699);
  EXPECT_EQ(Written(), "");
  Advance(1);
  EXPECT_EQ(Written(), "200 end");
  EXPECT_EQ(ResponseHeader("grpc-status"), "4");
  EXPECT_EQ(ResponseHeader("grpc-message"), "upstream request timeout");
}

TEST_F(RouterTimeoutTest, ItRunsFromTheEndOfTheRequest) {
  UseRoute("timeout { seconds: 2 }");
  SendHead(false);
  Advance(5000);
  SendBody("x", true);
  Advance(1999);
  EXPECT_EQ(Written(), "");
  Advance(1);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
}

TEST_F(RouterTimeoutTest, ItHoldsWhileWaitingForAConnection) {
  UseRoute("timeout { seconds: 2 }");
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead();
  Advance(2000);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
  EXPECT_EQ(cluster_.withdrawn, 1);
}

TEST_F(RouterTimeoutTest, AfterTheHeadItResets) {
  UseRoute("timeout { seconds: 2 }");
  SendHead();
  upstream().Respond(200, "part", false);
  Advance(2000);
  EXPECT_EQ(Written(), "200 | part | reset response_timeout");
}

TEST_F(RouterTimeoutTest, DuringABackoffItEndsTheRequest) {
  UseRoute(
      "timeout { seconds: 2 } retry_policy { retry_on: \"5xx\" retry_back_off { "
      "base_interval { seconds: 60000 } max_interval { seconds: 600000 } } }");
  SendHead();
  upstream().Respond(500);
  Advance(2000);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
  Advance(600'000);
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(cluster_.retries_running, 0);
  EXPECT_FALSE(info_.flags.Has(ResponseFlag::kUpstreamRetryLimitExceeded));
}

TEST_F(RouterTimeoutTest, TheRequestMayAskForAnother) {
  SendHead(true, {{"x-envoy-upstream-rq-timeout-ms", "100"}});
  EXPECT_EQ(upstream().Header("x-envoy-expected-rq-timeout-ms"), "100");
  EXPECT_EQ(upstream().Header("x-envoy-upstream-rq-timeout-ms"), "");
  Advance(100);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
}

TEST_F(RouterTimeoutTest, WhatTheDownstreamProxyExpectsCountsWhenRespected) {
  settings_.respect_expected_rq_timeout = true;
  SendHead(true, {{"x-envoy-expected-rq-timeout-ms", "50"}});
  Advance(50);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
}

TEST_F(RouterTimeoutTest, ATryThatTakesTooLongIsMadeAgain) {
  UseRoute("retry_policy { retry_on: \"5xx\" per_try_timeout { seconds: 1 } }");
  SendHead();
  FakeStream& first = upstream();
  Advance(1000);
  EXPECT_TRUE(first.was_reset);
  WaitForRetry();
  ASSERT_EQ(cluster_.asked, 2);
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_per_try_timeout), 1u);
}

TEST_F(RouterTimeoutTest, TheLastTryThatTakesTooLongIs504) {
  UseRoute("retry_policy { retry_on: \"connect-failure\" per_try_timeout { seconds: 1 } }");
  SendHead();
  Advance(1000);
  EXPECT_EQ(Written(), "504 | upstream request timeout end");
  EXPECT_EQ(info_.response_code_details, "upstream_per_try_timeout");
}

TEST_F(RouterTimeoutTest, ATryThatFallsSilentIsGivenUp) {
  UseRoute("retry_policy { retry_on: \"connect-failure\" per_try_idle_timeout { seconds: 1 } }");
  SendHead();
  Advance(999);
  upstream().Respond(200, "a", false);
  Advance(999);
  upstream().RespondBody("b", false);
  Advance(1000);
  EXPECT_EQ(Written(), "200 | a | b | reset upstream_per_try_idle_timeout");
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_per_try_idle_timeout), 1u);
}

TEST_F(RouterTimeoutTest, NoTimerOutlivesTheResponse) {
  UseRoute(
      "timeout { seconds: 2 } retry_policy { retry_on: \"5xx\" "
      "per_try_timeout { seconds: 1 } per_try_idle_timeout { seconds: 1 } }");
  ends_with_response_ = false;
  SendHead();
  upstream().Respond(200, "x");
  Advance(60'000);
  EXPECT_EQ(Written(), "200 | x end");
}

}  // namespace
}  // namespace weir::extensions::router
