// The delta rules of the public protocol description, one by one, without a network. "case N" is a
// black-box case of xDS conformance.
#include "source/xds/delta_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "source/base/random.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNowMs = 1'000'000;

class DeltaProtocolTest : public ::testing::Test {
 protected:
  using Versions = std::map<std::string, std::string>;

  std::optional<DeltaDiscoveryRequest> Next(DeltaProtocol& protocol, int64_t now_ms = kNowMs) {
    if (!protocol.IsRequestDue(now_ms)) return std::nullopt;
    return Parsed(protocol.TakeRequest(now_ms, nullptr));
  }
  static DeltaDiscoveryRequest Parsed(const std::string& bytes) {
    DeltaDiscoveryRequest request;
    EXPECT_TRUE(request.ParseFromString(bytes));
    return request;
  }
  // Takes a response, but for `refuse`, and answers. True: accepted.
  bool Respond(DeltaProtocol& protocol, const DeltaDiscoveryResponse& message,
               const std::vector<Refusal>& refuse = {}, int64_t now_ms = kNowMs) {
    Response response;
    response.message = message;
    Intake intake = protocol.Receive(response, now_ms);
    changed_.clear();
    for (const Resource& resource : intake.changed) changed_.emplace_back(resource.name);
    protocol.Settle(intake, 0, intake.changed.size(), refuse);
    removed_ = intake.removed;
    intake.refusals.insert(intake.refusals.end(), refuse.begin(), refuse.end());
    return protocol.Answer(response, intake, now_ms);
  }
  void Reconnect(DeltaProtocol& protocol, uint32_t server = 0) {
    protocol.OnDisconnect();
    protocol.OnConnect(server, false);
  }

  base::Random random_{1};
  DeltaProtocol set_{{.type_url = kTypeUrl, .is_complete_set = true}, random_};
  DeltaProtocol named_{{.type_url = kTypeUrl}, random_};
  std::vector<std::string> changed_, removed_;
};

// case 1
TEST_F(DeltaProtocolTest, FirstRequest) {
  EXPECT_FALSE(Next(named_).has_value());
  named_.Want("b", 0);
  named_.Want("a", 0);
  const auto request = Next(named_);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->type_url(), kTypeUrl);
  EXPECT_THAT(SubscribedIn(*request), ElementsAre("a", "b"));
  EXPECT_THAT(UnsubscribedIn(*request), IsEmpty());
  EXPECT_EQ(VersionsIn(*request), Versions());
  EXPECT_EQ(request->response_nonce(), "");
  EXPECT_FALSE(request->has_error_detail());
  EXPECT_FALSE(Next(named_).has_value());
}

// case 2
TEST_F(DeltaProtocolTest, AckEchoesTheNonceAndNothingElse) {
  set_.WantAll();
  Next(set_);
  EXPECT_TRUE(Respond(set_, MakeDelta("n1", {{"a"}})));
  const auto ack = Next(set_);
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->type_url(), kTypeUrl);
  EXPECT_EQ(ack->response_nonce(), "n1");
  EXPECT_FALSE(ack->has_error_detail());
  EXPECT_THAT(SubscribedIn(*ack), IsEmpty());
  EXPECT_EQ(VersionsIn(*ack), Versions());
  EXPECT_FALSE(Next(set_).has_value());
  EXPECT_EQ(set_.version(), "system-n1");
}

// case 3, O01
TEST_F(DeltaProtocolTest, NackSaysWhyAndTheLastGoodVersionIsKept) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a", "1", "a1"}, {"b", "1", "b1"}}));
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeDelta("n2", {{"a", "2", "a2"}, {"b", "2", "b2"}}),
                       {{"a", "lb_policy: not defined"}}));
  const auto nack = Next(set_);
  ASSERT_TRUE(nack.has_value());
  EXPECT_EQ(nack->response_nonce(), "n2");
  EXPECT_EQ(nack->error_detail().code(), 13);
  EXPECT_EQ(nack->error_detail().message(), "a: lb_policy: not defined");
  EXPECT_EQ(set_.version(), "system-n1");
  // What was good of it went live.
  Reconnect(set_);
  EXPECT_EQ(VersionsIn(*Next(set_)), (Versions{{"a", "a1"}, {"b", "b2"}}));
}

// case 4
TEST_F(DeltaProtocolTest, GoodAfterBad) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a", "bad", "1"}}), {{"a", "x: y"}});
  Next(set_);
  EXPECT_TRUE(Respond(set_, MakeDelta("n2", {{"a", "good", "2"}})));
  EXPECT_THAT(changed_, ElementsAre("a"));
  const auto ack = Next(set_);
  EXPECT_EQ(ack->response_nonce(), "n2");
  EXPECT_FALSE(ack->has_error_detail());
}

