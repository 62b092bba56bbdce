#include "source/xds/resource_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ResourceTableTest : public ::testing::Test {
 protected:
  struct Result {
    std::vector<std::string> changed, removed, refused;
  };

  // What a state-of-the-world response says.
  static Batch BatchOf(const ResourceTable& table, const DiscoveryResponse& response) {
    Batch batch;
    batch.version = response.version_info();
    batch.is_complete_set = table.type().is_complete_set;
    for (const auto& resource : response.resources())
      batch.resources.push_back({{}, {}, &resource});
    return batch;
  }
  // Sorts a response and takes all that is offered but `refuse`.
  Result Take(ResourceTable& table, const Batch& batch, const std::vector<Refusal>& refuse = {}) {
    Intake intake;
    table.Sort(batch, intake);
    table.Settle(intake, 0, intake.changed.size(), refuse);
    Result result;
    for (const Resource& resource : intake.changed) result.changed.emplace_back(resource.name);
    result.removed = intake.removed;
    for (const Refusal& refusal : intake.refusals) {
      result.refused.push_back(refusal.resource + ": " + refusal.text);
    }
    return result;
  }
  Result Take(ResourceTable& table, const DiscoveryResponse& response,
              const std::vector<Refusal>& refuse = {}) {
    return Take(table, BatchOf(table, response), refuse);
  }

  ResourceTable set_{{.type_url = kTypeUrl, .is_complete_set = true}};
  ResourceTable named_{{.type_url = kTypeUrl}};
};

TEST_F(ResourceTableTest, OnlyWhatChangedIsOffered) {
  set_.WantAll();
  EXPECT_THAT(Take(set_, MakeResponse("1", "", {{"a", "1"}, {"b", "1"}})).changed,
              ElementsAre("a", "b"));
  EXPECT_THAT(Take(set_, MakeResponse("2", "", {{"a", "1"}, {"b", "2"}})).changed,
              ElementsAre("b"));
  EXPECT_THAT(Take(set_, MakeResponse("3", "", {{"b", "2"}, {"a", "1"}})).changed, IsEmpty());
}

TEST_F(ResourceTableTest, AbsenceFromACompleteSetRemoves) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", ""}, {"b", ""}, {"c", ""}}));
  const Result result = Take(set_, MakeResponse("2", "", {{"b", ""}}));
  EXPECT_THAT(result.removed, ElementsAre("a", "c"));
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_THAT(Take(set_, MakeResponse("3", "", {})).removed, ElementsAre("b"));
  EXPECT_THAT(Take(set_, MakeResponse("4", "", {{"a", ""}})).changed, ElementsAre("a"));
}

TEST_F(ResourceTableTest, AbsenceOfANamedResourceIsNoRemoval) {
  named_.Want("a", 0);
  named_.Want("b", 0);
  Take(named_, MakeResponse("1", "", {{"a", ""}, {"b", ""}}));
  const Result result = Take(named_, MakeResponse("2", "", {{"b", "2"}}));
  EXPECT_THAT(result.removed, IsEmpty());
  EXPECT_THAT(result.changed, ElementsAre("b"));
}

TEST_F(ResourceTableTest, WhatWasNotAskedForIsIgnored) {
  named_.Want("a", 0);
  const Result result = Take(named_, MakeResponse("1", "", {{"x", ""}, {"a", ""}, {"x", "2"}}));
  EXPECT_THAT(result.changed, ElementsAre("a"));
  EXPECT_THAT(result.refused, IsEmpty());
}

// case 10, O04
TEST_F(ResourceTableTest, DuplicatesAreRefusedAndTheRestTaken) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", "1"}, {"b", "1"}}));
  const Result result =
      Take(set_, MakeResponse("2", "", {{"a", "2"}, {"b", "2"}, {"a", "3"}, {"a", "3"}}));
  EXPECT_THAT(result.changed, ElementsAre("b"));
  EXPECT_THAT(result.removed, IsEmpty());
  EXPECT_THAT(result.refused, ElementsAre("a: is in the response more than once"));
}

