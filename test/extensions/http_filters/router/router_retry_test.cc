// What the router does when a try fails and another one may be made.
#include <gtest/gtest.h>

#include "test/extensions/http_filters/router/router_fixture.h"

namespace weir::extensions::router {
namespace {

using filter::ResponseFlag;
using upstream::ClusterStats;

constexpr http::StreamError kReset{http::ErrorKind::kPeerReset, http::Side::kUpstream, false,
                                   "upstream_reset"};
constexpr char kOn5xx[] = "retry_policy { retry_on: \"5xx\" num_retries { value: 2 } }";

class RouterRetryTest : public RouterFixture {};

TEST_F(RouterRetryTest, AConnectFailureIsTriedOnAnotherHostByDefault) {
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  SendHead();
  EXPECT_EQ(cluster_.asked, 1);
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 2);
  EXPECT_EQ(info_.upstream_host->address_text(), "10.0.0.1:2");
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
  EXPECT_EQ(info_.attempt_count, 2u);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry), 1u);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry_success), 1u);
  EXPECT_EQ(cluster_.retries_running, 0);
}

TEST_F(RouterRetryTest, ABodyThatWaitedSurvivesTheConnectFailure) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead(false);
  SendBody("hello", true);
  cluster_.Refuse({http::ErrorKind::kConnectFailed, http::Side::kUpstream, true, "connect"});
  cluster_.answer = FakeCluster::Answer::kReady;
  WaitForRetry();
  EXPECT_EQ(upstream().body, "hello");
  EXPECT_TRUE(upstream().request_ended);
}

TEST_F(RouterRetryTest, TheSecondFailureIsTheAnswer) {
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  SendHead();
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  WaitForRetry();
  EXPECT_EQ(Written(), "503 | upstream connect error or disconnect/reset before headers end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamConnectionFailure));
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamRetryLimitExceeded));
  EXPECT_EQ(cluster_.retries_running, 0);
}

TEST_F(RouterRetryTest, AResetAfterTheHeadWasSentIsNotTriedWithoutAPolicy) {
  SendHead();
  upstream().Fail(kReset);
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(Written(), "503 | upstream connect error or disconnect/reset before headers end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamRemoteReset));
}

TEST_F(RouterRetryTest, AConnectionThatWasStaleIsReplacedUnseen) {
  cluster_.reused = true;
  SendHead();
  upstream().Fail({http::ErrorKind::kPeerClosed, http::Side::kUpstream, true, "closed"});
  WaitForRetry();
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
}

TEST_F(RouterRetryTest, AStatusOfThePolicyIsTriedAgainWithTheBody) {
  UseRoute(kOn5xx);
  SendHead(false, {}, "POST");
  SendBody("hello ", false);
  FakeStream& first = upstream();
  first.Respond(503, "no", false);
  EXPECT_TRUE(first.is_done);
  EXPECT_EQ(Written(), "");
  SendBody("world", true);
  WaitForRetry();
  ASSERT_EQ(cluster_.asked, 2);
  EXPECT_EQ(upstream().body, "hello world");
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
}

TEST_F(RouterRetryTest, OnlyAStreamThatStillRunsIsReset) {
  UseRoute(kOn5xx);
  SendHead();
  FakeStream& whole = upstream();
  whole.Respond(503);
  EXPECT_FALSE(whole.was_reset);
  EXPECT_TRUE(whole.is_done);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_tx_reset), 0u);
  WaitForRetry();
  FakeStream& half = upstream();
  half.Respond(503, "no", false);
  EXPECT_TRUE(half.was_reset);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_tx_reset), 1u);
  WaitForRetry();
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_tx_reset), 1u);
}

TEST_F(RouterRetryTest, TheLastAnswerGoesThroughWhateverItIs) {
  UseRoute(kOn5xx);
  SendHead();
  for (int i = 0; i < 3; ++i) {
    upstream().Respond(500);
    WaitForRetry();
  }
  EXPECT_EQ(cluster_.asked, 3);
  EXPECT_EQ(Written(), "500 end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamRetryLimitExceeded));
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry_limit_exceeded), 1u);
  EXPECT_EQ(cluster_.retries_running, 0);
}

TEST_F(RouterRetryTest, ABodyTooLargeToKeepIsNotSentTwice) {
  UseRoute(kOn5xx);
  SendHead(false, {}, "POST");
  SendBody(std::string(70'000, 'x'), true);
  upstream().Respond(503);
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(Written(), "503 end");
}

// H36: a host of HTTP/2 may give back what was sent already, body and all.
TEST_F(RouterRetryTest, H36ARequestThatIsGivenBackIsSentElsewhere) {
  cluster_.version = http::Version::kHttp2;
  SendHead(false, {}, "POST");
  SendBody("first half, ", false);
  upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "refused"});
  SendBody("second half", true);
  WaitForRetry();
  ASSERT_EQ(cluster_.asked, 2);
  EXPECT_EQ(upstream().body, "first half, second half");
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
}

TEST_F(RouterRetryTest, ALargeRequestThatIsGivenBackIsNot) {
  cluster_.version = http::Version::kHttp2;
  SendHead(false, {}, "POST");
  SendBody(std::string(20'000, 'x'), true);
  upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "refused"});
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 1);
}

