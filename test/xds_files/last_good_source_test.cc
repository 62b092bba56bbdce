#include "source/xds_files/last_good_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds_files/file_thread.h"
#include "source/xds_files/last_good_store.h"
#include "test/support/manual_clock.h"
#include "test/support/temporary_folder.h"
#include "test/xds/discovery_messages.h"
#include "test/xds/recording_sink.h"

namespace weir::xds::files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// As routes are to clusters.
constexpr char kUserUrl[] = "type.googleapis.com/envoy.config.core.v3.Address";
constexpr char kSecretUrl[] = "type.googleapis.com/envoy.config.core.v3.Metadata";

// A source that says what a test tells it to.
class ToldSource final : public ResourceSource {
 public:
  struct Told : Subscription {
    void AddAll() override { wants_all = true; }
    void Add(std::string_view name, int64_t /*timeout_ms*/) override { names.emplace(name); }
    void Remove(std::string_view name) override { names.erase(std::string(name)); }
    bool wants_all = false;
    std::set<std::string> names;
    ResourceSink* sink = nullptr;
  };

  std::unique_ptr<Subscription> Subscribe(ResourceType type, const SubscriptionOptions& /*options*/,
                                          ResourceSink& sink) override {
    auto told = std::make_unique<Told>();
    told->sink = &sink;
    of_type[type.type_url] = told.get();
    return told;
  }

  // One update; the verdict on the response comes at the end of the turn, as a DiscoveryClient has
  // it.
  std::vector<Refusal> Send(const Named& changed, const std::vector<std::string>& removed = {},
                            bool is_last = true, const std::string& type_url = kTypeUrl) {
    std::vector<google::protobuf::Any> bodies;
    std::vector<Resource> resources;
    for (const auto& [name, content] : changed) {
      bodies.push_back(MakeBody(name, content, type_url));
    }
    for (size_t i = 0; i < changed.size(); ++i) {
      resources.push_back({changed[i].first, base::SharedText("server"), &bodies[i]});
    }
    return of_type[type_url]->sink->OnUpdate({resources, removed, is_last});
  }

  std::map<std::string, Told*> of_type;
};

class LastGoodSourceTest : public ::testing::Test {
 protected:
  LastGoodSourceTest() {
    base::SetThreadIndex(base::kMainThread);
    path_ = folder_.path + "/last-good";
    Begin();
  }
  ~LastGoodSourceTest() override { End(); }

  // A process that ends, and the next one.
  void Restart() {
    End();
    sink_ = {};
    child_sink_ = {};
    user_sink_ = {};
    accepted_whole_ = true;
    Begin();
  }
  void End() {
    store_->Freeze();
    set_.reset();
    child_.reset();
    user_.reset();
    source_.reset();
    store_.reset();
  }
  void Begin() {
    told_ = {};
    store_ = std::make_unique<LastGoodStore>(loop_, thread_, LastGoodStore::Options{.path = path_},
                                             stats_);
    EXPECT_TRUE(store_->Load());
    source_ = std::make_unique<LastGoodSource>(
        loop_, told_, *store_, options_, [this](std::string_view) { return accepted_whole_; });
  }
  void Subscribe() {
    set_ = source_->Subscribe(
        {.type_url = kTypeUrl, .is_complete_set = true, .children = {kChildUrl}}, {}, sink_);
    set_->AddAll();
    child_ = source_->Subscribe({.type_url = kChildUrl}, {}, child_sink_);
    user_ = source_->Subscribe({.type_url = kUserUrl}, {}, user_sink_);
  }
  void Start() {
    Subscribe();
    source_->Start();
  }
  // What a process before this one was sent.
  void Remember(const Named& set, const Named& children = {}) {
    Start();
    told_.Send(set);
    for (const auto& [name, content] : children) child_->Add(name);
    if (!children.empty()) told_.Send(children, {}, true, kChildUrl);
    Restart();
  }
  void Pass(int64_t ms) {
    clock_.AdvanceMs(ms);
    for (int i = 0; i < 40; ++i) loop_.RunReady();
  }
  void BeSilent() {
    Start();
    Pass(options_.silence_ms);
  }
  bool is_serving() const { return store_->is_serving(); }