TEST_F(ResourceTableTest, ARefusedResourceKeepsItsLastGoodVersion) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", "good"}}));
  Take(set_, MakeResponse("2", "", {{"a", "bad"}}), {{"a", "x: y"}});
  // Back to what is live: passed on once, so that whoever shows the refusal hears that it is over.
  Result result = Take(set_, MakeResponse("3", "", {{"a", "good"}}));
  EXPECT_THAT(result.changed, ElementsAre("a"));
  EXPECT_THAT(result.refused, IsEmpty());
  result = Take(set_, MakeResponse("4", "", {{"a", "good"}}));
  EXPECT_THAT(result.changed, IsEmpty());
}

TEST_F(ResourceTableTest, IdenticalRefusedContentIsNotOfferedAgain) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", "bad"}, {"b", ""}}), {{"a", "x: y"}, {"a", "z: w"}});
  Result result = Take(set_, MakeResponse("2", "", {{"a", "bad"}, {"b", ""}}));
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_THAT(result.refused, ElementsAre("a: x: y\nz: w"));
  EXPECT_THAT(Take(set_, MakeResponse("3", "", {{"a", "other"}})).changed, ElementsAre("a"));
}

// O02, O15
TEST_F(ResourceTableTest, ForeignTypesAndUnreadableNamesAreRefusedByPlace) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", ""}, {"b", ""}}));
  DiscoveryResponse response = MakeResponse("2", "", {{"a", "2"}, {"", ""}});
  *response.add_resources() = MakeBody("b", "", kChildUrl);
  response.add_resources()->set_type_url(kTypeUrl);
  response.mutable_resources(3)->set_value("\xff\xff");
  const Result result = Take(set_, response);
  EXPECT_THAT(result.changed, ElementsAre("a"));
  EXPECT_THAT(result.refused, ElementsAre("resources[1]: the resource has no name",
                                          std::string("resources[2]: is of type ") + kChildUrl +
                                              ", expected " + kTypeUrl,
                                          "resources[3]: the resource is not a readable message"));
  // One of the unreadable may have been b.
  EXPECT_THAT(result.removed, IsEmpty());
}

// O15: odd names are refused by themselves.
TEST_F(ResourceTableTest, AResourceWithAnOddNameIsRefusedAndNothingElse) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", ""}, {"b", ""}}));
  const Result result = Take(set_, MakeResponse("2", "", {{"a", "2"}, {"xdstp://x/T/id", ""}}));
  EXPECT_THAT(result.changed, ElementsAre("a"));
  EXPECT_THAT(result.removed, ElementsAre("b"));  // the odd one cannot be it
  EXPECT_THAT(result.refused,
              ElementsAre("resources[1]: \"xdstp://x/T/id\" names a resource of authority \"x\": "
                          "xdstp:// names are not implemented"));
}

TEST_F(ResourceTableTest, AWrapperNamesAResourceAndItsVersion) {
  set_.WantAll();
  const auto body = MakeBody("a", "content"), other = MakeBody("b", "content");
  Batch batch;
  batch.version = "1";
  batch.resources = {{"a", "7", &body}, {"", "", &other}};
  Intake intake;
  set_.Sort(batch, intake);
  ASSERT_EQ(intake.changed.size(), 2u);
  EXPECT_EQ(intake.changed[0].name, "a");
  EXPECT_EQ(intake.changed[0].version.view(), "7");
  EXPECT_EQ(ContentOf(*intake.changed[0].body), "content");
  EXPECT_EQ(intake.changed[1].name, "b");
  EXPECT_EQ(intake.changed[1].version.view(), "1");
}

TEST_F(ResourceTableTest, AWrapperThatCallsAResourceOtherwiseIsRefused) {
  set_.WantAll();
  const auto body = MakeBody("b");
  EXPECT_THAT(Take(set_, Batch{{{"a", "1", &body}}}).refused,
              ElementsAre("resources[0]: calls itself \"b\", but the response calls it \"a\""));
}