TEST_F(RouterRetryTest, ABodyThatNobodyKeptIsNotSentHalf) {
  SendHead(false, {}, "POST");
  SendBody("first half", false);
  upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "refused"});
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(Written(), "503 | upstream connect error or disconnect/reset before headers end");
}

TEST_F(RouterRetryTest, WhatWasRefusedUnseenNeedsNoLeaveOfTheBreaker) {
  cluster_.retries_allowed = 0;
  SendHead();
  upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "http2.remote_refuse"});
  WaitForRetry();
  ASSERT_EQ(cluster_.asked, 2);
  upstream().Respond(200);
  EXPECT_EQ(Written(), "200 end");
  EXPECT_EQ(cluster_.retries_running, 0);
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry_overflow), 0u);
}

TEST_F(RouterRetryTest, WhatIsRefusedUnseenHasMoreTriesButNotForEver) {
  SendHead();
  while (Written().empty() && cluster_.asked < 20) {
    upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "refused"});
    WaitForRetry();
  }
  EXPECT_EQ(cluster_.asked, 6);
  EXPECT_EQ(Written(), "503 | upstream connect error or disconnect/reset before headers end");
  EndStream();
  written_.clear();
  UseRoute("retry_policy { retry_on: \"refused-stream\" num_retries { value: 2 } }");
  SendHead();
  while (Written().empty() && cluster_.asked < 20) {
    upstream().Fail({http::ErrorKind::kRefused, http::Side::kUpstream, true, "refused"});
    WaitForRetry();
  }
  EXPECT_EQ(cluster_.asked, 9) << "who configures tries gets as many";
}

TEST_F(RouterRetryTest, TheBreakerForRetriesIsAsked) {
  UseRoute(kOn5xx);
  cluster_.retries_allowed = 0;
  SendHead();
  upstream().Respond(503);
  EXPECT_EQ(Written(), "503 end");
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry_overflow), 1u);
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamOverflow));
  EXPECT_FALSE(info_.flags.Has(ResponseFlag::kUpstreamRetryLimitExceeded));
}

TEST_F(RouterRetryTest, AFailureThatTheBreakerLeavesSaysBoth) {
  cluster_.retries_allowed = 0;
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  SendHead();
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(info_.flags.ToString(), "UF,UO");
  EXPECT_EQ(Count(&ClusterStats::upstream_rq_retry_overflow), 1u);
}

TEST_F(RouterRetryTest, TheSenderGoesOnWhenTheTryThatHeldItUpIsGone) {
  UseRoute("retry_policy { retry_on: \"reset\" }");
  SendHead(false, {}, "POST");
  SendBody("hello", false);
  upstream().High();
  EXPECT_EQ(request_pauses_, 1);
  upstream().Fail(kReset);
  WaitForRetry();
  ASSERT_EQ(cluster_.asked, 2);
  EXPECT_EQ(request_pauses_, 0);
  SendBody(" world", true);
  EXPECT_EQ(upstream().body, "hello world");
}

TEST_F(RouterRetryTest, WhatComesDuringTheBackoffIsSentByTheNextTry) {
  UseRoute("retry_policy { retry_on: \"reset\" }");
  SendHead(false, {}, "POST");
  SendBody("a", false);
  upstream().Fail(kReset);
  SendBody("b", false);
  WaitForRetry();
  SendBody("c", true);
  EXPECT_EQ(upstream().body, "abc");
  EXPECT_TRUE(upstream().request_ended);
}

TEST_F(RouterRetryTest, DownstreamThatGoesAwayDuringTheBackoffEndsIt) {
  // So long that it is never drawn as zero.
  UseRoute(
      "retry_policy { retry_on: \"reset\" "
      "retry_back_off { base_interval { seconds: 1000000 } max_interval { seconds: 1000000 } } }");
  SendHead();
  upstream().Fail(kReset);
  chain_.End();
  EXPECT_EQ(cluster_.retries_running, 0);
  Advance(1'000'000'000);
  EXPECT_EQ(cluster_.asked, 1);
}

TEST_F(RouterRetryTest, AttemptsAreToldBothWays) {
  UseHost(
      "include_request_attempt_count: true include_attempt_count_in_response: true "
      "routes { match { prefix: \"/\" } route { cluster: \"web\" "
      "retry_policy { retry_on: \"5xx\" } } }");
  SendHead();
  EXPECT_EQ(upstream().Header("x-envoy-attempt-count"), "1");
  upstream().Respond(500);
  WaitForRetry();
  EXPECT_EQ(upstream().Header("x-envoy-attempt-count"), "2");
  upstream().Respond(200);
  EXPECT_EQ(ResponseHeader("x-envoy-attempt-count"), "2");
}

TEST_F(RouterRetryTest, TheVirtualHostsPolicyServesRoutesWithoutOne) {
  UseHost(
      "retry_policy { retry_on: \"5xx\" } "
      "routes { match { prefix: \"/\" } route { cluster: \"web\" } }");
  SendHead();
  upstream().Respond(500);
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 2);
}

}  // namespace
}  // namespace weir::extensions::router
