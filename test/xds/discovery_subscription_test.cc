#include "source/xds/discovery_subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "source/base/random.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "test/support/manual_clock.h"
#include "test/xds/discovery_messages.h"
#include "test/xds/recording_sink.h"

namespace weir::xds {
namespace {

using ::testing::ElementsAre;

// A resource whose time is over after a second.
envoy::service::discovery::v3::Resource AddForOneSecond(const std::string& name,
                                                        DiscoveryResponse& response) {
  envoy::service::discovery::v3::Resource wrapper;
  wrapper.set_name(name);
  wrapper.mutable_ttl()->set_seconds(1);
  *wrapper.mutable_resource() = MakeBody(name);
  response.add_resources()->PackFrom(wrapper);
  return wrapper;
}

class DiscoverySubscriptionTest : public ::testing::Test, public DiscoveryLink {
 protected:
  DiscoverySubscriptionTest() { base::SetThreadIndex(base::kMainThread); }

  void Make(ResourceType type, const SubscriptionOptions& options = {}) {
    type.type_url = kTypeUrl;
    type.stats_prefix = "test";
    auto protocol = TypeProtocol::Create(Protocol::kStateOfTheWorld, std::move(type), random_);
    subscription_ = std::make_unique<DiscoverySubscription>(loop_, *this, std::move(protocol),
                                                            options, sink_, store_);
    stats_ = store_.AddGroup<DiscoveryStats>("test");
  }
  void OnRequestDue(DiscoverySubscription& /*subscription*/) override { ++due_; }
  void OnSubscriptionGone(DiscoverySubscription& /*subscription*/) override { is_gone_ = true; }

  DiscoveryRequest Ask() {
    EXPECT_TRUE(subscription_->IsRequestDue());
    DiscoveryRequest request;
    EXPECT_TRUE(request.ParseFromString(subscription_->TakeRequest(nullptr)));
    return request;
  }
  // Delivers a response whole; returns in how many slices.
  int Respond(const DiscoveryResponse& response) {
    subscription_->Receive(std::make_unique<Response>(Response{response}));
    int slices = 1;
    while (!subscription_->DeliverSlice()) ++slices;
    return slices;
  }
  void Pass(int64_t duration_ms) {
    clock_.AdvanceMs(duration_ms);
    loop_.RunReady();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  base::Random random_{1};
  RecordingSink sink_;
  std::shared_ptr<stats::Group<DiscoveryStats>> stats_;
  int due_ = 0;
  bool is_gone_ = false;
  std::unique_ptr<DiscoverySubscription> subscription_;
};

TEST_F(DiscoverySubscriptionTest, SaysWhenARequestIsDue) {
  Make({});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  EXPECT_EQ(due_, 1);
  subscription_->Add("a", Subscription::kDefaultTimeout);
  EXPECT_EQ(due_, 1);
  subscription_->Remove("b");
  EXPECT_EQ(due_, 1);
  subscription_->Remove("a");
  EXPECT_EQ(due_, 2);
  subscription_.reset();
  EXPECT_TRUE(is_gone_);
}

TEST_F(DiscoverySubscriptionTest, ABigResponseComesInSlicesThatKeepTurnsShort) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  Respond(MakeResponse("0", "", {{"old", ""}}));
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "");
  sink_ = {};
  std::vector<size_t> removed, changed;
  std::vector<bool> last;
  sink_.on_update = [&](const Update& update) {
    removed.push_back(update.removed.size());
    changed.push_back(update.changed.size());
    last.push_back(update.is_last);
    clock_.AdvanceMs(2);
  };
  // 16 updates of 2 ms each, at most 5 ms a turn.
  EXPECT_EQ(Respond(MakeResponse("1", "", resources)), 6);
  EXPECT_EQ(sink_.live.size(), 1000u);
  ASSERT_EQ(changed.size(), 16u);
  EXPECT_EQ(changed.front(), 64u);
  EXPECT_EQ(changed.back(), 1000u - 15 * 64);
  EXPECT_EQ(removed.front(), 1u);
  EXPECT_EQ(std::count(last.begin(), last.end(), true), 1);
  EXPECT_TRUE(last.back());
}

TEST_F(DiscoverySubscriptionTest, AQuickSinkGetsItAllInOneTurn) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "");
  EXPECT_EQ(Respond(MakeResponse("1", "", resources)), 1);
}

