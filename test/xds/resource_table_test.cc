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

  // Sorts a response and takes all that is offered but `refuse`.
  Result Take(ResourceTable& table, const DiscoveryResponse& response,
              const std::vector<Refusal>& refuse = {}) {
    const Intake intake = table.Sort(response);
    table.Settle(intake.changed, refuse);
    Result result;
    for (const Resource& resource : intake.changed) result.changed.emplace_back(resource.name);
    result.removed = intake.removed;
    for (const Refusal& refusal : intake.refusals) {
      result.refused.push_back(refusal.resource + ": " + refusal.text);
    }
    return result;
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

TEST_F(ResourceTableTest, WrappedResourcesAreUnwrapped) {
  set_.WantAll();
  envoy::service::discovery::v3::Resource wrapper;
  wrapper.set_name("a");
  wrapper.set_version("7");
  *wrapper.mutable_resource() = MakeBody("a", "content");
  DiscoveryResponse response = MakeResponse("1", "", {});
  response.add_resources()->PackFrom(wrapper);
  const Intake intake = set_.Sort(response);
  ASSERT_EQ(intake.changed.size(), 1u);
  EXPECT_EQ(intake.changed[0].name, "a");
  EXPECT_EQ(intake.changed[0].version, "7");
  EXPECT_EQ(ContentOf(*intake.changed[0].body), "content");
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
  named_.Sort(MakeResponse("1", "", {{"c", ""}}));
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