// case 5, case 13
TEST_F(DeltaProtocolTest, AReconnectTellsWhatIsThereAndForgetsTheNonce) {
  named_.Want("a", 0);
  named_.Want("b", 0);
  named_.Want("c", 0);
  EXPECT_EQ(VersionsIn(*Next(named_)), Versions());
  Respond(named_, MakeDelta("n1", {{"a", "", "a1"}, {"b", "", "b1"}}, {"c"}));
  Respond(named_, MakeDelta("n2", {{"a", "2", "a2"}}));
  Next(named_);  // the other answer will never leave
  Reconnect(named_);
  const auto first = Next(named_);
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(SubscribedIn(*first), ElementsAre("a", "b", "c"));
  EXPECT_EQ(VersionsIn(*first), (Versions{{"a", "a2"}, {"b", "b1"}}));
  EXPECT_EQ(first->response_nonce(), "");
  EXPECT_FALSE(Next(named_).has_value());
  // Only the first request has them.
  named_.Want("d", 0);
  EXPECT_EQ(VersionsIn(*Next(named_)), Versions());
  // The same again is no news.
  EXPECT_TRUE(Respond(named_, MakeDelta("m1", {{"a", "2", "a2"}})));
  EXPECT_THAT(changed_, IsEmpty());
}

// O14, O19
TEST_F(DeltaProtocolTest, AVersionThatChangesWithoutItsContentIsKept) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a", "same", "1"}}));
  EXPECT_TRUE(Respond(set_, MakeDelta("n2", {{"a", "same", "2"}})));
  EXPECT_THAT(changed_, IsEmpty());
  Reconnect(set_);
  EXPECT_EQ(VersionsIn(*Next(set_)), (Versions{{"a", "2"}}));
}

TEST_F(DeltaProtocolTest, VersionsAreForTheServerThatGaveThem) {
  set_.WantAll();
  set_.OnConnect(0, false);
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a", "", "a1"}, {"b", "", "b1"}}));
  Reconnect(set_, 1);
  // It can say which of these it does not have.
  EXPECT_EQ(VersionsIn(*Next(set_)), (Versions{{"a", ""}, {"b", ""}}));
  EXPECT_TRUE(Respond(set_, MakeDelta("m1", {{"a", "", "A"}}, {"b"})));
  EXPECT_THAT(changed_, IsEmpty());
  EXPECT_THAT(removed_, ElementsAre("b"));
  Reconnect(set_, 1);
  EXPECT_EQ(VersionsIn(*Next(set_)), (Versions{{"a", "A"}}));
}

// case 6
TEST_F(DeltaProtocolTest, ChangesAreIncrementsWithoutANonce) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeDelta("n1", {{"a"}}));
  Next(named_);
  named_.Want("c", 0);
  named_.Want("b", 0);
  const auto grown = Next(named_);
  EXPECT_THAT(SubscribedIn(*grown), ElementsAre("b", "c"));
  EXPECT_THAT(UnsubscribedIn(*grown), IsEmpty());
  EXPECT_EQ(grown->response_nonce(), "");
  named_.Forget("a");
  named_.Forget("c");
  named_.Want("d", 0);
  const auto changed = Next(named_);
  EXPECT_THAT(SubscribedIn(*changed), ElementsAre("d"));
  EXPECT_THAT(UnsubscribedIn(*changed), ElementsAre("a", "c"));
  EXPECT_FALSE(Next(named_).has_value());
}

TEST_F(DeltaProtocolTest, AnAnswerTakesChangesAlong) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeDelta("n1", {{"a"}}));
  named_.Want("b", 0);
  const auto ack = Next(named_);
  EXPECT_EQ(ack->response_nonce(), "n1");
  EXPECT_THAT(SubscribedIn(*ack), ElementsAre("b"));
  EXPECT_FALSE(Next(named_).has_value());
}

TEST_F(DeltaProtocolTest, WhatIsWantedAgainIsAskedForAgain) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeDelta("n1", {{"a"}}));
  Next(named_);
  named_.Forget("a");
  named_.Want("a", 0);
  const auto again = Next(named_);
  ASSERT_TRUE(again.has_value());
  EXPECT_THAT(SubscribedIn(*again), ElementsAre("a"));
  EXPECT_THAT(UnsubscribedIn(*again), IsEmpty());
  // Unchanged, and news all the same: it had been forgotten.
  EXPECT_TRUE(Respond(named_, MakeDelta("n2", {{"a"}})));
  EXPECT_THAT(changed_, ElementsAre("a"));
  Next(named_);
  named_.Forget("a");
  named_.Want("a", 0);
  named_.Forget("a");
  EXPECT_THAT(UnsubscribedIn(*Next(named_)), ElementsAre("a"));
}

