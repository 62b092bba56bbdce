#include "source/extensions/http_filters/router/retry_state.h"

#include <gtest/gtest.h>

#include "test/routing/route_text.h"

namespace weir::extensions::router {
namespace {

using http::ErrorKind;
using http::StreamError;

StreamError Error(ErrorKind kind, bool retryable = true) {
  return {kind, http::Side::kUpstream, retryable, "why"};
}

class RetryStateTest : public testing::Test {
 protected:
  void Begin(const routing::RetryPolicy* policy, test::Request::Headers headers = {},
             std::string_view method = "GET") {
    test::Request request(method, "h", "/", headers);
    state_.Begin(policy, request.head);
  }
  bool RetriesStatus(int status) {
    base::Arena arena;
    http::ResponseHead head(arena);
    head.status = status;
    return state_.RetriesStatus(head);
  }
  bool RetriesGrpc(std::string_view grpc_status) {
    base::Arena arena;
    http::ResponseHead head(arena);
    head.headers.Add(http::HeaderId::kGrpcStatus, grpc_status);
    return state_.RetriesStatus(head);
  }
  RetryState state_;
};

TEST_F(RetryStateTest, StatusesOfGrpc) {
  routing::RetryPolicy policy{.on = routing::kRetryGrpcUnavailable | routing::kRetryGrpcInternal};
  Begin(&policy);
  EXPECT_TRUE(RetriesGrpc("14") && RetriesGrpc("13"));
  EXPECT_FALSE(RetriesGrpc("0") || RetriesGrpc("8") || RetriesGrpc("4") || RetriesGrpc("x"));
  EXPECT_FALSE(RetriesStatus(503));
  Begin(&policy, {{"x-envoy-retry-grpc-on", "cancelled,resource-exhausted,deadline-exceeded"}});
  EXPECT_TRUE(RetriesGrpc("1") && RetriesGrpc("8") && RetriesGrpc("4") && RetriesGrpc("14"));
  Begin(nullptr, {{"x-envoy-retry-grpc-on", "unavailable"}});
  EXPECT_TRUE(RetriesGrpc("14"));
}

TEST_F(RetryStateTest, WithoutAPolicyOnlyWhatNobodySawIsTriedAgainAndOnce) {
  Begin(nullptr);
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kConnectFailed), true, false, true));
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kRefused), false, false, false));
  EXPECT_FALSE(state_.RetriesError(Error(ErrorKind::kPeerReset), false, false, false));
  EXPECT_FALSE(RetriesStatus(503));
  EXPECT_FALSE(state_.may_need_body());
  base::Random random(1);
  state_.TakeTry(random);
  EXPECT_FALSE(state_.has_tries_left());
}

TEST_F(RetryStateTest, AStaleConnectionIsTriedAgainWhenTheRequestIsHarmless) {
  const StreamError closed = Error(ErrorKind::kPeerClosed, true);
  Begin(nullptr);
  EXPECT_TRUE(state_.RetriesError(closed, false, true, false));
  EXPECT_FALSE(state_.RetriesError(closed, false, false, false)) << "a fresh connection";
  EXPECT_FALSE(state_.RetriesError(closed, false, true, true)) << "a body";
  EXPECT_FALSE(state_.RetriesError(Error(ErrorKind::kPeerClosed, false), false, true, false));
  Begin(nullptr, {}, "POST");
  EXPECT_FALSE(state_.RetriesError(closed, false, true, false)) << "not idempotent";
}

TEST_F(RetryStateTest, ThePolicySaysWhichStatusesCount) {
  routing::RetryPolicy policy{.on = routing::kRetryGatewayError};
  Begin(&policy);
  EXPECT_TRUE(RetriesStatus(502) && RetriesStatus(503) && RetriesStatus(504));
  EXPECT_FALSE(RetriesStatus(500) || RetriesStatus(501) || RetriesStatus(505));
  policy.on = routing::kRetry5xx;
  Begin(&policy);
  EXPECT_TRUE(RetriesStatus(500) && RetriesStatus(599));
  EXPECT_FALSE(RetriesStatus(409));
  policy.on = routing::kRetryRetriable4xx;
  Begin(&policy);
  EXPECT_TRUE(RetriesStatus(409));
  EXPECT_FALSE(RetriesStatus(404) || RetriesStatus(500));
  policy.on = routing::kRetryRetriableStatusCodes;
  policy.retriable_status_codes = {418};
  Begin(&policy);
  EXPECT_TRUE(RetriesStatus(418));
  EXPECT_FALSE(RetriesStatus(419));
}

TEST_F(RetryStateTest, ARateLimitIsObeyedUnlessThePolicySaysOtherwise) {
  routing::RetryPolicy policy{.on = routing::kRetry5xx};
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 503;
  head.headers.Add("x-envoy-ratelimited", "true");
  Begin(&policy);
  EXPECT_FALSE(state_.RetriesStatus(head));
  policy.on = routing::kRetryEnvoyRateLimited;
  Begin(&policy);
  EXPECT_TRUE(state_.RetriesStatus(head));
  EXPECT_FALSE(RetriesStatus(429));
}

TEST_F(RetryStateTest, ResetsCountOnlyWhereThePolicyNamesThem) {
  routing::RetryPolicy policy{.on = routing::kRetryReset};
  Begin(&policy);
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kPeerReset, false), false, false, true));
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kPerTryTimeout, false), false, false, true));
  EXPECT_FALSE(state_.RetriesError(Error(ErrorKind::kNoHost), true, false, false));
  policy.on = routing::kRetryConnectFailure;
  Begin(&policy);
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kConnectTimeout), true, false, false));
  EXPECT_FALSE(state_.RetriesError(Error(ErrorKind::kPeerReset), false, false, false));
}

TEST_F(RetryStateTest, TheHeadersAddToThePolicyAndSetTheNumber) {
  routing::RetryPolicy policy{.on = routing::kRetryConnectFailure, .retry_count = 1};
  Begin(&policy, {{"x-envoy-retry-on", "5xx,nonsense"}, {"x-envoy-max-retries", "2"}});
  EXPECT_TRUE(RetriesStatus(500));
  EXPECT_TRUE(state_.RetriesError(Error(ErrorKind::kConnectFailed), true, false, false));
  base::Random random(1);
  state_.TakeTry(random);
  EXPECT_TRUE(state_.has_tries_left());
  state_.TakeTry(random);
  EXPECT_FALSE(state_.has_tries_left());
  Begin(nullptr, {{"x-envoy-retry-on", "5xx"}, {"x-envoy-max-retries", "many"}});
  EXPECT_TRUE(RetriesStatus(500)) << "the header is a policy of its own";
  EXPECT_TRUE(state_.may_need_body());
  Begin(&policy, {{"x-envoy-max-retries", "0"}});
  EXPECT_FALSE(state_.has_tries_left());
}

TEST_F(RetryStateTest, BackoffGrowsFromTheBaseAndStopsAtTheMaximum) {
  routing::RetryPolicy policy{.on = routing::kRetry5xx, .retry_count = 40};
  policy.base_interval = absl::Milliseconds(10);
  policy.max_interval = absl::Milliseconds(50);
  base::Random random(7);
  int64_t most_first = 0, most_later = 0;
  for (int round = 0; round < 300; ++round) {
    Begin(&policy);
    most_first = std::max(most_first, state_.TakeTry(random));
    for (int i = 0; i < 39; ++i) most_later = std::max(most_later, state_.TakeTry(random));
  }
  EXPECT_EQ(most_first, 9);
  EXPECT_EQ(most_later, 49);
}

}  // namespace
}  // namespace weir::extensions::router
