// The state-of-the-world rules of the public protocol description, one by one, without a network.
#include "source/xds/sotw_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class SotwStreamTest : public ::testing::Test {
 protected:
  std::optional<DiscoveryRequest> Next(SotwStream& stream, int64_t now_ms = kNowMs) {
    if (!stream.IsRequestDue(now_ms)) return std::nullopt;
    DiscoveryRequest request;
    stream.FillRequest(now_ms, request);
    return request;
  }
  // Takes a response, but for `refuse`, and answers. True: accepted.
  bool Respond(SotwStream& stream, const DiscoveryResponse& response,
               const std::vector<Refusal>& refuse = {}, int64_t now_ms = kNowMs) {
    Intake intake = stream.Receive(response);
    for (const Resource& resource : intake.changed) live_[std::string(resource.name)] = true;
    stream.Settle(intake.changed, refuse);
    changed_ = intake.changed.size();
    removed_ = intake.removed;
    intake.refusals.insert(intake.refusals.end(), refuse.begin(), refuse.end());
    return stream.Answer(response, intake.refusals, now_ms);
  }

  base::Random random_{1};
  SotwStream set_{{.type_url = kTypeUrl, .is_complete_set = true}, random_};
  SotwStream named_{{.type_url = kTypeUrl}, random_};
  std::map<std::string, bool> live_;
  size_t changed_ = 0;
  std::vector<std::string> removed_;
};

TEST_F(SotwStreamTest, FirstRequest) {
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

TEST_F(SotwStreamTest, AckEchoesVersionAndNonce) {
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

TEST_F(SotwStreamTest, NackKeepsTheVersionAndSaysWhy) {
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

TEST_F(SotwStreamTest, TheFirstResponseRefusedHasNoVersionToGoBackTo) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}}), {{"a", "x: y"}});
  EXPECT_EQ(Next(set_)->version_info(), "");
}

TEST_F(SotwStreamTest, GoodAfterBad) {
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

TEST_F(SotwStreamTest, ReconnectKeepsTheVersionAndForgetsTheNonce) {
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

TEST_F(SotwStreamTest, AResponseOfAStreamThatEndedMeanwhileIsNotAnswered) {
  set_.WantAll();
  Next(set_);
  const DiscoveryResponse response = MakeResponse("v1", "n1", {{"a", ""}});
  Intake intake = set_.Receive(response);
  set_.OnDisconnect();
  set_.Settle(intake.changed, {});
  EXPECT_TRUE(set_.Answer(response, {}, kNowMs));
  const auto first = Next(set_);
  EXPECT_EQ(first->version_info(), "v1");
  EXPECT_EQ(first->response_nonce(), "");
  EXPECT_FALSE(Next(set_).has_value());
}

TEST_F(SotwStreamTest, ChangesOfNamesCarryTheLatestNonceAndVersion) {
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

TEST_F(SotwStreamTest, AnAnswerCarriesChangesOfNames) {
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

TEST_F(SotwStreamTest, NothingWantedIsNothingAsked) {
  named_.Want("a", 0);
  named_.Forget("a");
  EXPECT_FALSE(Next(named_).has_value());
}

TEST_F(SotwStreamTest, TheWildcardIsAnEmptyListAtFirst) {
  set_.WantAll();
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}}));
  EXPECT_THAT(NamesOf(*Next(set_)), IsEmpty());
}

TEST_F(SotwStreamTest, OnceANameWasSaidTheWildcardIsSpelledOut) {
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

TEST_F(SotwStreamTest, NamesAndTheWildcardTogether) {
  set_.Want("b", 0);
  set_.WantAll();
  EXPECT_THAT(NamesOf(*Next(set_)), ElementsAre("b", "*"));
  EXPECT_TRUE(Respond(set_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}})));
  EXPECT_EQ(changed_, 2u);
}

TEST_F(SotwStreamTest, AbsenceDeletesFromACompleteSetOnly) {
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

TEST_F(SotwStreamTest, AnEmptyCompleteSetDeletesAll) {
  set_.WantAll();
  Next(set_);
  Respond(set_, MakeResponse("v1", "n1", {{"a", ""}, {"b", ""}}));
  EXPECT_TRUE(Respond(set_, MakeResponse("v2", "n2", {})));
  EXPECT_THAT(removed_, ElementsAre("a", "b"));
}

TEST_F(SotwStreamTest, DuplicatesAreNacked) {
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeResponse("v1", "n1", {{"a", "1"}, {"b", ""}, {"a", "2"}})));
  EXPECT_EQ(changed_, 1u);
  EXPECT_EQ(Next(set_)->error_detail().message(), "a: is in the response more than once");
}

TEST_F(SotwStreamTest, UnrequestedResourcesAreIgnoredAndTheResponseAcked) {
  named_.Want("a", 0);
  Next(named_);
  EXPECT_TRUE(Respond(named_, MakeResponse("v1", "n1", {{"x", ""}})));
  EXPECT_EQ(changed_, 0u);
  EXPECT_EQ(Next(named_)->version_info(), "v1");
}

TEST_F(SotwStreamTest, EveryResponseGetsOneAnswerInOrder) {
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

TEST_F(SotwStreamTest, AHugeVersionIsRefused) {
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(Respond(set_, MakeResponse(std::string(1'000'000, 'v'), "n1", {{"a", ""}})));
  EXPECT_EQ(changed_, 0u);
  const auto nack = Next(set_);
  EXPECT_EQ(nack->version_info(), "");
  EXPECT_EQ(nack->error_detail().message(),
            "version_info: has 1000000 bytes, at most 4096 are allowed");
}

TEST_F(SotwStreamTest, NacksInARowAreHeldBackLongerAndLonger) {
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
    EXPECT_LE(wait, 30'000);
    longest = std::max(longest, wait);
    EXPECT_FALSE(Next(set_, now_ms + wait - 1).has_value());
    now_ms += wait;
    const auto nack = Next(set_, now_ms);
    ASSERT_TRUE(nack.has_value());
    EXPECT_EQ(nack->response_nonce(), nonce);
    EXPECT_EQ(nack->error_detail().message(), "a: x: y");
  }
  EXPECT_GE(longest, 15'000);
}

TEST_F(SotwStreamTest, AFloodOfRefusedResponsesGetsOneAnswerATime) {
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

TEST_F(SotwStreamTest, AnAcceptedResponseSupersedesAHeldNack) {
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

TEST_F(SotwStreamTest, AChangeOfNamesTakesAHeldNackAlong) {
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

TEST_F(SotwStreamTest, FarewellTakesTheNamesBack) {
  DiscoveryRequest farewell;
  named_.Want("a", 0);
  EXPECT_FALSE(named_.FillFarewell(farewell));  // nothing was asked for yet
  Next(named_);
  Respond(named_, MakeResponse("v1", "n1", {{"a", ""}}));
  ASSERT_TRUE(named_.FillFarewell(farewell));
  EXPECT_EQ(farewell.type_url(), kTypeUrl);
  EXPECT_EQ(farewell.response_nonce(), "n1");
  EXPECT_THAT(NamesOf(farewell), IsEmpty());
  // An empty list would mean everything here.
  set_.WantAll();
  Next(set_);
  EXPECT_FALSE(set_.FillFarewell(farewell));
}

}  // namespace
}  // namespace weir::xds
