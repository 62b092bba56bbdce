// The state-of-the-world rules of the public protocol description, one by one, without a network.
// "case N" is a black-box case of xDS conformance.
#include "source/xds/sotw_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "source/base/random.h"
#include "source/xds/answer_queue.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNowMs = 1'000'000;

class SotwProtocolTest : public ::testing::Test {
 protected:
  std::optional<DiscoveryRequest> Next(SotwProtocol& protocol, int64_t now_ms = kNowMs) {
    if (!protocol.IsRequestDue(now_ms)) return std::nullopt;
    return Parsed(protocol.TakeRequest(now_ms, nullptr));
  }
  static DiscoveryRequest Parsed(const std::string& bytes) {
    DiscoveryRequest request;
    EXPECT_TRUE(request.ParseFromString(bytes));
    return request;
  }
  // Takes a response, but for `refuse`, and answers. True: accepted.
  bool Respond(SotwProtocol& protocol, const DiscoveryResponse& message,
               const std::vector<Refusal>& refuse = {}, int64_t now_ms = kNowMs) {
    const Response response{message};
    Intake intake = protocol.Receive(response, now_ms);
    for (const Resource& resource : intake.changed) live_[std::string(resource.name)] = true;
    protocol.Settle(intake, 0, intake.changed.size(), refuse);
    changed_ = intake.changed.size();
    removed_ = intake.removed;
    intake.refusals.insert(intake.refusals.end(), refuse.begin(), refuse.end());
    return protocol.Answer(response, intake, now_ms);
  }

  base::Random random_{1};
  SotwProtocol set_{{.type_url = kTypeUrl, .is_complete_set = true}, random_};
  SotwProtocol named_{{.type_url = kTypeUrl}, random_};
  std::map<std::string, bool> live_;
  size_t changed_ = 0;
  std::vector<std::string> removed_;
};

// case 1
TEST_F(SotwProtocolTest, FirstRequest) {
  EXPECT_FALSE(Next(named_).has_value());
  named_.Want("b", 0);
  named_.Want("a", 0);
  const auto request = Next(named_);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->type_url(), kTypeUrl);
  EXPECT_THAT(NamesOf(*request), ElementsAre("a", "b"));
  EXPECT_EQ(request->version_info(), "");
  EXPECT_EQ(request->response_nonce(), "");
  EXPECT_FALSE(request->has_error_detail());
  EXPECT_FALSE(Next(named_).has_value());
}

// They are kept as bytes meanwhile.
TEST_F(SotwProtocolTest, EveryAnswerRepeatsTheNamesThatAreWanted) {
  named_.Want("b", 0);
  Next(named_);
  for (const char* version : {"1", "2"}) {
    ASSERT_TRUE(Respond(named_, MakeResponse(version, version, {{"b", version}})));
    EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("b"));
  }
  named_.Want("a", 0);
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("a", "b"));
  named_.Forget("b");
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("a"));
  named_.OnDisconnect();
  named_.Forget("a");
  named_.Want("c", 0);
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("c"));
}

// It was let go of, hence it is to be sent again, which a server that sees no change does not do.
TEST_F(SotwProtocolTest, ANameWantedAnewIsLeftOutOnce) {
  named_.Want("a", 0);
  named_.Want("b", 0);
  Next(named_);
  named_.Forget("a");
  named_.Want("a", 0);
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("b"));
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("a", "b"));
  EXPECT_FALSE(Next(named_).has_value());
  named_.Forget("a");
  named_.Want("a", 0);
  named_.Forget("a");
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("b"));
  EXPECT_FALSE(Next(named_).has_value());
}

// case 2
TEST_F(SotwProtocolTest, AckEchoesVersionAndNonce) {
  set_.WantAll();
  Next(set_);
  EXPECT_TRUE(Respond(set_, MakeResponse("v1", "n1", {{"a", ""}})));
  const auto ack = Next(set_);
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->version_info(), "v1");
  EXPECT_EQ(ack->response_nonce(), "n1");
  EXPECT_FALSE(ack->has_error_detail());
  EXPECT_FALSE(Next(set_).has_value());
}

// case 3, O01
TEST_F(SotwProtocolTest, NackKeepsTheVersionAndSaysWhy) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", "1"}}));
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeResponse("v2", "n2", {{"a", "2"}, {"b", "2"}}),
                       {{"a", "lb_policy: not defined"}, {"b", "name: odd\ntype: odd"}}));
  const auto nack = Next(set_);
  ASSERT_TRUE(nack.has_value());
  EXPECT_EQ(nack->version_info(), "v1");
  EXPECT_EQ(nack->response_nonce(), "n2");
  EXPECT_EQ(nack->error_detail().code(), 13);
  EXPECT_EQ(nack->error_detail().message(),
            "a: lb_policy: not defined\nb: name: odd\nb: type: odd");
  EXPECT_FALSE(Next(set_).has_value());
}