TEST_F(DiscoverySubscriptionTest, WhatTheSinkLetsGoOfBetweenSlicesIsNotDelivered) {
  Make({});
  Named resources;
  for (int i = 0; i < 200; ++i) {
    resources.emplace_back("r" + std::to_string(1000 + i), "");
    subscription_->Add(resources.back().first, Subscription::kDefaultTimeout);
  }
  Ask();
  sink_.on_update = [&](const Update& /*update*/) {
    clock_.AdvanceMs(10);
    subscription_->Remove("r1000");  // delivered already
    subscription_->Remove("r1199");  // to come
  };
  EXPECT_GT(Respond(MakeResponse("1", "", resources)), 1);
  EXPECT_EQ(sink_.live.size(), 199u);
  EXPECT_EQ(sink_.live.count("r1199"), 0u);
}

TEST_F(DiscoverySubscriptionTest, ASinkMayNeedTurnsForOneUpdateAndTheAnswerWaits) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  Named resources;
  for (int i = 0; i < 100; ++i) resources.emplace_back("r" + std::to_string(1000 + i), "1");
  sink_.more_turns = 2;
  sink_.refuse["r1000"] = "x: y";
  subscription_->Receive(std::make_unique<Response>(Response{MakeResponse("1", "n1", resources)}));
  for (const int updates : {1, 1, 2, 2}) {
    EXPECT_FALSE(subscription_->DeliverSlice());
    EXPECT_EQ(sink_.updates, updates) << "an update waits for the one before";
    EXPECT_FALSE(subscription_->IsRequestDue());
  }
  EXPECT_TRUE(subscription_->DeliverSlice());
  EXPECT_EQ(sink_.updates, 2);
  EXPECT_EQ(sink_.continuations, 4);
  EXPECT_EQ(Ask().error_detail().message(), "r1000: x: y");
  // Settled like any other: what was taken and what was refused are not offered again.
  Respond(MakeResponse("2", "n2", resources));
  EXPECT_EQ(sink_.offered, 100);
}

TEST_F(DiscoverySubscriptionTest, WhatExpiresWhileASinkIsAtWorkGoesAfterIt) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  DiscoveryResponse response = MakeResponse("1", "n1", {});
  AddForOneSecond("a", response);
  Respond(response);
  sink_.more_turns = 1;
  *response.add_resources() = MakeBody("b");
  subscription_->Receive(std::make_unique<Response>(Response{response}));
  EXPECT_FALSE(subscription_->DeliverSlice());
  Pass(1'000);
  EXPECT_EQ(sink_.live.size(), 2u) << "nothing comes before the sink is done";
  EXPECT_TRUE(subscription_->DeliverSlice());
  Pass(1'000);
  EXPECT_EQ(sink_.live.count("a"), 0u);
}

TEST_F(DiscoverySubscriptionTest, WhatIsLetGoOfWhileASinkIsAtWorkIsNotTakenForLive) {
  Make({});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  subscription_->Add("b", Subscription::kDefaultTimeout);
  Ask();
  const DiscoveryResponse response = MakeResponse("1", "n1", {{"a", ""}, {"b", ""}});
  sink_.more_turns = 1;
  subscription_->Receive(std::make_unique<Response>(Response{response}));
  EXPECT_FALSE(subscription_->DeliverSlice());
  subscription_->Remove("a");
  subscription_->Add("a", Subscription::kDefaultTimeout);
  EXPECT_TRUE(subscription_->DeliverSlice());
  sink_ = {};
  Respond(response);
  EXPECT_EQ(sink_.live.size(), 1u);
  EXPECT_EQ(sink_.live.count("a"), 1u) << "whoever wants it now has not got it";
}

// case 9
TEST_F(DiscoverySubscriptionTest, AnEmptyFirstSetIsNewsAndASecondIsNot) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  Respond(MakeResponse("1", "", {}));
  EXPECT_EQ(sink_.updates, 1);
  Respond(MakeResponse("2", "", {}));
  EXPECT_EQ(sink_.updates, 1);
}

// O19
TEST_F(DiscoverySubscriptionTest, AnIdenticalResponseIsAckedWithoutTheSink) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  for (int i = 0; i < 100; ++i) {
    Respond(MakeResponse(std::to_string(i), std::to_string(i), {{"a", ""}}));
    EXPECT_EQ(Ask().version_info(), std::to_string(i));
  }
  EXPECT_EQ(sink_.updates, 1);
}

