#include "source/extensions/http_filters/router/router_filter.h"

#include <gtest/gtest.h>

#include "test/extensions/http_filters/router/router_fixture.h"

namespace weir::extensions::router {
namespace {

using filter::ResponseFlag;
using RouterFilterTest = RouterFixture;

TEST_F(RouterFilterTest, ForwardsAHeadAndItsResponse) {
  SendHead();
  EXPECT_EQ(upstream().path, "/path?q");
  EXPECT_EQ(upstream().authority, "example.com");
  EXPECT_TRUE(upstream().request_ended);
  Advance(3);
  upstream().Respond(200, "hello");
  EXPECT_EQ(Written(), "200 | hello end");
  EXPECT_EQ(ResponseHeader("x-envoy-upstream-service-time"), "3");
  EXPECT_EQ(info_.response_code_details, "via_upstream");
  EXPECT_EQ(info_.upstream_host->address_text(), "10.0.0.1:1");
  EXPECT_EQ(info_.cluster_name, "web");
  EXPECT_FALSE(upstream().was_reset) << "the connection stays usable";
  EXPECT_EQ(Count(&upstream::ClusterStats::upstream_rq_2xx), 1u);
}

TEST_F(RouterFilterTest, ForwardsBodyAndTrailersBothWays) {
  SendHead(false);
  SendBody("one ", false);
  SendBody("two", false);
  http::HeaderMap trailers(arena_);
  chain_.OnRequestTrailers(trailers);
  EXPECT_EQ(upstream().body, "one two");
  EXPECT_TRUE(upstream().has_trailers);
  upstream().Respond(200, "answer", false);
  http::HeaderMap answer_trailers(arena_);
  upstream().RespondTrailers(answer_trailers);
  EXPECT_EQ(Written(), "200 | answer | trailers");
  EXPECT_EQ(info_.upstream_bytes_sent, 7u);
  EXPECT_EQ(info_.upstream_bytes_received, 6u);
}

TEST_F(RouterFilterTest, WhatComesBeforeTheConnectionWaitsForItAndPausesTheSender) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead(false);
  SendBody(std::string(40'000, 'a'), false);
  EXPECT_EQ(request_pauses_, 0);
  SendBody(std::string(40'000, 'b'), true);
  EXPECT_EQ(request_pauses_, 1);
  cluster_.Grant();
  EXPECT_EQ(request_pauses_, 0);
  EXPECT_EQ(upstream().body.size(), 80'000u);
  EXPECT_EQ(upstream().body[0], 'a');
  EXPECT_EQ(upstream().body.back(), 'b');
  EXPECT_TRUE(upstream().request_ended);
}

// gRPC's rule for requests without a message; its server for Go waits for ever for another end.
TEST_F(RouterFilterTest, AnEndBehindTheHeadIsSentBehindIt) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead(false);
  SendBody("", true);
  cluster_.Grant();
  EXPECT_FALSE(upstream().head_ended_request);
  EXPECT_TRUE(upstream().request_ended);
}

TEST_F(RouterFilterTest, BackpressureGoesThroughInBothDirections) {
  SendHead(false);
  upstream().High();
  EXPECT_EQ(request_pauses_, 1);
  upstream().Low();
  EXPECT_EQ(request_pauses_, 0);
  chain_.OnDownstreamHigh();
  chain_.OnDownstreamHigh();
  EXPECT_EQ(upstream().pauses, 2);
  chain_.OnDownstreamLow();
  chain_.OnDownstreamLow();
  EXPECT_EQ(upstream().pauses, 0);
}

TEST_F(RouterFilterTest, AStreamThatComesWhileDownstreamIsFullIsPausedAsOften) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead();
  chain_.OnDownstreamHigh();
  chain_.OnDownstreamHigh();
  cluster_.Grant();
  EXPECT_EQ(upstream().pauses, 2);
  chain_.OnDownstreamLow();
  EXPECT_EQ(upstream().pauses, 1);
  chain_.OnDownstreamLow();
  EXPECT_EQ(upstream().pauses, 0);
}

TEST_F(RouterFilterTest, NoRouteIs404) {
  UseHost("routes { match { path: \"/other\" } route { cluster: \"web\" } }");
  SendHead();
  EXPECT_EQ(Written(), "404 end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kNoRouteFound));
  EXPECT_EQ(info_.response_code_details, "route_not_found");
}

TEST_F(RouterFilterTest, ClusterThatIsNotThereIsTheConfiguredStatus) {
  UseHost(
      "routes { match { prefix: \"/\" } route { cluster: \"gone\" "
      "cluster_not_found_response_code: NOT_FOUND } }");
  SendHead();
  EXPECT_EQ(Written(), "404 end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kNoClusterFound));
}

TEST_F(RouterFilterTest, NoHostIs503) {
  cluster_.answer = FakeCluster::Answer::kNoHost;
  SendHead();
  EXPECT_EQ(Written(), "503 | no healthy upstream end");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kNoHealthyUpstream));
  EXPECT_EQ(info_.response_code_details, "no_healthy_upstream");
}

TEST_F(RouterFilterTest, OverflowSaysSo) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead();
  cluster_.Refuse({http::ErrorKind::kOverflow, http::Side::kUpstream, true, "overflow"});
  EXPECT_EQ(Written(), "503 | upstream overloaded end");
  EXPECT_EQ(ResponseHeader("x-envoy-overloaded"), "true");
  EXPECT_TRUE(info_.flags.Has(ResponseFlag::kUpstreamOverflow));
}

TEST_F(RouterFilterTest, DirectResponseWithTheRoutesHeaders) {
  UseHost(
      "routes { match { prefix: \"/\" } direct_response { status: 418 "
      "body { inline_string: \"teapot\" } } "
      "response_headers_to_add { header { key: \"x-kind\" value: \"pot\" } } }");
  SendHead();
  EXPECT_EQ(Written(), "418 | teapot end");
  EXPECT_EQ(ResponseHeader("x-kind"), "pot");
  EXPECT_EQ(cluster_.asked, 0);
}

TEST_F(RouterFilterTest, Redirect) {
  UseHost("routes { match { prefix: \"/\" } redirect { host_redirect: \"new.example\" } }");
  SendHead();
  EXPECT_EQ(Written(), "301 end");
  EXPECT_EQ(ResponseHeader("location"), "http://new.example/path?q");
}

TEST_F(RouterFilterTest, PlaintextIsSentToTlsWhereItIsRequired) {
  UseHost("require_tls: ALL routes { match { prefix: \"/\" } route { cluster: \"web\" } }");
  SendHead();
  EXPECT_EQ(Written(), "301 end");
  EXPECT_EQ(ResponseHeader("location"), "https://example.com/path?q");
}

TEST_F(RouterFilterTest, InternalRequestsMayStayPlaintextWhereOnlyExternalOnesNeedTls) {
  UseHost(
      "require_tls: EXTERNAL_ONLY routes { match { prefix: \"/\" } route { cluster: \"web\" } }");
  SendHead(true, {{"x-envoy-internal", "true"}});
  EXPECT_EQ(cluster_.asked, 1);
  EndStream();
  SendHead();
  EXPECT_EQ(cluster_.asked, 1);
  EXPECT_EQ(Written(), "301 end");
}

TEST_F(RouterFilterTest, WeightedChoiceWithItsOwnHeadersAndHost) {
  Slot("blue").cluster = &cluster_;
  UseHost(
      "routes { match { prefix: \"/\" } route { weighted_clusters { "
      "clusters { name: \"gone\" weight { value: 0 } } "
      "clusters { name: \"blue\" weight { value: 5 } host_rewrite_literal: \"blue.host\" "
      "request_headers_to_add { header { key: \"x-colour\" value: \"blue\" } } "
      "response_headers_to_add { header { key: \"x-from\" value: \"blue\" } } } } } }");
  SendHead();
  EXPECT_EQ(info_.cluster_name, "blue");
  EXPECT_EQ(upstream().Header("x-colour"), "blue");
  EXPECT_EQ(upstream().authority, "blue.host");
  upstream().Respond(204);
  EXPECT_EQ(ResponseHeader("x-from"), "blue");
}

TEST_F(RouterFilterTest, HeadIsRewrittenOnceAndPrivateFieldsGo) {
  UseRoute(
      "prefix_rewrite: \"/new/\" host_rewrite_literal: \"inner\" "
      "append_x_forwarded_host: true timeout { seconds: 7 }");
  SendHead(true, {{"x-envoy-retry-on", "5xx"}, {"x-envoy-max-retries", "1"}});
  EXPECT_EQ(upstream().path, "/new/path?q");
  EXPECT_EQ(upstream().authority, "inner");
  EXPECT_EQ(upstream().Header("x-envoy-original-path"), "/path?q");
  EXPECT_EQ(upstream().Header("x-forwarded-host"), "example.com");
  EXPECT_EQ(upstream().Header("x-envoy-expected-rq-timeout-ms"), "7000");
  EXPECT_EQ(upstream().Header("x-envoy-retry-on"), "");
  EXPECT_EQ(upstream().Header("x-envoy-max-retries"), "");
}

TEST_F(RouterFilterTest, EnvoyHeadersCanBeSuppressed) {
  settings_.suppress_envoy_headers = true;
  UseRoute("prefix_rewrite: \"/new\"");
  SendHead();
  EXPECT_EQ(upstream().Header("x-envoy-original-path"), "");
  EXPECT_EQ(upstream().Header("x-envoy-expected-rq-timeout-ms"), "");
  upstream().Respond(200);
  EXPECT_EQ(ResponseHeader("x-envoy-upstream-service-time"), "");
}

TEST_F(RouterFilterTest, AutoHostRewriteTakesTheChosenHostsName) {
  UseRoute("auto_host_rewrite { value: true }");
  SendHead();
  EXPECT_EQ(upstream().authority, "host-1");
}

TEST_F(RouterFilterTest, PriorityIsTheRoutes) {
  UseRoute("priority: HIGH");
  SendHead();
  EXPECT_EQ(cluster_.last_priority, 1);
}

TEST_F(RouterFilterTest, ResetAfterTheHeadResetsDownstream) {
  SendHead();
  upstream().Respond(200, "part", false);
  upstream().Fail({http::ErrorKind::kPeerClosed, http::Side::kUpstream, false, "broke"});
  EXPECT_EQ(Written(), "200 | part | reset broke");
}

TEST_F(RouterFilterTest, ACallOfGrpcThatLosesItsHostStillGetsAStatus) {
  constexpr http::StreamError kLost{http::ErrorKind::kPeerClosed, http::Side::kUpstream, false,
                                    "upstream_reset_before_response_started{x}"};
  for (const bool is_http2 : {true, false}) {
    SendHead(false);
    request_->head.version = is_http2 ? http::Version::kHttp2 : http::Version::kHttp11;
    http::ResponseHead& head = upstream().NewHead(200);
    head.headers.Add(http::HeaderId::kContentType, "application/grpc");
    upstream().RespondHead(head, false);
    upstream().Fail(kLost);
    EXPECT_EQ(Written(), is_http2 ? "200 | trailers of status 14"
                                  : "200 | reset upstream_reset_after_response_started{x}");
    EXPECT_EQ(info_.response_code_details,
              is_http2 ? "upstream_reset_after_response_started{x}" : "via_upstream");
    EXPECT_EQ(info_.flags.Has(ResponseFlag::kUpstreamConnectionTermination), is_http2);
    EndStream();
    written_.clear();
    info_.flags = {};
  }
}

TEST_F(RouterFilterTest, ProtocolErrorIs502) {
  SendHead();
  upstream().Fail({http::ErrorKind::kProtocol, http::Side::kUpstream, false, "bad_status_line"});
  EXPECT_EQ(Written(), "502 | upstream sent an invalid response end");
  EXPECT_EQ(info_.response_code_details, "bad_status_line");
}

TEST_F(RouterFilterTest, InformationalResponsesPassButForContinue) {
  SendHead();
  upstream().RespondInformational(103);
  upstream().RespondInformational(100);
  EXPECT_EQ(Written(), "informational 103");
}

TEST_F(RouterFilterTest, DownstreamThatGoesAwayTakesTheTryBack) {
  SendHead();
  FakeStream& stream = upstream();
  EndStream();
  EXPECT_TRUE(stream.was_reset);
  EXPECT_TRUE(stream.is_done);
}

TEST_F(RouterFilterTest, DownstreamThatGoesAwayWhileWaitingIsWithdrawn) {
  cluster_.answer = FakeCluster::Answer::kLater;
  SendHead();
  EndStream();
  EXPECT_EQ(cluster_.withdrawn, 1);
}

TEST_F(RouterFilterTest, EarlyResponseEndsTheTryThatStillSends) {
  SendHead(false);
  SendBody("part", false);
  FakeStream& stream = upstream();
  stream.Respond(413);
  EXPECT_EQ(Written(), "413 end");
  EXPECT_TRUE(stream.was_reset) << "the rest of the body will never come";
}

TEST_F(RouterFilterTest, UpgradeRunsWithoutTheRoutesTimeout) {
  upgrade_ = "websocket";
  UseRoute("timeout { seconds: 1 }");
  SendHead(false);
  http::ResponseHead& head = upstream().NewHead(101);
  upstream().RespondHead(head, false);
  SendBody("ping", false);
  upstream().RespondBody("pong", false);
  SendBody("", true);
  Advance(3'600'000);
  EXPECT_EQ(Written(), "101 | pong");
  EXPECT_EQ(upstream().body, "ping");
}

TEST_F(RouterFilterTest, TheClusterHearsWhereTheConnectionWasGoing) {
  SendHead();
  EXPECT_EQ(cluster_.last_destination, nullptr);
  EndStream();
  connection_.is_redirected = true;
  SendHead();
  EXPECT_EQ(cluster_.last_destination, &connection_.local);
}

}  // namespace
}  // namespace weir::extensions::router
