#include "source/extensions/http_filters/router/request_rewrite.h"

#include <gtest/gtest.h>

#include <memory>

#include "source/routing/path_rewrite.h"
#include "test/routing/route_text.h"

namespace weir::extensions::router {
namespace {

using http::HeaderId;

class RequestRewriteTest : public testing::Test {
 protected:
  void Rewrite(RewriteOptions options = {}) {
    RewriteRequest(action_, chosen_, options, arena_, request_.head);
  }
  std::string_view Header(std::string_view name) const { return request_.head.headers.Value(name); }
  void UsePrefixRewrite() {
    action_.path_rewrite = std::get<routing::ForwardAction>(Route().action).path_rewrite;
  }

  test::Request request_{"GET", "example.com", "/old/x?q", {{"x-to", "named.host"}}};
  base::Arena arena_;
  routing::ForwardAction action_;
  const routing::WeightedCluster* chosen_ = nullptr;

 private:
  const routing::Route& Route() {
    table_ = test::ParseTable(
        "virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/old\" } "
        "route { cluster: \"web\" prefix_rewrite: \"/new\" } } }");
    return *table_->Find(request_.head, 0);
  }
  std::unique_ptr<const routing::RouteTable> table_;
};

TEST_F(RequestRewriteTest, GrpcAsksForTrailersAndTellsItsDeadline) {
  Rewrite({.expected_ms = 250, .is_grpc_deadline = true});
  EXPECT_EQ(Header("te"), "") << "it is not gRPC";
  EXPECT_EQ(Header("grpc-timeout"), "");
  request_.head.headers.Add(HeaderId::kContentType, "application/grpc");
  Rewrite();
  EXPECT_EQ(Header("te"), "trailers");
  EXPECT_EQ(Header("grpc-timeout"), "");
  Rewrite({.expected_ms = 250, .is_grpc_deadline = true});
  EXPECT_EQ(Header("grpc-timeout"), "250m");
}

TEST_F(RequestRewriteTest, LeavesWhatTheRouteLeaves) {
  Rewrite();
  EXPECT_EQ(request_.head.path, "/old/x?q");
  EXPECT_EQ(request_.head.authority, "example.com");
  EXPECT_EQ(request_.head.headers.size(), 1u);
}

TEST_F(RequestRewriteTest, TakesOutWhatWasForThisProxy) {
  for (const char* name :
       {"x-envoy-retry-on", "x-envoy-max-retries", "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-upstream-rq-per-try-timeout-ms"}) {
    request_.head.headers.AddCopy(name, "1");
  }
  Rewrite();
  EXPECT_EQ(request_.head.headers.size(), 1u);
}

TEST_F(RequestRewriteTest, TellsTheTimeoutAndTheOldPath) {
  UsePrefixRewrite();
  request_.head.headers.AddCopy(HeaderId::kXEnvoyExpectedRqTimeoutMs, "1");
  Rewrite({.adds_envoy_headers = true, .expected_ms = 250});
  EXPECT_EQ(request_.head.path, "/new/x?q");
  EXPECT_EQ(Header("x-envoy-expected-rq-timeout-ms"), "250");
  EXPECT_EQ(Header("x-envoy-original-path"), "/old/x?q");
}

TEST_F(RequestRewriteTest, AddsNothingWhereEnvoysHeadersAreSuppressed) {
  UsePrefixRewrite();
  Rewrite({.adds_envoy_headers = false, .expected_ms = 250});
  EXPECT_EQ(request_.head.path, "/new/x?q");
  EXPECT_EQ(request_.head.headers.size(), 1u);
}

TEST_F(RequestRewriteTest, TheWeightedClustersHostComesBeforeTheRoutes) {
  routing::WeightedCluster blue;
  chosen_ = &blue;
  action_.host_rewrite = "route.host";
  action_.append_x_forwarded_host = true;
  Rewrite();
  EXPECT_EQ(request_.head.authority, "route.host");
  EXPECT_EQ(Header("x-forwarded-host"), "example.com");
  blue.host_rewrite = "blue.host";
  Rewrite();
  EXPECT_EQ(request_.head.authority, "blue.host");
}

TEST_F(RequestRewriteTest, TheHostMayComeFromAHeaderThatIsThere) {
  action_.host_rewrite_header = "x-missing";
  Rewrite();
  EXPECT_EQ(request_.head.authority, "example.com");
  action_.host_rewrite_header = "x-to";
  Rewrite();
  EXPECT_EQ(request_.head.authority, "named.host");
}

}  // namespace
}  // namespace weir::extensions::router