TEST_F(ResourceTableTest, AnAliasAnswersForItsName) {
  google::protobuf::RepeatedPtrField<std::string> aliases;
  *aliases.Add() = "other";
  *aliases.Add() = "alias";
  const auto body = MakeBody("a"), alias_body = MakeBody("alias");
  named_.Want("alias", 0);
  EXPECT_THAT(Take(named_, Batch{{{"a", "1", &body, &aliases}}}).changed, ElementsAre("alias"));
  EXPECT_THAT(Take(named_, Batch{{{"b", "1", &alias_body, &aliases}}}).changed,
              ElementsAre("alias"));
  named_.Forget("alias");
  EXPECT_THAT(Take(named_, Batch{{{"a", "1", &body, &aliases}}}).changed, IsEmpty());
}

TEST_F(ResourceTableTest, ATypeWithoutNamesOfItsOwnIsNamedByTheWrapper) {
  ResourceTable table{{.type_url = kTypeUrl, .name_field = 0}};
  table.Want("routes/host", 0);
  const auto body = MakeBody("host");
  EXPECT_THAT(Take(table, Batch{{{"routes/host", "1", &body}}}).changed,
              ElementsAre("routes/host"));
  EXPECT_THAT(Take(table, Batch{{{"", "1", &body}}}).refused,
              ElementsAre("resources[0]: the resource has no name"));
}

TEST_F(ResourceTableTest, WhatIsRemovedByNameIsGone) {
  set_.WantAll();
  named_.Want("a", 0);
  named_.Want("b", 0);
  Take(set_, MakeResponse("1", "", {{"a", ""}, {"b", ""}}));
  Take(named_, MakeResponse("1", "", {{"a", ""}}));
  // b was asked for and does not exist: that is an answer. c is unknown, and z, too.
  EXPECT_THAT(Take(set_, Batch{{}, {"a", "z"}}).removed, ElementsAre("a"));
  EXPECT_THAT(Take(named_, Batch{{}, {"a", "b", "c"}}).removed, ElementsAre("a", "b"));
  EXPECT_THAT(Take(named_, Batch{{}, {"a", "b"}}).removed, IsEmpty());
  EXPECT_THAT(named_.TakeUnasked(1), IsEmpty());
  EXPECT_THAT(Take(named_, MakeResponse("2", "", {{"a", ""}})).changed, ElementsAre("a"));
}

TEST_F(ResourceTableTest, WhatIsThereAndRemovedAtOnceIsRefused) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", ""}}));
  const auto body = MakeBody("a", "2");
  Result result = Take(set_, Batch{{{"a", "2", &body}}, {"a"}});
  EXPECT_THAT(result.refused, ElementsAre("a: is in the response more than once"));
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_THAT(result.removed, IsEmpty());
  result = Take(set_, Batch{{}, {"a", "a"}});
  EXPECT_THAT(result.refused, ElementsAre("a: is in the response more than once"));
  EXPECT_THAT(result.removed, IsEmpty());
}

TEST_F(ResourceTableTest, AHugeVersionIsRefusedAndDeletesNothing) {
  set_.WantAll();
  Take(set_, MakeResponse("1", "", {{"a", ""}, {"b", ""}}));
  const auto a = MakeBody("a", "2"), b = MakeBody("b", "2");
  const std::string version(5000, 'v');
  Batch batch{{{"a", version, &a}, {"b", "2", &b}}};
  batch.is_complete_set = true;
  const Result result = Take(set_, batch);
  EXPECT_THAT(result.refused, ElementsAre("a: version: has 5000 bytes, at most 4096 are allowed"));
  EXPECT_THAT(result.changed, ElementsAre("b"));
  EXPECT_THAT(result.removed, IsEmpty());
}