TEST_F(SotwProtocolTest, TheFirstResponseRefusedHasNoVersionToGoBackTo) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}}), {{"a", "x: y"}});
  EXPECT_EQ(Next(set_)->version_info(), "");
}

// case 4
TEST_F(SotwProtocolTest, GoodAfterBad) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", "bad"}}), {{"a", "x: y"}});
  Next(set_);
  EXPECT_TRUE(Respond(set_, MakeResponse("v2", "n2", {{"a", "good"}})));
  const auto ack = Next(set_);
  EXPECT_EQ(ack->version_info(), "v2");
  EXPECT_EQ(ack->response_nonce(), "n2");
  EXPECT_FALSE(ack->has_error_detail());
}

// case 5
TEST_F(SotwProtocolTest, ReconnectKeepsTheVersionAndForgetsTheNonce) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  named_.OnDisconnect();
  const auto first = Next(named_);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->version_info(), "v1");
  EXPECT_EQ(first->response_nonce(), "");
  EXPECT_THAT(NamesOf(*first), ElementsAre("a"));
  // The same again is no news.
  EXPECT_TRUE(Respond(named_, MakeResponse("v1", "m1", {{"a", ""}})));
  EXPECT_EQ(changed_, 0u);
  EXPECT_EQ(Next(named_)->response_nonce(), "m1");
}

TEST_F(SotwProtocolTest, AResponseOfAStreamThatEndedMeanwhileIsNotAnswered) {
  set_.WantAll();
  Next(set_);
  const Response response{MakeResponse("v1", "n1", {{"a", ""}})};
  const Intake intake = set_.Receive(response, kNowMs);
  set_.OnDisconnect();
  set_.Settle(intake, 0, 1, {});
  EXPECT_TRUE(set_.Answer(response, intake, kNowMs));
  const auto first = Next(set_);
  EXPECT_EQ(first->version_info(), "v1");
  EXPECT_EQ(first->response_nonce(), "");
  EXPECT_FALSE(Next(set_).has_value());
}

// case 6
TEST_F(SotwProtocolTest, ChangesOfNamesCarryTheLatestNonceAndVersion) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  Next(named_);
  named_.Want("b", 0);
  named_.Want("c", 0);
  const auto grown = Next(named_);
  EXPECT_THAT(NamesOf(*grown), ElementsAre("a", "b", "c"));
  EXPECT_EQ(grown->version_info(), "v1");
  EXPECT_EQ(grown->response_nonce(), "n1");
  named_.Forget("a");
  named_.Forget("c");
  EXPECT_THAT(NamesOf(*Next(named_)), ElementsAre("b"));
  named_.Forget("b");
  const auto none = Next(named_);
  ASSERT_TRUE(none.has_value());
  EXPECT_THAT(NamesOf(*none), IsEmpty());
  EXPECT_FALSE(Next(named_).has_value());
}

TEST_F(SotwProtocolTest, AnAnswerCarriesChangesOfNames) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  named_.Want("b", 0);
  const auto ack = Next(named_);
  EXPECT_EQ(ack->response_nonce(), "n1");
  EXPECT_EQ(ack->version_info(), "v1");
  EXPECT_THAT(NamesOf(*ack), ElementsAre("a", "b"));
  EXPECT_FALSE(Next(named_).has_value());
}

TEST_F(SotwProtocolTest, NothingWantedIsNothingAsked) {
  named_.Want("a", 0);
  named_.Forget("a");
  EXPECT_FALSE(Next(named_).has_value());
}

// case 7
TEST_F(SotwProtocolTest, TheWildcardIsAnEmptyListAtFirst) {
  set_.WantAll();
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}}));
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
}

// case 7
TEST_F(SotwProtocolTest, OnceANameWasSaidTheWildcardIsSpelledOut) {
  set_.WantAll();
  Next(set_);
  set_.Want("a", 0);
  EXPECT_THAT(NamesOf(*Next(set_)), ElementsAre("a", "*"));
  set_.Forget("a");
  EXPECT_THAT(NamesOf(*Next(set_)), ElementsAre("*"));
  // A new stream knows of no names.
  set_.OnDisconnect();
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
}

