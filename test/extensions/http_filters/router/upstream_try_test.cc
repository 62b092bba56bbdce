#include "source/extensions/http_filters/router/upstream_try.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "test/extensions/http_filters/router/fake_cluster.h"

namespace weir::extensions::router {
namespace {

class UpstreamTryTest : public testing::Test, private TryListener {
 protected:
  void Start() { try_.Start(cluster_, {}, 0, arena_); }
  std::string Journal() {
    const std::string all = absl::StrJoin(journal_, ", ");
    journal_.clear();
    return all;
  }

  void OnTryReady(http::ClientStream& stream) override {
    journal_.push_back("ready");
    http::RequestHead head(arena_);
    stream.SendHead(head, true);
  }
  void OnTryInformational(http::ResponseHead&) override { journal_.push_back("informational"); }
  void OnTryHead(http::ResponseHead&, bool) override {
    journal_.push_back("head");
    if (abandons_at_head_) try_.Abandon(false);
  }
  void OnTryBody(base::Buffer& body, bool) override {
    journal_.push_back("body");
    body.Clear();
  }
  void OnTryTrailers(http::HeaderMap&) override { journal_.push_back("trailers"); }
  void OnTryTransportFailure(std::string_view reason) override {
    journal_.push_back(std::string(reason));
  }
  void OnTryFailed(const http::StreamError&) override { journal_.push_back("failed"); }
  void OnTryIdle() override { journal_.push_back("idle"); }
  void OnTryHigh() override { journal_.push_back("high"); }
  void OnTryLow() override { journal_.push_back("low"); }

  base::Arena arena_;
  FakeCluster cluster_;
  UpstreamTry try_{*this};
  std::vector<std::string> journal_;
  bool abandons_at_head_ = false;
};

TEST_F(UpstreamTryTest, RunsAndCanRunAgain) {
  for (int round = 0; round < 2; ++round) {
    Start();
    EXPECT_NE(try_.stream(), nullptr);
    EXPECT_FALSE(try_.is_idle());
    cluster_.last().Respond(200, "x");
    EXPECT_EQ(Journal(), "ready, head, body, idle");
    EXPECT_TRUE(try_.is_idle());
    EXPECT_EQ(try_.stream(), nullptr);
  }
}

TEST_F(UpstreamTryTest, FailureIsFollowedByIdle) {
  Start();
  cluster_.last().Fail({http::ErrorKind::kPeerReset, http::Side::kUpstream, false, "x"});
  EXPECT_EQ(Journal(), "ready, failed, idle");
  cluster_.answer = FakeCluster::Answer::kConnectFailed;
  Start();
  EXPECT_EQ(Journal(), "failed, idle");
}

TEST_F(UpstreamTryTest, AbandonedWhileAskingItIsIdleAtOnce) {
  cluster_.answer = FakeCluster::Answer::kLater;
  Start();
  try_.Abandon(false);
  EXPECT_EQ(Journal(), "idle");
  EXPECT_EQ(cluster_.withdrawn, 1);
}

TEST_F(UpstreamTryTest, AbandonedInItsOwnCallbackItIsSilentUntilIdle) {
  abandons_at_head_ = true;
  Start();
  cluster_.last().RespondHead(cluster_.last().NewHead(200), false);
  EXPECT_EQ(Journal(), "ready, head, idle");
  EXPECT_TRUE(cluster_.last().was_reset);
}

TEST_F(UpstreamTryTest, AbandonedForGoodItSaysNothingAnyMore) {
  Start();
  Journal();
  try_.Abandon(true);
  EXPECT_EQ(Journal(), "");
  EXPECT_TRUE(cluster_.last().is_done);
}

TEST_F(UpstreamTryTest, FlowControlIsPassedOn) {
  Start();
  Journal();
  cluster_.last().High();
  cluster_.last().Low();
  EXPECT_EQ(Journal(), "high, low");
  cluster_.last().Respond(204);
}

}  // namespace
}  // namespace weir::extensions::router