  const test::TemporaryFolder folder_;
  std::string path_;
  LastGoodSource::Options options_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  FileThread thread_{loop_};
  RecordingSink sink_, child_sink_, user_sink_;
  bool accepted_whole_ = true;
  ToldSource told_;
  std::unique_ptr<LastGoodStore> store_;
  std::unique_ptr<LastGoodSource> source_;
  std::unique_ptr<Subscription> set_, child_, user_;
};

TEST_F(LastGoodSourceTest, PassesOnWhatItIsTold) {
  Start();
  EXPECT_TRUE(told_.of_type[kTypeUrl]->wants_all);
  child_->Add("x");
  child_->Add("y");
  child_->Remove("y");
  EXPECT_THAT(told_.of_type[kChildUrl]->names, ElementsAre("x"));
  sink_.refuse["bad"] = "x: y";
  const auto refusals = told_.Send({{"a", "1"}, {"bad", ""}}, {"gone"});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].text, "x: y");
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(sink_.removed, ElementsAre("gone"));
  told_.of_type[kTypeUrl]->sink->OnFetchTimeout({});
  EXPECT_EQ(sink_.timeouts, 0) << "it has its answer";
}

TEST_F(LastGoodSourceTest, AServerThatAnswersIsAllThereIs) {
  Remember({{"a", "1"}, {"b", "1"}});
  Start();
  told_.Send({{"a", "2"}});
  Pass(60'000);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2")));
  EXPECT_THAT(sink_.removed, IsEmpty());
  EXPECT_FALSE(is_serving());
  // And b is forgotten.
  Restart();
  BeSilent();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2")));
}

TEST_F(LastGoodSourceTest, ASilentServerIsStoodInFor) {
  Remember({{"a", "1"}, {"b", "2"}});
  Start();
  Pass(options_.silence_ms - 1);
  EXPECT_THAT(sink_.live, IsEmpty());
  testing::internal::CaptureStderr();
  Pass(1);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the last good configuration of " + path_ +
                             " serves: the control plane is silent"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_EQ(sink_.versions["a"], "server");
  EXPECT_EQ(sink_.responses, 1);
  EXPECT_TRUE(is_serving());
  told_.of_type[kTypeUrl]->sink->OnFetchTimeout({});
  EXPECT_EQ(sink_.timeouts, 0);
}

TEST_F(LastGoodSourceTest, WhatTheFirstAnswerLacksIsRemoved) {
  Remember({{"a", "1"}, {"b", "1"}, {"c", "1"}});
  BeSilent();
  told_.Send({{"a", "1"}}, {}, false);
  Pass(0);
  EXPECT_EQ(sink_.live.size(), 3u) << "there is more to come";
  told_.Send({{"c", "2"}});
  EXPECT_TRUE(is_serving());
  Pass(0);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("c", "2")));
  EXPECT_THAT(sink_.removed, ElementsAre("b"));
  EXPECT_FALSE(is_serving());
  Restart();
  BeSilent();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("c", "2")));
}