// case 21, O01
TEST_F(DiscoverySubscriptionTest, PartOfAResponseGoesLive) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "1");
  Respond(MakeResponse("1", "n1", resources));
  Ask();
  for (auto& [name, content] : resources) content = "2";
  sink_.refuse["r500"] = "circuit_breakers.thresholds[0].max_connections: must be > 0";
  Respond(MakeResponse("2", "n2", resources));
  EXPECT_EQ(sink_.live["r499"], "2");
  EXPECT_EQ(sink_.live["r500"], "1");
  EXPECT_EQ(sink_.live["r999"], "2");
  const DiscoveryRequest nack = Ask();
  EXPECT_EQ(nack.version_info(), "1");
  EXPECT_EQ(nack.error_detail().message(),
            "r500: circuit_breakers.thresholds[0].max_connections: must be > 0");
  EXPECT_EQ(subscription_->state().version, "1");
  EXPECT_EQ(subscription_->state().refused_version, "2");
  EXPECT_EQ(subscription_->state().refusal, nack.error_detail().message());
}

// case 12, case 18
TEST_F(DiscoverySubscriptionTest, FetchesTimeOutByName) {
  Make({});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  subscription_->Add("b", Subscription::kDefaultTimeout);
  subscription_->Add("quick", 1000);
  subscription_->Add("patient", 0);
  Pass(60'000);  // nothing was asked for: no stream
  EXPECT_EQ(sink_.timeouts, 0);
  Ask();
  Pass(999);
  EXPECT_EQ(sink_.timeouts, 0);
  Pass(1);
  EXPECT_THAT(sink_.timed_out, ElementsAre("quick"));
  Respond(MakeResponse("1", "", {{"b", ""}}));
  Pass(13'999);
  EXPECT_EQ(sink_.timeouts, 1);
  Pass(1);
  EXPECT_THAT(sink_.timed_out, ElementsAre("quick", "a"));
  Pass(1'000'000);
  EXPECT_EQ(sink_.timeouts, 2);
  EXPECT_EQ(stats_->Here().init_fetch_timeout.value(), 2u);
}

TEST_F(DiscoverySubscriptionTest, ALateAnswerIsStillDelivered) {
  Make({}, {.initial_fetch_timeout_ms = 100});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  Ask();
  Pass(100);
  EXPECT_THAT(sink_.timed_out, ElementsAre("a"));
  Respond(MakeResponse("1", "", {{"a", "late"}}));
  EXPECT_EQ(sink_.live["a"], "late");
}

TEST_F(DiscoverySubscriptionTest, ARefusalIsAnAnswerToo) {
  Make({}, {.initial_fetch_timeout_ms = 100});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  Ask();
  sink_.refuse["a"] = "x: y";
  Respond(MakeResponse("1", "", {{"a", ""}}));
  Pass(1000);
  EXPECT_EQ(sink_.timeouts, 0);
}

TEST_F(DiscoverySubscriptionTest, TheCompleteSetTimesOutOnce) {
  Make({.is_complete_set = true}, {.initial_fetch_timeout_ms = 100});
  subscription_->AddAll();
  Ask();
  Pass(100);
  EXPECT_EQ(sink_.timeouts, 1);
  EXPECT_TRUE(sink_.timed_out.empty());
  subscription_->OnDisconnect();
  Ask();
  Pass(100);
  EXPECT_EQ(sink_.timeouts, 1);
}

// case 12
TEST_F(DiscoverySubscriptionTest, NoTimerRunsWithoutAStream) {
  Make({.is_complete_set = true}, {.initial_fetch_timeout_ms = 100});
  subscription_->AddAll();
  subscription_->Add("a", Subscription::kDefaultTimeout);
  Ask();
  Pass(99);
  subscription_->OnDisconnect();
  Pass(10'000);
  EXPECT_EQ(sink_.timeouts, 0);
  Ask();
  Pass(99);
  EXPECT_EQ(sink_.timeouts, 0);
  Pass(1);
  EXPECT_EQ(sink_.timeouts, 2);
}

// O15
TEST_F(DiscoverySubscriptionTest, NobodyIsAskedForWhatIsNoName) {
  Make({});
  const std::string odd_names[] = {"", "*", "a\nb", std::string(65'536, 'x'), "xdstp://a/T/id"};
  for (const std::string& name : odd_names) {
    subscription_->Add(name, Subscription::kDefaultTimeout);
  }
  subscription_->Add("good", Subscription::kDefaultTimeout);
  subscription_->Remove("a\nb");
  EXPECT_EQ(sink_.updates, 0);  // not from within Add()
  EXPECT_THAT(NamesOf(Ask()), ElementsAre("good"));
  Pass(1);
  EXPECT_THAT(sink_.removed, ElementsAre("", "*", std::string(65'536, 'x'), "xdstp://a/T/id"));
  Pass(100);
  EXPECT_EQ(sink_.updates, 1);
}

TEST_F(DiscoverySubscriptionTest, ThatItIsNoNameIsToldAfterTheDeliveryItWasWantedIn) {
  Make({});
  subscription_->Add("a", Subscription::kDefaultTimeout);
  Ask();
  sink_.on_update = [&](const Update& update) {
    if (update.changed.empty()) return;
    subscription_->Add("xdstp:", Subscription::kDefaultTimeout);
    Pass(1);
    EXPECT_EQ(sink_.updates, 1);
  };
  Respond(MakeResponse("1", "n1", {{"a", ""}}));
  Pass(1);
  EXPECT_THAT(sink_.removed, ElementsAre("xdstp:"));
}

TEST_F(DiscoverySubscriptionTest, WhatExpiresDuringADeliveryGoesAfterIt) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  DiscoveryResponse response = MakeResponse("1", "n1", {});
  auto wrapper = AddForOneSecond("a", response);
  Respond(response);
  for (int i = 0; i < 200; ++i) *response.add_resources() = MakeBody("r" + std::to_string(i));
  sink_.on_update = [&](const Update& update) {
    EXPECT_TRUE(update.removed.empty());
    Pass(600);  // the timer fires meanwhile
  };
  response.mutable_resources()->DeleteSubrange(0, 1);
  wrapper.clear_resource();
  response.add_resources()->PackFrom(wrapper);
  Respond(response);
  EXPECT_EQ(sink_.live.count("a"), 1u);
  sink_.on_update = nullptr;
  Pass(1);
  EXPECT_EQ(sink_.live.count("a"), 0u);
  EXPECT_EQ(sink_.live.size(), 200u);
}

TEST_F(DiscoverySubscriptionTest, AHeldNackAsksForItsTurnInTime) {
  Make({.is_complete_set = true});
  subscription_->AddAll();
  Ask();
  sink_.refuse["a"] = "x: y";
  Respond(MakeResponse("1", "n1", {{"a", ""}}));
  Ask();
  Respond(MakeResponse("1", "n2", {{"a", ""}}));
  EXPECT_EQ(sink_.offered, 1);
  EXPECT_FALSE(subscription_->IsRequestDue());
  due_ = 0;
  Pass(249);
  EXPECT_EQ(due_, 0);
  Pass(251);
  EXPECT_EQ(due_, 1);
  EXPECT_EQ(Ask().response_nonce(), "n2");
}

TEST_F(DiscoverySubscriptionTest, CountsUnderEnvoysNames) {
  Make({.is_complete_set = true});
  const DiscoveryStats& stats = stats_->Here();
  EXPECT_EQ(stats.update_attempt.value(), 1u);
  subscription_->AddAll();
  Ask();
  clock_.AdvanceMs(3);
  loop_.RunReady();
  Respond(MakeResponse("1", "n1", {{"a", ""}}));
  EXPECT_EQ(stats.update_success.value(), 1u);
  EXPECT_EQ(stats.update_attempt.value(), 2u);
  EXPECT_EQ(stats.update_time.value(), loop_.wall_us() / 1000);
  const int64_t version = stats.version.value();
  EXPECT_NE(version, 0);
  sink_.refuse["a"] = "x: y";
  Respond(MakeResponse("2", "n2", {{"a", "2"}}));
  EXPECT_EQ(stats.update_rejected.value(), 1u);
  EXPECT_EQ(stats.version.value(), version);
  subscription_->OnDisconnect();
  EXPECT_EQ(stats.update_failure.value(), 1u);
  EXPECT_EQ(stats.update_attempt.value(), 4u);
}

}  // namespace
}  // namespace weir::xds