TEST_F(DeltaProtocolTest, ANameThatWasNeverToldIsNotTakenBack) {
  named_.Want("a", 0);
  named_.Forget("a");
  EXPECT_FALSE(Next(named_).has_value());
  named_.Want("b", 0);
  Next(named_);
  named_.Want("c", 0);
  named_.Forget("c");
  EXPECT_FALSE(Next(named_).has_value());
}

// case 7
TEST_F(DeltaProtocolTest, TheWildcardIsAnEmptyListAtFirst) {
  set_.WantAll();
  EXPECT_THAT(SubscribedIn(*Next(set_)), IsEmpty());
  Respond(set_, MakeDelta("n1", {{"a"}}));
  EXPECT_THAT(SubscribedIn(*Next(set_)), IsEmpty());
  EXPECT_THAT(changed_, ElementsAre("a"));
  // A name on top takes nothing from it.
  set_.Want("b", 0);
  EXPECT_THAT(SubscribedIn(*Next(set_)), ElementsAre("b"));
  set_.Forget("b");
  EXPECT_THAT(UnsubscribedIn(*Next(set_)), ElementsAre("b"));
}

// case 7
TEST_F(DeltaProtocolTest, WithNamesTheWildcardIsSpelledOut) {
  set_.Want("b", 0);
  set_.WantAll();
  EXPECT_THAT(SubscribedIn(*Next(set_)), ElementsAre("b", "*"));
  named_.Want("a", 0);
  Next(named_);
  named_.WantAll();
  EXPECT_THAT(SubscribedIn(*Next(named_)), ElementsAre("*"));
  Reconnect(named_);
  EXPECT_THAT(SubscribedIn(*Next(named_)), ElementsAre("a", "*"));
}

TEST_F(DeltaProtocolTest, ATypeThatWasLeftOnThisStreamHasNoLegacyWildcard) {
  set_.OnConnect(0, true);
  set_.WantAll();
  EXPECT_THAT(SubscribedIn(*Next(set_)), ElementsAre("*"));
}

TEST_F(DeltaProtocolTest, ANameThatTheWildcardStillCoversStays) {
  set_.WantAll();
  set_.Want("a", 0);
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a"}}));
  set_.Forget("a");
  EXPECT_THAT(UnsubscribedIn(*Next(set_)), ElementsAre("a"));
  // The server says that it still exists, or that it does not.
  EXPECT_TRUE(Respond(set_, MakeDelta("n2", {{"a"}})));
  EXPECT_THAT(changed_, IsEmpty());
  Respond(set_, MakeDelta("n3", {}, {"a"}));
  EXPECT_THAT(removed_, ElementsAre("a"));
}

// case 8, case 9
TEST_F(DeltaProtocolTest, AbsenceIsNoDeletion) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a"}, {"b"}}));
  EXPECT_TRUE(Respond(set_, MakeDelta("n2", {{"b", "2"}})));
  EXPECT_THAT(removed_, IsEmpty());
  EXPECT_TRUE(Respond(set_, MakeDelta("n3", {})));
  EXPECT_THAT(removed_, IsEmpty());
}

// case 10, O04, O14
TEST_F(DeltaProtocolTest, DuplicatesAreNacked) {
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeDelta("n1", {{"a", "1"}, {"b", ""}, {"a", "2"}})));
  EXPECT_THAT(changed_, ElementsAre("b"));
  EXPECT_EQ(Next(set_)->error_detail().message(), "a: is in the response more than once");
  EXPECT_FALSE(Respond(set_, MakeDelta("n2", {{"b", "2"}}, {"b"})));
  EXPECT_THAT(removed_, IsEmpty());
}

// case 11
TEST_F(DeltaProtocolTest, UnrequestedResourcesAreIgnored) {
  named_.Want("a", 0);
  Next(named_);
  EXPECT_TRUE(Respond(named_, MakeDelta("n1", {{"x"}})));
  EXPECT_THAT(changed_, IsEmpty());
  EXPECT_FALSE(Next(named_)->has_error_detail());
}

// case 14, O14
TEST_F(DeltaProtocolTest, RemovedResourcesAreGoneAndUnknownOnesIgnored) {
  named_.Want("a", 0);
  named_.Want("never", 0);
  Next(named_);
  Respond(named_, MakeDelta("n1", {{"a", "same", "1"}}));
  EXPECT_TRUE(Respond(named_, MakeDelta("n2", {}, {"a", "never", "unknown"})));
  // That it does not exist is an answer: nobody waits any longer.
  EXPECT_THAT(removed_, ElementsAre("a", "never"));
  EXPECT_THAT(named_.TakeUnasked(1), IsEmpty());
  Reconnect(named_);
  EXPECT_EQ(VersionsIn(*Next(named_)), Versions());
  // It comes back as it was.
  EXPECT_TRUE(Respond(named_, MakeDelta("n3", {{"a", "same", "1"}})));
  EXPECT_THAT(changed_, ElementsAre("a"));
}