TEST_F(ResourceTableTest, TellsWhatIsLiveByTheServerThatSentIt) {
  set_.WantAll();
  set_.Want("a", 0);
  const auto a = MakeBody("a"), b = MakeBody("b"), bad = MakeBody("b", "bad");
  Take(set_, Batch{{{"a", "a1", &a}, {"b", "b1", &b}}});
  Take(set_, Batch{{{"b", "b2", &bad}}}, {{"b", "x: y"}});
  const auto versions = [&](uint32_t server) {
    google::protobuf::Map<std::string, std::string> all;
    set_.AppendVersions(server, all);
    return std::map<std::string, std::string>(all.begin(), all.end());
  };
  using Versions = std::map<std::string, std::string>;
  EXPECT_EQ(versions(0), (Versions{{"a", "a1"}, {"b", "b1"}}));
  // Another server has to say whether b exists; a is asked for by name.
  EXPECT_EQ(versions(1), (Versions{{"b", ""}}));
  Batch same{{{"b", "B", &b}}};
  same.server = 1;
  EXPECT_THAT(Take(set_, same).changed, ElementsAre("b"));  // the refusal is over
  EXPECT_EQ(versions(1), (Versions{{"b", "B"}}));
  EXPECT_EQ(versions(0), (Versions{{"a", "a1"}, {"b", ""}}));
  Take(set_, Batch{{}, {"a", "b"}});
  EXPECT_EQ(versions(0), Versions());
}

google::protobuf::Duration Seconds(int64_t seconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  return duration;
}

Batch At(int64_t now_ms, std::vector<Received> resources) {
  Batch batch{std::move(resources)};
  batch.now_ms = now_ms;
  return batch;
}

