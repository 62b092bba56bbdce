// What the router tells of each try to whoever watches the host (outlier detection), and of what
// the host says of its load to whoever goes by that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/extensions/http_filters/router/router_fixture.h"

namespace weir::extensions::router {
namespace {

using balancing::LocalOutcome;

class RememberingMonitor final : public balancing::HostMonitor {
 public:
  explicit RememberingMonitor(std::string& told) : told_(told) {}
  void OnResponse(int status) override { absl::StrAppend(&told_, status, " "); }
  void OnLocalOutcome(LocalOutcome outcome) override {
    const char* const names[] = {"connected ", "failed ", "timeout "};
    told_ += names[static_cast<int>(outcome)];
  }
  SuccessRates success_rates() const override { return {}; }
  int64_t ejected_until_ms() const override { return 0; }

 private:
  std::string& told_;
};

class LoadListener final : public balancing::Balancer {
 public:
  explicit LoadListener(std::vector<double>& heard) : heard_(heard) {}
  uint32_t Pick(const balancing::HostGroup&, const balancing::PickContext&,
                base::Random&) const override {
    return 0;
  }
  void OnLoadReport(const balancing::Host&, const balancing::LoadReport& report,
                    int64_t) const override {
    heard_.push_back(report.cpu_utilization);
  }

 private:
  std::vector<double>& heard_;
};

class RouterOutcomeTest : public RouterFixture {
 protected:
  RouterOutcomeTest() {
    for (size_t i = 0; i < 2; ++i) {
      cluster_.host(i).activity().SetMonitor(std::make_unique<RememberingMonitor>(told_[i]));
    }
  }
  void FailWith(http::ErrorKind kind) {
    upstream().Fail({kind, http::Side::kUpstream, false, "x"});
  }
  // A response of gRPC, with its status in the head or in trailers.
  void RespondGrpc(std::string_view in_head, std::string_view in_trailers) {
    http::ResponseHead& head = upstream().NewHead(200);
    head.headers.Add(http::HeaderId::kContentType, "application/grpc");
    if (!in_head.empty()) head.headers.Add(http::HeaderId::kGrpcStatus, in_head);
    upstream().RespondHead(head, in_trailers.empty());
    if (in_trailers.empty()) return;
    trailers_.emplace(arena_);
    trailers_->Add(http::HeaderId::kGrpcStatus, in_trailers);
    upstream().RespondTrailers(*trailers_);
  }

  std::string told_[2];
  std::optional<http::HeaderMap> trailers_;
};

TEST_F(RouterOutcomeTest, AStatus) {
  SendHead();
  upstream().Respond(500, "no");
  EXPECT_EQ(told_[0], "500 ");
}

TEST_F(RouterOutcomeTest, AStatusOfGrpcStandsForOneOfHttp) {
  SendHead();
  RespondGrpc("14", "");
  EXPECT_EQ(told_[0], "503 ");
  EndStream();
  SendHead();
  RespondGrpc("", "13");
  EXPECT_EQ(told_[0], "503 500 ");
  EndStream();
  SendHead();
  RespondGrpc("", "0");
  EXPECT_EQ(told_[0], "503 500 200 ");
}

TEST_F(RouterOutcomeTest, EachTryToItsOwnHost) {
  UseRoute("retry_policy { retry_on: \"5xx\" num_retries { value: 1 } }");
  SendHead();
  upstream().Respond(503);
  WaitForRetry();
  upstream().Respond(200);
  EXPECT_EQ(told_[0], "503 ");
  EXPECT_EQ(told_[1], "200 ");
}

TEST_F(RouterOutcomeTest, NoConnection) {
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  UseRoute("retry_policy { num_retries { value: 0 } }");
  SendHead();
  EXPECT_EQ(told_[0], "failed ");
}

TEST_F(RouterOutcomeTest, AReset) {
  SendHead();
  FailWith(http::ErrorKind::kPeerReset);
  EXPECT_EQ(told_[0], "failed ");
}

TEST_F(RouterOutcomeTest, AResponseThatBreaksOffIsBoth) {
  SendHead();
  upstream().Respond(200, "part", false);
  FailWith(http::ErrorKind::kPeerClosed);
  EXPECT_EQ(told_[0], "200 failed ");
}

TEST_F(RouterOutcomeTest, WhatIsNotTheHostsFaultIsNotTold) {
  for (const auto kind : {http::ErrorKind::kRefused, http::ErrorKind::kLocal}) {
    UseRoute("retry_policy { num_retries { value: 0 } }");
    SendHead();
    FailWith(kind);
    EndStream();
  }
  EXPECT_EQ(told_[0], "");
}

TEST_F(RouterOutcomeTest, TimeoutsOfARouteAndOfATry) {
  UseRoute("timeout { seconds: 2 }");
  SendHead();
  Advance(2000);
  EXPECT_EQ(told_[0], "timeout ");
  EndStream();
  UseRoute("retry_policy { per_try_timeout { seconds: 1 } num_retries { value: 0 } }");
  SendHead();
  Advance(1000);
  EXPECT_EQ(told_[0], "timeout timeout ");
}

TEST_F(RouterOutcomeTest, AHostThatHasAnsweredDidNotTimeOut) {
  UseRoute("timeout { seconds: 2 }");
  SendHead();
  upstream().Respond(200, "part", false);
  Advance(2000);
  EXPECT_EQ(told_[0], "200 ");
}

TEST_F(RouterOutcomeTest, LoadInTheHeadOrInTrailers) {
  std::vector<double> heard;
  cluster_.listens = std::make_unique<LoadListener>(heard);
  SendHead();
  http::ResponseHead& head = upstream().NewHead(200);
  head.headers.Add("endpoint-load-metrics", "TEXT cpu_utilization=0.25");
  upstream().RespondHead(head, false);
  trailers_.emplace(arena_);
  trailers_->Add("endpoint-load-metrics", "TEXT cpu_utilization=0.5");
  upstream().RespondTrailers(*trailers_);
  EndStream();
  SendHead();
  upstream().Respond(200, "says nothing of it");
  EXPECT_THAT(heard, testing::ElementsAre(0.25, 0.5));
}

}  // namespace
}  // namespace weir::extensions::router