TEST_F(DeltaProtocolTest, AnAliasAnswersTheSubscription) {
  named_.Want("routes/web.example", 0);
  Next(named_);
  DeltaDiscoveryResponse response = MakeDelta("n1", {{"routes/web"}});
  response.mutable_resources(0)->add_aliases("routes/web.example");
  EXPECT_TRUE(Respond(named_, response));
  EXPECT_THAT(changed_, ElementsAre("routes/web.example"));
}

TEST_F(DeltaProtocolTest, ARefusedResourceThatIsSentAgainIsNotOfferedAgain) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeDelta("n1", {{"a", "bad", "1"}}), {{"a", "x: y"}});
  EXPECT_TRUE(Next(set_)->has_error_detail());
  Reconnect(set_);
  EXPECT_EQ(VersionsIn(*Next(set_)), Versions());
  EXPECT_FALSE(Respond(set_, MakeDelta("m1", {{"a", "bad", "1"}})));
  EXPECT_THAT(changed_, IsEmpty());
  EXPECT_EQ(Next(set_)->error_detail().message(), "a: x: y");
}

TEST_F(DeltaProtocolTest, NacksInARowAreHeldBackAndChangesDoNotWaitForThem) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeDelta("n1", {{"a", "bad"}}), {{"a", "x: y"}});
  Next(named_);
  Respond(named_, MakeDelta("n2", {{"a", "bad"}}));
  EXPECT_FALSE(Next(named_).has_value());
  named_.Want("b", 0);
  const auto change = Next(named_);
  EXPECT_THAT(SubscribedIn(*change), ElementsAre("b"));
  EXPECT_EQ(change->response_nonce(), "");
  EXPECT_FALSE(change->has_error_detail());
  ASSERT_TRUE(named_.NextDueMs().has_value());
  EXPECT_EQ(Next(named_, *named_.NextDueMs())->response_nonce(), "n2");
}

// case 16
TEST_F(DeltaProtocolTest, WhatExpiredIsNotToldToBeThere) {
  set_.WantAll();
  Next(set_);
  DeltaDiscoveryResponse response = MakeDelta("n1", {{"a", "", "a1"}, {"b", "", "b1"}});
  response.mutable_resources(0)->mutable_ttl()->set_seconds(5);
  EXPECT_TRUE(Respond(set_, response));
  DeltaDiscoveryResponse beat = MakeDelta("n2", {{"a", "", "a1"}});
  beat.mutable_resources(0)->clear_resource();
  beat.mutable_resources(0)->mutable_ttl()->set_seconds(8);
  EXPECT_TRUE(Respond(set_, beat));
  EXPECT_THAT(changed_, IsEmpty());
  EXPECT_EQ(set_.NextExpiryMs(), kNowMs + 8000);
  EXPECT_THAT(set_.TakeExpired(kNowMs + 8000), ElementsAre("a"));
  Reconnect(set_);
  EXPECT_EQ(VersionsIn(*Next(set_)), (Versions{{"b", "b1"}}));
}

// O39
TEST_F(DeltaProtocolTest, AHugeSystemVersionIsCutShort) {
  set_.WantAll();
  Next(set_);
  DeltaDiscoveryResponse response = MakeDelta("n1", {{"a"}});
  response.set_system_version_info(std::string(1'000'000, 'v'));
  EXPECT_TRUE(Respond(set_, response));
  EXPECT_EQ(set_.version().size(), 4096u);
}

TEST_F(DeltaProtocolTest, FarewellTakesBackAllThatTheServerKnowsOf) {
  named_.Want("a", 0);
  named_.Want("b", 0);
  EXPECT_FALSE(named_.Farewell(nullptr).has_value());  // nothing was asked for yet
  Next(named_);
  named_.Forget("b");
  const auto farewell = named_.Farewell(nullptr);
  ASSERT_TRUE(farewell.has_value());
  EXPECT_THAT(UnsubscribedIn(Parsed(*farewell)), ElementsAre("a", "b"));
  set_.WantAll();
  Next(set_);
  EXPECT_THAT(UnsubscribedIn(Parsed(*set_.Farewell(nullptr))), ElementsAre("*"));
}

}  // namespace
}  // namespace weir::xds