// case 7
TEST_F(SotwProtocolTest, NamesAndTheWildcardTogether) {
  set_.Want("b", 0);
  set_.WantAll();
  EXPECT_THAT(NamesOf(*Next(set_)), ElementsAre("b", "*"));
  EXPECT_TRUE(Respond(set_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}})));
  EXPECT_EQ(changed_, 2u);
}

// case 8
TEST_F(SotwProtocolTest, AbsenceDeletesFromACompleteSetOnly) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}}));
  Respond(set_, MakeResponse("v2", "n2", {{"b", ""}}));
  EXPECT_THAT(removed_, ElementsAre("a"));

  named_.Want("a", 0);
  named_.Want("b", 0);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}}));
  Respond(named_, MakeResponse("v2", "n2", {}));
  EXPECT_THAT(removed_, IsEmpty());
}

// case 9, O11
TEST_F(SotwProtocolTest, AnEmptyCompleteSetDeletesAll) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}}));
  EXPECT_TRUE(Respond(set_, MakeResponse("v2", "n2", {})));
  EXPECT_THAT(removed_, ElementsAre("a", "b"));
}

// O11
TEST_F(SotwProtocolTest, AnEmptySetIsRefusedWhereThatIsAskedFor) {
  ResourceType type = set_.type();
  type.refuses_empty_set = true;
  SotwProtocol guarded(type, random_);
  guarded.WantAll();
  Next(guarded);
  EXPECT_TRUE(Respond(guarded, MakeResponse("v1", "n1", {}))) << "nothing serves yet";
  Next(guarded);
  EXPECT_TRUE(Respond(guarded, MakeResponse("v2", "n2", {{"a", ""}, {"b", ""}})));
  Next(guarded);
  EXPECT_FALSE(Respond(guarded, MakeResponse("v3", "n3", {})));
  EXPECT_THAT(removed_, IsEmpty());
  const auto nack = Next(guarded);
  EXPECT_EQ(nack->error_detail().message(),
            "resources: is empty, which would remove all 2 that serve");
  EXPECT_EQ(nack->version_info(), "v2");
  EXPECT_TRUE(Respond(guarded, MakeResponse("v4", "n4", {{"b", ""}})));
  EXPECT_THAT(removed_, ElementsAre("a"));
}

// case 10, O04
TEST_F(SotwProtocolTest, DuplicatesAreNacked) {
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeResponse("v1", "n1", {{"a", "1"}, {"b", ""}, {"a", "2"}})));
  EXPECT_EQ(changed_, 1u);
  EXPECT_EQ(Next(set_)->error_detail().message(), "a: is in the response more than once");
}

// case 11
TEST_F(SotwProtocolTest, UnrequestedResourcesAreIgnoredAndTheResponseAcked) {
  named_.Want("a", 0);
  Next(named_);
  EXPECT_TRUE(Respond(named_, MakeResponse("v1", "n1", {{"x", ""}})));
  EXPECT_EQ(changed_, 0u);
  EXPECT_EQ(Next(named_)->version_info(), "v1");
}

// O40
TEST_F(SotwProtocolTest, EveryResponseGetsOneAnswerInOrder) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", "1"}}));
  Respond(set_, MakeResponse("v2", "n2", {{"a", "2"}}));
  Respond(set_, MakeResponse("v3", "n3", {{"a", "3"}}), {{"a", "x: y"}});
  const auto first = Next(set_), second = Next(set_), third = Next(set_);
  EXPECT_EQ(first->response_nonce() + first->version_info(), "n1v1");
  EXPECT_EQ(second->response_nonce() + second->version_info(), "n2v2");
  EXPECT_EQ(third->response_nonce() + third->version_info(), "n3v2");
  EXPECT_TRUE(third->has_error_detail());
  EXPECT_FALSE(Next(set_).has_value());
}

// O39
TEST_F(SotwProtocolTest, AHugeVersionIsRefused) {
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeResponse(std::string(1'000'000, 'v'), "n1", {{"a", ""}})));
  EXPECT_EQ(changed_, 0u);
  const auto nack = Next(set_);
  EXPECT_EQ(nack->version_info(), "");
  EXPECT_EQ(nack->error_detail().message(),
            "version_info: has 1000000 bytes, at most 4096 are allowed");
}