TEST_F(LastGoodSourceTest, WhatMayStillBeNamedGoesAfterItsUsers) {
  Start();
  told_.Send({{"a", "1"}, {"b", "1"}});
  child_->Add("b");
  user_->Add("u");
  told_.Send({{"b", "1"}}, {}, true, kChildUrl);
  told_.Send({{"u", "names b"}}, {}, true, kUserUrl);
  for (const bool is_answered : {true, false}) {
    Restart();
    Start();
    child_->Add("b");
    user_->Add("u");
    Pass(options_.silence_ms);
    told_.Send({{"a", "1"}});
    Pass(0);
    Pass(14'900);
    EXPECT_EQ(sink_.live.size(), 2u) << "the kept user may name it";
    if (is_answered) {
      told_.Send({{"u", "names b"}}, {}, true, kUserUrl);
      Pass(50);
    } else {
      Pass(100);
    }
    EXPECT_THAT(sink_.removed, ElementsAre("b")) << is_answered;
    if (is_answered) told_.Send({{"a", "1"}, {"b", "1"}});
  }
}

TEST_F(LastGoodSourceTest, AnAnswerThatWasRefusedInPartRemovesNothing) {
  Remember({{"a", "1"}, {"b", "1"}});
  BeSilent();
  accepted_whole_ = false;
  told_.Send({{"a", "1"}});
  Pass(10'000);
  EXPECT_EQ(sink_.live.size(), 2u);
  EXPECT_TRUE(is_serving());
  // The next response may bring nothing that is new.
  accepted_whole_ = true;
  Pass(1'000);
  EXPECT_THAT(sink_.removed, ElementsAre("b"));
  EXPECT_FALSE(is_serving());
}

TEST_F(LastGoodSourceTest, ARefusedResourceKeepsTheKeptVersion) {
  Remember({{"a", "good"}, {"b", "1"}});
  Start();
  accepted_whole_ = false;
  sink_.refuse["a"] = "x: y";
  sink_.on_update = [this](const Update& /*update*/) { sink_.refuse.clear(); };
  told_.Send({{"a", "bad"}, {"b", "2"}});
  Pass(0);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "good"), Pair("b", "2")));
  EXPECT_TRUE(is_serving());
  // It is removed without ever having been accepted.
  accepted_whole_ = true;
  Pass(1'000);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("b", "2")));
}

TEST_F(LastGoodSourceTest, OfADeltaServerWhatWasRefusedStays) {
  options_.sets_come_whole = false;
  options_.absence_grace_ms = 5'000;
  Remember({{"a", "good"}, {"b", "1"}, {"c", "1"}});
  BeSilent();
  sink_.refuse["a"] = "x: y";
  told_.Send({{"a", "bad"}});
  Pass(0);
  Pass(4'999);
  told_.Send({{"b", "2"}});
  Pass(0);
  Pass(4'999);
  EXPECT_THAT(sink_.removed, IsEmpty());
  Pass(1);
  EXPECT_THAT(sink_.removed, ElementsAre("c"));
  EXPECT_EQ(sink_.live["a"], "good");
}

TEST_F(LastGoodSourceTest, NamesGetWhatIsWantedOfThem) {
  Remember({{"a", "1"}}, {{"x", ""}, {"y", ""}, {"z", ""}});
  Start();
  child_->Add("x");
  Pass(options_.silence_ms);
  EXPECT_EQ(child_sink_.live.size(), 1u);
  child_->Add("y");  // wanted later: at once
  child_->Add("none");
  Pass(0);
  EXPECT_EQ(child_sink_.live.count("y"), 1u);
  EXPECT_EQ(child_sink_.live.size(), 2u);
  const std::vector<std::string> names = {"x", "none"};
  told_.of_type[kChildUrl]->sink->OnFetchTimeout(names);
  EXPECT_THAT(child_sink_.timed_out, ElementsAre("none"));
}

TEST_F(LastGoodSourceTest, ChildrenComeAfterTheirParents) {
  Named many;
  for (int i = 0; i < 200; ++i) many.emplace_back("r" + std::to_string(i), "");
  Remember(many, many);
  std::vector<std::string> order;
  sink_.on_update = [&](const Update& update) {
    clock_.AdvanceMs(10);  // one slice a turn
    for (const Resource& resource : update.changed) child_->Add(resource.name);
    order.push_back(update.is_last ? "set, last" : "set");
  };
  child_sink_.on_update = [&](const Update& /*update*/) {
    clock_.AdvanceMs(10);
    order.push_back("child");
  };
  BeSilent();
  EXPECT_THAT(order,
              ElementsAre("set", "set", "set", "set, last", "child", "child", "child", "child"));
  EXPECT_EQ(child_sink_.live.size(), 200u);
}

TEST_F(LastGoodSourceTest, WhatASinkIsNotDoneWithIsGivenBackOverTurns) {
  Remember({{"a", "1"}});
  sink_.more_turns = 3;
  sink_.refuse["a"] = "x: y";
  testing::internal::CaptureStderr();
  BeSilent();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("cannot be used any more: x: y"));
  EXPECT_EQ(sink_.continuations, 3);
  EXPECT_FALSE(is_serving()) << "refused in the end";
}

TEST_F(LastGoodSourceTest, TheServersVersionTakesThePlaceOfWhatIsUnfinished) {
  Remember({{"a", "kept"}}, {{"x", "kept"}, {"y", "kept"}});
  Start();
  child_->Add("x");
  child_->Add("y");
  child_sink_.more_turns = 1'000;
  Pass(options_.silence_ms);
  EXPECT_EQ(child_sink_.updates, 1);
  child_sink_.more_turns = 0;
  told_.Send({{"x", "new"}}, {}, true, kChildUrl);
  EXPECT_EQ(child_sink_.updates, 2);
  Pass(0);
  EXPECT_EQ(child_sink_.updates, 3) << "the rest once more";
  EXPECT_THAT(child_sink_.live, ElementsAre(Pair("x", "new"), Pair("y", "kept")));
  EXPECT_TRUE(is_serving());
  told_.Send({{"y", "new"}}, {}, true, kChildUrl);
  told_.Send({{"a", "kept"}});
  EXPECT_FALSE(is_serving());
}

TEST_F(LastGoodSourceTest, NothingComesBetweenTheServersUpdateAndItsEnd) {
  Remember({{"a", "kept"}, {"b", "kept"}});
  BeSilent();
  sink_.more_turns = 3;
  sink_.refuse["a"] = "x: y";
  const google::protobuf::Any body = MakeBody("a", "bad", kTypeUrl);
  const Resource resource{"a", base::SharedText("server"), &body};
  ResourceSink& server_side = *told_.of_type[kTypeUrl]->sink;
  EXPECT_THAT(server_side.OnUpdate({{&resource, 1}, {}, true}), IsEmpty());
  Pass(60'000);
  EXPECT_EQ(sink_.updates, 2) << "neither absence nor what is kept is told meanwhile";
  EXPECT_FALSE(server_side.IsDone());
  std::vector<Refusal> refusals;
  while (!server_side.IsDone()) refusals = server_side.Continue();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].resource, "a");
  sink_.more_turns = 0;
  accepted_whole_ = false;
  Pass(0);
  EXPECT_EQ(sink_.live["a"], "kept") << "a refused resource keeps its last good version";
}

TEST_F(LastGoodSourceTest, OfAServerThatIsThereNamesAreAwaited) {
  Remember({{"a", "1"}}, {{"x", ""}, {"y", ""}});
  BeSilent();
  told_.Send({{"a", "1"}});
  child_->Add("x");
  Pass(options_.silence_ms - 1);
  EXPECT_THAT(child_sink_.live, IsEmpty());
  Pass(1);
  EXPECT_EQ(child_sink_.live.count("x"), 1u);
  told_.Send({{"x", ""}}, {}, true, kChildUrl);
  EXPECT_FALSE(is_serving());
  child_->Add("y");
  Pass(10'000);
  EXPECT_EQ(child_sink_.live.count("y"), 0u) << "the server is asked, and answers this type";
}

TEST_F(LastGoodSourceTest, NamesThatNobodyWantsAreForgotten) {
  Remember({{"a", "1"}}, {{"x", ""}, {"y", ""}, {"z", ""}});
  Start();
  child_->Add("x");
  child_->Add("y");
  told_.Send({{"x", ""}, {"y", ""}}, {}, true, kChildUrl);
  child_->Remove("y");
  Pass(60'000);
  Restart();
  Start();
  for (const char* name : {"x", "y", "z"}) child_->Add(name);
  Pass(options_.silence_ms);
  EXPECT_EQ(child_sink_.live.size(), 1u);
  EXPECT_EQ(child_sink_.live.count("x"), 1u);
}

TEST_F(LastGoodSourceTest, ANameMayBeLetGoOfAndWantedAgainWhileTheServerIsSilent) {
  Remember({{"a", "1"}}, {{"x", ""}});
  Start();
  child_->Add("x");
  Pass(options_.silence_ms);
  EXPECT_EQ(child_sink_.offered, 1);
  child_->Remove("x");
  child_->Add("x");
  Pass(0);
  EXPECT_EQ(child_sink_.offered, 2);
}

TEST_F(LastGoodSourceTest, AnEmptySetIsAnAnswer) {
  Remember({});
  BeSilent();
  EXPECT_EQ(sink_.responses, 1);
  EXPECT_FALSE(is_serving());
}

TEST_F(LastGoodSourceTest, WithoutAFileNothingIsSaid) {
  BeSilent();
  EXPECT_EQ(sink_.updates, 0);
  told_.of_type[kTypeUrl]->sink->OnFetchTimeout({});
  EXPECT_EQ(sink_.timeouts, 1);
}

TEST_F(LastGoodSourceTest, AnAnswerInTheMiddleIsTheLastWord) {
  Named many;
  for (int i = 0; i < 200; ++i) many.emplace_back("r" + std::to_string(1000 + i), "");
  Remember(many);
  sink_.on_update = [&](const Update& /*update*/) { clock_.AdvanceMs(10); };
  Start();
  clock_.AdvanceMs(options_.silence_ms);
  loop_.RunReady();
  loop_.RunReady();  // the first slice
  EXPECT_EQ(sink_.live.size(), 64u);
  told_.Send({{"r1000", "new"}, {"r1199", "new"}});
  Pass(0);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("r1000", "new"), Pair("r1199", "new")));
  EXPECT_EQ(sink_.removed.size(), 63u);
}

TEST_F(LastGoodSourceTest, WhatTheSinkDoesNotTakeAnyMoreIsForgotten) {
  Remember({{"a", "1"}, {"b", "1"}});
  sink_.refuse["a"] = "x: y";
  testing::internal::CaptureStderr();
  BeSilent();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr(path_ + ": a of " + kTypeUrl + " cannot be used any more: x: y"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("b", "1")));
  Restart();
  BeSilent();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("b", "1")));
}