// case 16
TEST_F(ResourceTableTest, WhatHasATimeToLiveExpires) {
  set_.WantAll();
  set_.Want("a", 0);
  const auto a = MakeBody("a"), b = MakeBody("b"), c = MakeBody("c");
  const auto ttl = Seconds(5), longer = Seconds(7);
  Take(set_,
       At(100, {{"a", "1", &a, nullptr, &ttl}, {"b", "1", &b, nullptr, &longer}, {"c", "1", &c}}));
  EXPECT_EQ(set_.NextExpiryMs(), 5100);
  EXPECT_THAT(set_.TakeExpired(5099), IsEmpty());
  EXPECT_THAT(set_.TakeExpired(5100), ElementsAre("a"));
  EXPECT_THAT(set_.TakeExpired(10'000), ElementsAre("b"));
  EXPECT_FALSE(set_.NextExpiryMs().has_value());
  // It comes back as it was: news.
  EXPECT_THAT(Take(set_, At(20'000, {{"a", "1", &a}, {"b", "1", &b}})).changed,
              ElementsAre("a", "b"));
  EXPECT_FALSE(set_.NextExpiryMs().has_value());
}

// case 16
TEST_F(ResourceTableTest, AHeartbeatPutsTheExpiryOff) {
  named_.Want("a", 0);
  const auto a = MakeBody("a");
  const auto ttl = Seconds(5);
  Take(named_, At(0, {{"a", "1", &a, nullptr, &ttl}}));
  Result result = Take(named_, At(4000, {{"a", "1", nullptr, nullptr, &ttl}}));
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_THAT(result.refused, IsEmpty());
  EXPECT_EQ(named_.NextExpiryMs(), 9000);
  // The whole resource, unchanged, does so too, and without a time to live it ends it.
  Take(named_, At(8000, {{"a", "2", &a, nullptr, &ttl}}));
  EXPECT_EQ(named_.NextExpiryMs(), 13'000);
  Take(named_, At(9000, {{"a", "2", nullptr}}));
  EXPECT_FALSE(named_.NextExpiryMs().has_value());
}

TEST_F(ResourceTableTest, AHeartbeatOfWhatIsNotLiveIsRefused) {
  named_.Want("a", 0);
  const auto a = MakeBody("a");
  const auto ttl = Seconds(5);
  const Batch beat = At(0, {{"a", "2", nullptr, nullptr, &ttl}});
  EXPECT_THAT(Take(named_, beat).refused,
              ElementsAre("a: has no content, and version \"2\" is not live"));
  Take(named_, At(0, {{"a", "1", &a, nullptr, &ttl}}));
  EXPECT_THAT(Take(named_, beat).refused,
              ElementsAre("a: has no content, and version \"2\" is not live"));
  EXPECT_EQ(named_.NextExpiryMs(), 5000);
  EXPECT_THAT(Take(named_, At(0, {{"x", "1", nullptr, nullptr, &ttl}})).refused, IsEmpty());
}

TEST_F(ResourceTableTest, ARefusedResourceDoesNotChangeHowLongTheLiveOneLives) {
  named_.Want("a", 0);
  const auto a = MakeBody("a"), bad = MakeBody("a", "bad");
  const auto ttl = Seconds(5), longer = Seconds(500), none = Seconds(0);
  Take(named_, At(0, {{"a", "1", &a, nullptr, &ttl}}));
  Take(named_, At(0, {{"a", "2", &bad, nullptr, &longer}}), {{"a", "x: y"}});
  EXPECT_THAT(Take(named_, At(0, {{"a", "3", &a, nullptr, &none}})).refused,
              ElementsAre("a: ttl: must be above 0"));
  EXPECT_EQ(named_.NextExpiryMs(), 5000);
  named_.Forget("a");
  EXPECT_FALSE(named_.NextExpiryMs().has_value());
}

TEST_F(ResourceTableTest, WhatIsRemovedDoesNotExpire) {
  set_.WantAll();
  const auto a = MakeBody("a");
  const auto ttl = Seconds(5);
  Take(set_, At(0, {{"a", "1", &a, nullptr, &ttl}}));
  Take(set_, Batch{{}, {"a"}});
  EXPECT_FALSE(set_.NextExpiryMs().has_value());
}

TEST_F(ResourceTableTest, AForgottenResourceIsOfferedAnew) {
  named_.Want("a", 0);
  Take(named_, MakeResponse("1", "", {{"a", ""}}));
  EXPECT_TRUE(named_.Forget("a"));
  EXPECT_FALSE(named_.Forget("a"));
  EXPECT_FALSE(named_.wants_anything());
  EXPECT_THAT(Take(named_, MakeResponse("2", "", {{"a", ""}})).changed, IsEmpty());
  EXPECT_TRUE(named_.Want("a", 0));
  EXPECT_THAT(Take(named_, MakeResponse("3", "", {{"a", ""}})).changed, ElementsAre("a"));
}

TEST_F(ResourceTableTest, UnansweredNamesAreToldByTimeoutAndOnce) {
  named_.Want("a", 10);
  named_.Want("b", 20);
  named_.Want("c", 10);
  auto unasked = named_.TakeUnasked(1);
  EXPECT_THAT(unasked[10], ElementsAre("a", "c"));
  EXPECT_THAT(unasked[20], ElementsAre("b"));
  EXPECT_THAT(named_.TakeUnasked(2), IsEmpty());
  Take(named_, MakeResponse("1", "", {{"c", ""}}));
  EXPECT_THAT(named_.GiveUp({"a", "c"}, 1), ElementsAre("a"));
  EXPECT_THAT(named_.GiveUp({"a", "c"}, 1), IsEmpty());
  named_.ForgetAsked();
  EXPECT_THAT(named_.TakeUnasked(3)[20], ElementsAre("b"));
}

TEST_F(ResourceTableTest, ANameWantedAnewIsNotGivenUpForTheOldRequest) {
  named_.Want("a", 10);
  auto asked = named_.TakeUnasked(1)[10];
  named_.Forget("a");
  named_.Want("a", 10);
  named_.TakeUnasked(2);
  EXPECT_THAT(named_.GiveUp(asked, 1), IsEmpty());
  EXPECT_THAT(named_.GiveUp(asked, 2), ElementsAre("a"));
}

TEST_F(ResourceTableTest, ANameThatACompleteSetLacksDoesNotExist) {
  set_.Want("a", 10);
  EXPECT_THAT(Take(set_, MakeResponse("1", "", {})).removed, ElementsAre("a"));
  EXPECT_THAT(Take(set_, MakeResponse("2", "", {})).removed, IsEmpty());
  EXPECT_THAT(Take(set_, MakeResponse("3", "", {{"a", ""}})).changed, ElementsAre("a"));
}

}  // namespace
}  // namespace weir::xds