TEST_F(SotwProtocolTest, NacksInARowAreHeldBackLongerAndLonger) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", "bad"}}), {{"a", "x: y"}});
  EXPECT_TRUE(Next(set_).has_value());
  int64_t now_ms = kNowMs, longest = 0;
  for (int i = 2; i < 14; ++i) {
    const std::string nonce = "n" + std::to_string(i);
    Respond(set_, MakeResponse("v1", nonce, {{"a", "bad"}}), {}, now_ms);
    EXPECT_EQ(changed_, 0u);  // known to be bad: the sink is not asked again
    EXPECT_FALSE(Next(set_, now_ms).has_value());
    ASSERT_TRUE(set_.NextDueMs().has_value());
    const int64_t wait = *set_.NextDueMs() - now_ms;
    EXPECT_GE(wait, 250);
    EXPECT_LE(wait, AnswerQueue::kLongestHoldMs);
    longest = std::max(longest, wait);
    EXPECT_FALSE(Next(set_, now_ms + wait - 1).has_value());
    now_ms += wait;
    const auto nack = Next(set_, now_ms);
    ASSERT_TRUE(nack.has_value());
    EXPECT_EQ(nack->response_nonce(), nonce);
    EXPECT_EQ(nack->error_detail().message(), "a: x: y");
  }
  EXPECT_GE(longest, AnswerQueue::kLongestHoldMs / 2);
}

TEST_F(SotwProtocolTest, AFloodOfRefusedResponsesGetsOneAnswerATime) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n0", {{"a", "bad"}}), {{"a", "x: y"}});
  Next(set_);
  for (int i = 1; i <= 1000; ++i) {
    Respond(set_, MakeResponse("v1", "n" + std::to_string(i), {{"a", "bad"}}), {}, kNowMs + i / 10);
    EXPECT_FALSE(Next(set_, kNowMs + i / 10).has_value());
  }
  EXPECT_EQ(Next(set_, kNowMs + 500)->response_nonce(), "n1000");
  EXPECT_FALSE(Next(set_, kNowMs + 100'000).has_value());
}

TEST_F(SotwProtocolTest, AnAcceptedResponseSupersedesAHeldNack) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", "bad"}}), {{"a", "x: y"}});
  Next(set_);
  Respond(set_, MakeResponse("v1", "n2", {{"a", "bad"}}));
  Respond(set_, MakeResponse("v2", "n3", {{"a", "good"}}));
  const auto ack = Next(set_);
  EXPECT_EQ(ack->response_nonce(), "n3");
  EXPECT_FALSE(ack->has_error_detail());
  EXPECT_FALSE(set_.NextDueMs().has_value());
  // Peace is restored: the next refusal is told at once.
  Respond(set_, MakeResponse("v3", "n4", {{"a", "worse"}}), {{"a", "x: y"}});
  EXPECT_TRUE(Next(set_)->has_error_detail());
}

TEST_F(SotwProtocolTest, AChangeOfNamesTakesAHeldNackAlong) {
  named_.Want("a", 0);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", "bad"}}), {{"a", "x: y"}});
  Next(named_);
  Respond(named_, MakeResponse("v1", "n2", {{"a", "bad"}}));
  named_.Want("b", 0);
  const auto request = Next(named_);
  EXPECT_EQ(request->response_nonce(), "n2");
  EXPECT_TRUE(request->has_error_detail());
  EXPECT_THAT(NamesOf(*request), ElementsAre("a", "b"));
}

TEST_F(SotwProtocolTest, FarewellTakesTheNamesBack) {
  named_.Want("a", 0);
  EXPECT_FALSE(named_.Farewell(nullptr).has_value());  // nothing was asked for yet
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  ASSERT_TRUE(named_.Farewell(nullptr).has_value());
  const DiscoveryRequest farewell = Parsed(*named_.Farewell(nullptr));
  EXPECT_EQ(farewell.type_url(), kTypeUrl);
  EXPECT_EQ(farewell.response_nonce(), "n1");
  EXPECT_THAT(NamesOf(farewell), IsEmpty());
  // An empty list would mean everything here.
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(set_.Farewell(nullptr).has_value());
}

TEST_F(SotwProtocolTest, ATypeThatWasLeftOnThisStreamHasNoLegacyWildcard) {
  set_.OnConnect(0, true);
  set_.WantAll();
  EXPECT_THAT(NamesOf(*Next(set_)), ElementsAre("*"));
  set_.OnDisconnect();
  set_.OnConnect(0, false);
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
}

// One resource in its wrapper; without `content`: a heartbeat.
void AddWrapped(DiscoveryResponse& response, const std::string& name, const std::string& version,
                int ttl_s, const char* content) {
  envoy::service::discovery::v3::Resource wrapper;
  wrapper.set_name(name);
  wrapper.set_version(version);
  if (ttl_s > 0) wrapper.mutable_ttl()->set_seconds(ttl_s);
  if (content != nullptr) *wrapper.mutable_resource() = MakeBody(name, content);
  response.add_resources()->PackFrom(wrapper);
}