TEST_F(LastGoodSourceTest, WhatIsLeftOutIsNotKept) {
  options_.left_out = {kSecretUrl};
  Restart();
  RecordingSink secrets;
  auto subscription = source_->Subscribe({.type_url = kSecretUrl}, {}, secrets);
  subscription->Add("key");
  told_.Send({{"key", "private"}}, {}, true, kSecretUrl);
  EXPECT_EQ(secrets.offered, 1);
  EXPECT_EQ(store_->NamesFromFile(std::string("ads ") + kSecretUrl), std::vector<std::string>());
  EXPECT_FALSE(store_->Knows(std::string("ads ") + kSecretUrl));
  subscription.reset();
}

TEST_F(LastGoodSourceTest, ReadsAcceptanceOffAState) {
  event::Published<SourceState> state;
  auto was_accepted = LastGoodSource::AcceptanceIn(state);
  EXPECT_FALSE(was_accepted(kTypeUrl));
  auto next = std::make_unique<SourceState>();
  next->types.resize(2);
  next->types[0].type_url = kTypeUrl;
  next->types[1].type_url = kChildUrl;
  next->types[1].refusal = "a: x: y";
  state.Publish(std::move(next));
  EXPECT_TRUE(was_accepted(kTypeUrl));
  EXPECT_FALSE(was_accepted(kChildUrl));
  EXPECT_FALSE(was_accepted(kSecretUrl));
}

}  // namespace
}  // namespace weir::xds::files