TEST_F(SotwProtocolTest, WrappedResourcesAreUnwrapped) {
  set_.WantAll();
  Next(set_);
  Response response{MakeResponse("v1", "n1", {{"b", ""}})};
  AddWrapped(std::get<DiscoveryResponse>(response.message), "a", "7", 0, "content");
  const Intake intake = set_.Receive(response, kNowMs);
  ASSERT_EQ(intake.changed.size(), 2u);
  EXPECT_EQ(intake.changed[0].version.view(), "v1");
  EXPECT_EQ(intake.changed[1].name, "a");
  EXPECT_EQ(intake.changed[1].version.view(), "7");
  EXPECT_EQ(ContentOf(*intake.changed[1].body), "content");
}

// case 16
TEST_F(SotwProtocolTest, HeartbeatsAloneDeleteNothing) {
  set_.WantAll();
  Next(set_);
  DiscoveryResponse first = MakeResponse("v1", "n1", {{"b", ""}});
  AddWrapped(first, "a", "v1", 5, "content");
  EXPECT_TRUE(Respond(set_, first));
  EXPECT_EQ(set_.NextExpiryMs(), kNowMs + 5000);
  DiscoveryResponse beat = MakeResponse("v1", "n2", {});
  AddWrapped(beat, "a", "v1", 5, nullptr);
  EXPECT_TRUE(Respond(set_, beat, {}, kNowMs + 4000));
  EXPECT_EQ(changed_, 0u);
  EXPECT_THAT(removed_, IsEmpty());
  EXPECT_EQ(set_.NextExpiryMs(), kNowMs + 9000);
  // Among others, a heartbeat says that its resource is there; the others are all there is.
  DiscoveryResponse mixed = MakeResponse("v2", "n3", {{"c", ""}});
  AddWrapped(mixed, "a", "v1", 5, nullptr);
  EXPECT_TRUE(Respond(set_, mixed, {}, kNowMs + 5000));
  EXPECT_EQ(changed_, 1u);
  EXPECT_THAT(removed_, ElementsAre("b"));
}

TEST_F(SotwProtocolTest, AHeartbeatMayNameTheVersionOfTheWhole) {
  set_.WantAll();
  Next(set_);
  DiscoveryResponse first = MakeResponse("v1", "n1", {});
  AddWrapped(first, "a", "", 5, "content");
  EXPECT_TRUE(Respond(set_, first));
  // Or none, as go-control-plane does.
  for (const char* version : {"v1", ""}) {
    DiscoveryResponse beat = MakeResponse("v1", "n2", {});
    AddWrapped(beat, "a", version, 6, nullptr);
    EXPECT_TRUE(Respond(set_, beat));
    EXPECT_EQ(set_.NextExpiryMs(), kNowMs + 6000);
  }
  // Of content that was refused it is not.
  DiscoveryResponse bad = MakeResponse("v2", "n3", {});
  AddWrapped(bad, "a", "", 7, "bad");
  Respond(set_, bad, {{"a", "x: y"}});
  DiscoveryResponse beat = MakeResponse("v2", "n4", {});
  AddWrapped(beat, "a", "", 8, nullptr);
  EXPECT_FALSE(Respond(set_, beat));
  EXPECT_EQ(set_.NextExpiryMs(), kNowMs + 6000);
}

// case 5
TEST_F(SotwProtocolTest, AVersionIsForTheServerThatGaveIt) {
  named_.Want("a", 0);
  named_.OnConnect(0, false);
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  named_.OnDisconnect();
  named_.OnConnect(1, false);
  EXPECT_EQ(Next(named_)->version_info(), "");
  // Refused: there is nothing of this server to go back to.
  Respond(named_, MakeResponse("w1", "m1", {{"a", "bad"}}), {{"a", "x: y"}});
  EXPECT_EQ(Next(named_)->version_info(), "");
  named_.OnDisconnect();
  named_.OnConnect(0, false);
  EXPECT_EQ(Next(named_)->version_info(), "v1");
  named_.OnDisconnect();
  named_.OnConnect(1, false);
  Next(named_);
  // The same content from elsewhere is no news, but the version is another's now.
  EXPECT_TRUE(Respond(named_, MakeResponse("w2", "m2", {{"a", ""}})));
  named_.OnDisconnect();
  named_.OnConnect(0, false);
  EXPECT_EQ(Next(named_)->version_info(), "");
  named_.OnDisconnect();
  named_.OnConnect(1, false);
  EXPECT_EQ(Next(named_)->version_info(), "w2");
}

}  // namespace
}  // namespace weir::xds
