#include "source/xds_files/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "source/event/file_watcher.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds/discovery_stats.h"
#include "source/xds_files/file_thread.h"
#include "test/support/manual_clock.h"
#include "test/support/temporary_folder.h"
#include "test/xds/discovery_messages.h"
#include "test/xds/recording_sink.h"

namespace weir::xds::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest() {
    base::SetThreadIndex(base::kMainThread);
    directory_ = folder_.path;
    path_ = directory_ + "/resources.yaml";
  }

  static std::string Text(const std::string& version, const Named& resources) {
    std::string text = "version_info: '" + version + "'\nresources:\n";
    for (const auto& [name, content] : resources) {
      text += "- '@type': " + std::string(kTypeUrl) + "\n  id: " + name + "\n  cluster: '" +
              content + "'\n";
    }
    return text;
  }
  void WriteInPlace(const std::string& bytes) { std::ofstream(path_) << bytes; }
  void Replace(const std::string& bytes) {
    std::ofstream(directory_ + "/beside") << bytes;
    fs::rename(directory_ + "/beside", path_);
  }

  void Subscribe(bool is_complete_set, const SubscriptionOptions& options = {}) {
    source_ = std::make_unique<FileSource>(
        FileSource::Context{loop_, watcher_, thread_, store_},
        FileSource::Options{.path = path_, .watched_directory = watched_});
    subscription_ = source_->Subscribe(
        {.type_url = kTypeUrl, .is_complete_set = is_complete_set, .stats_prefix = "test"}, options,
        sink_);
  }
  void SubscribeToAll() {
    Subscribe(true);
    subscription_->AddAll();
    Settle();
  }
  // Until what is there has been noticed, read and delivered.
  void Settle() {
    loop_.RunReady();
    clock_.AdvanceMs(event::FileWatcher::kSettleMs);
    loop_.RunReady();
    for (int i = 0; i < 30; ++i) {
      thread_.Finish();
      loop_.RunReady();
    }
  }
  void Pass(int64_t ms) {
    clock_.AdvanceMs(ms);
    Settle();
  }
  const DiscoveryStats& stats() { return store_.AddGroup<DiscoveryStats>("test")->Here(); }
  // What the log says while `action` runs.
  template <class Action>
  static std::string LogOf(Action&& action) {
    testing::internal::CaptureStderr();
    action();
    return testing::internal::GetCapturedStderr();
  }

  const test::TemporaryFolder folder_;
  std::string directory_, path_, watched_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  std::shared_ptr<stats::Group<DiscoveryStats>> kept_ = store_.AddGroup<DiscoveryStats>("test");
  event::FileWatcher watcher_{loop_};
  FileThread thread_{loop_};
  RecordingSink sink_;
  std::unique_ptr<FileSource> source_;
  std::unique_ptr<Subscription> subscription_;
};

TEST_F(FileSourceTest, DeliversWhatTheFileHolds) {
  WriteInPlace(Text("7", {{"a", "1"}, {"b", "2"}}));
  SubscribeToAll();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_EQ(sink_.versions["a"], "7");
  EXPECT_EQ(stats().update_attempt.value(), 1u);
  EXPECT_EQ(stats().update_success.value(), 1u);
  EXPECT_NE(stats().version.value(), 0);
}

TEST_F(FileSourceTest, ASinkMayNeedTurnsForWhatTheFileHolds) {
  sink_.more_turns = 5;
  sink_.refuse["b"] = "x: y";
  WriteInPlace(Text("7", {{"a", "1"}, {"b", "2"}}));
  const std::string log = LogOf([this] { SubscribeToAll(); });
  EXPECT_EQ(sink_.continuations, 5);
  EXPECT_THAT(log, HasSubstr("x: y"));
  EXPECT_EQ(stats().update_rejected.value(), 1u);
  Replace(Text("8", {{"a", "1"}, {"b", "3"}}));
  Settle();
  EXPECT_EQ(sink_.offered, 3) << "what was taken is known to be";
}

TEST_F(FileSourceTest, ReadsEveryFormat) {
  const DiscoveryResponse response = MakeResponse("1", "", {{"a", "x"}});
  const std::map<std::string, std::string> files{
      {"f.json", R"({"versionInfo": "1", "resources": [{"@type": ")" + std::string(kTypeUrl) +
                     R"(", "id": "a", "cluster": "x"}]})"},
      {"f.pb", response.SerializeAsString()},
      {"f.pb_text",
       "version_info: '1' resources { [" + std::string(kTypeUrl) + "] { id: 'a' cluster: 'x' } }"},
      {"f", Text("1", {{"a", "x"}})}};
  for (const auto& [name, bytes] : files) {
    path_ = directory_ + "/" + name;
    WriteInPlace(bytes);
    subscription_.reset();
    sink_ = {};
    SubscribeToAll();
    EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "x"))) << name;
  }
}

TEST_F(FileSourceTest, OnlyWhatChangedIsOffered) {
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}, {"c", "1"}}));
  SubscribeToAll();
  Replace(Text("2", {{"a", "1"}, {"b", "2"}}));
  Settle();
  EXPECT_EQ(sink_.offered, 4);
  EXPECT_THAT(sink_.removed, ElementsAre("c"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(FileSourceTest, AbsenceRemovesFromCompleteSetsOnly) {
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}}));
  Subscribe(false);
  subscription_->Add("a");
  subscription_->Add("b");
  Settle();
  EXPECT_EQ(sink_.live.size(), 2u);
  Replace(Text("2", {{"b", "2"}}));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(FileSourceTest, NamesThatAreWantedLaterComeFromTheSameFile) {
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}}));
  Subscribe(false);
  subscription_->Add("a");
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  subscription_->Add("b");
  Settle();
  EXPECT_EQ(sink_.live.size(), 2u);
  subscription_->Remove("a");
  Replace(Text("2", {{"a", "2"}, {"b", "2"}}));
  Settle();
  EXPECT_EQ(sink_.live["a"], "1") << "nobody wants it";
  EXPECT_EQ(sink_.live["b"], "2");
}

TEST_F(FileSourceTest, WrappedResourcesHaveVersionsOfTheirOwn) {
  WriteInPlace(R"(
version_info: all
resources:
- "@type": type.googleapis.com/envoy.service.discovery.v3.Resource
  version: own
  resource: {"@type": type.googleapis.com/envoy.config.core.v3.Node, id: a}
)");
  SubscribeToAll();
  EXPECT_THAT(sink_.versions, ElementsAre(Pair("a", "own")));
}

TEST_F(FileSourceTest, AWrapperWithNothingInItIsRefusedAndRemovesNothing) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  SubscribeToAll();
  const std::string log = LogOf([this] {
    Replace(
        "resources:\n- {'@type': type.googleapis.com/envoy.service.discovery.v3.Resource, "
        "name: a}\n");
    Settle();
  });
  EXPECT_THAT(log, HasSubstr(path_ + ":2:3: resources[0]: is of type"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
}

TEST_F(FileSourceTest, FaultsInsideAWrapperAreOfWhatItHolds) {
  WriteInPlace(R"(
resources:
- "@type": type.googleapis.com/envoy.service.discovery.v3.Resource
  name: a
  resource: {"@type": type.googleapis.com/envoy.config.core.v3.Node, id: a, wrong: 1}
- {"@type": type.googleapis.com/envoy.config.core.v3.Node, id: b}
)");
  const std::string log = LogOf([this] { SubscribeToAll(); });
  EXPECT_THAT(log, HasSubstr(path_ + ":5:77: resources[0].resource.wrong: unknown field"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("b", "")));
}

TEST_F(FileSourceTest, ATruncatedFileKeepsWhatWasThere) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  SubscribeToAll();
  const std::string log = LogOf([this] {
    WriteInPlace("");
    Settle();
  });
  EXPECT_THAT(log, HasSubstr(path_ + ":1:1: is empty"));
  WriteInPlace(Text("2", {{"a", "2"}}).substr(0, 40));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(sink_.removed, IsEmpty());
  EXPECT_EQ(stats().update_rejected.value(), 2u);
  EXPECT_EQ(stats().update_success.value(), 1u);
  Replace(Text("2", {{"a", "2"}}));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2")));
}

TEST_F(FileSourceTest, ADeletedFileKeepsWhatWasThere) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  SubscribeToAll();
  const std::string log = LogOf([this] {
    fs::remove(path_);
    Settle();
    std::ofstream(directory_ + "/another") << "x";
    Settle();
  });
  EXPECT_THAT(log, HasSubstr(path_ + ": cannot be read: No such file"));
  EXPECT_EQ(stats().update_failure.value(), 1u) << "once, whatever else happens beside it";
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  Replace(Text("2", {}));
  Settle();
  EXPECT_THAT(sink_.live, IsEmpty());
}

TEST_F(FileSourceTest, WhatIsNoFileIsRefused) {
  fs::create_directory(path_);
  const std::string log = LogOf([this] { SubscribeToAll(); });
  EXPECT_THAT(log, HasSubstr(path_ + ": is no regular file"));
  EXPECT_EQ(stats().update_failure.value(), 1u);
}

TEST_F(FileSourceTest, AMissingFileIsNamedAndLookedFor) {
  const std::string log = LogOf([this] { SubscribeToAll(); });
  EXPECT_THAT(log, HasSubstr(path_ + ": cannot be read"));
  Replace(Text("1", {{"a", "1"}}));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
}

TEST_F(FileSourceTest, AMissingDirectoryIsLookedFor) {
  directory_ += "/later";
  path_ = directory_ + "/resources.yaml";
  SubscribeToAll();
  fs::create_directory(directory_);
  WriteInPlace(Text("1", {{"a", "1"}}));
  Pass(event::FileWatcher::kSearchMs);
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  Replace(Text("2", {{"a", "2"}}));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2")));
}

TEST_F(FileSourceTest, TheWatchedDirectoryIsAnother) {
  // As Kubernetes does it: …/resources.yaml → ..data/resources.yaml, ..data → one of two folders.
  for (const std::string version : {"1", "2"}) {
    fs::create_directory(directory_ + "/v" + version);
    path_ = directory_ + "/v" + version + "/resources.yaml";
    WriteInPlace(Text(version, {{"a", version}}));
  }
  fs::create_symlink("v1", directory_ + "/..data");
  fs::create_directory(directory_ + "/mount");
  path_ = directory_ + "/mount/resources.yaml";
  fs::create_symlink("../..data/resources.yaml", path_);
  watched_ = directory_;
  SubscribeToAll();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  fs::create_symlink("v2", directory_ + "/..next");
  fs::rename(directory_ + "/..next", directory_ + "/..data");
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2")));
}

TEST_F(FileSourceTest, AFileThatStaysIsNotReadAgain) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  SubscribeToAll();
  std::ofstream(directory_ + "/another") << "x";
  Settle();
  EXPECT_EQ(stats().update_attempt.value(), 1u);
}

TEST_F(FileSourceTest, AFaultyResourceIsRefusedByItself) {
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}}));
  SubscribeToAll();
  const std::string bad = Text("2", {{"a", "2"}}) + "- '@type': " + kTypeUrl +
                          "\n  id: b\n  clusster: '2'\n  cluster: '2'\n";
  const std::string log = LogOf([&] {
    Replace(bad);
    Settle();
  });
  EXPECT_THAT(
      log,
      HasSubstr(path_ + ":8:3: resources[1].clusster: unknown field (did you mean `cluster`?)"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2"), Pair("b", "1")));
  EXPECT_EQ(stats().update_rejected.value(), 1u);
  // What is left of the faulty one is exactly what the mended one is.
  Replace(Text("3", {{"a", "2"}, {"b", "2"}}));
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "2"), Pair("b", "2")));
  EXPECT_EQ(stats().update_success.value(), 2u);
}

TEST_F(FileSourceTest, ANewFaultIsToldThoughTheRestIsTheSame) {
  const std::string head = Text("1", {{"a", "1"}}) + "- '@type': " + kTypeUrl + "\n  id: b\n";
  WriteInPlace(head + "  wrong: 1\n");
  SubscribeToAll();
  std::string log = LogOf([&] {
    Replace(head + "  amiss: 1\n");
    Settle();
  });
  EXPECT_THAT(log, HasSubstr("resources[1].amiss: unknown field"));
  log = LogOf([&] {
    Replace(head + "  amiss: 1\n");
    Settle();
  });
  EXPECT_THAT(log, Not(HasSubstr("amiss"))) << "the same once more";
  EXPECT_EQ(stats().update_rejected.value(), 3u);
  EXPECT_EQ(sink_.offered, 1);
}

TEST_F(FileSourceTest, WhatTheSinkRefusesIsToldWithItsPlace) {
  sink_.refuse["b"] = "cluster: is not to our taste\nid: neither";
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}}));
  const std::string log = LogOf([this] { SubscribeToAll(); });
  EXPECT_THAT(log, HasSubstr(path_ + ":8:3: resources[1].cluster: is not to our taste"));
  EXPECT_THAT(log, HasSubstr(path_ + ":7:3: resources[1].id: neither"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
}

TEST_F(FileSourceTest, ResourcesOfAnotherTypeAreRefusedAndRemoveNothing) {
  WriteInPlace(Text("1", {{"a", "1"}, {"b", "1"}}));
  SubscribeToAll();
  const std::string log = LogOf([this] {
    Replace("resources:\n- {'@type': " + std::string(kChildUrl) + ", region: a}\n");
    Settle();
  });
  EXPECT_THAT(log, HasSubstr(path_ + ":2:3: resources[0]: is of type"));
  EXPECT_EQ(sink_.live.size(), 2u);
  EXPECT_EQ(stats().update_rejected.value(), 1u);
}

TEST_F(FileSourceTest, AFaultOutsideOfResourcesRefusesTheFile) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  SubscribeToAll();
  const std::string log = LogOf([this] {
    Replace("type_url: type.googleapis.com/what.Else\n" + Text("2", {{"a", "2"}}));
    Settle();
    Replace("verion_info: x\n" + Text("2", {{"a", "2"}}));
    Settle();
  });
  EXPECT_THAT(log, HasSubstr(path_ + ":1:1: type_url: is type.googleapis.com/what.Else"));
  EXPECT_THAT(log, HasSubstr("verion_info: unknown field"));
  EXPECT_THAT(sink_.live, ElementsAre(Pair("a", "1")));
  EXPECT_EQ(stats().update_rejected.value(), 2u);
}

TEST_F(FileSourceTest, MoreFaultsThanAreKeptRefuseTheFile) {
  Named many;
  std::string text = "resources:\n";
  for (int i = 0; i < 1100; ++i) {
    text += "- {'@type': " + std::string(kTypeUrl) + ", id: r" + std::to_string(i) + ", x: 1}\n";
  }
  WriteInPlace(text);
  SubscribeToAll();
  EXPECT_EQ(sink_.offered, 0);
  EXPECT_EQ(stats().update_rejected.value(), 1u);
}

TEST_F(FileSourceTest, FetchesTimeOutAsOverAStream) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  Subscribe(false, {.initial_fetch_timeout_ms = 1000});
  subscription_->Add("a");
  subscription_->Add("b");
  Settle();
  Pass(1000);
  EXPECT_THAT(sink_.timed_out, ElementsAre("b"));
  EXPECT_EQ(stats().init_fetch_timeout.value(), 1u);
}

TEST_F(FileSourceTest, AMissingCompleteSetTimesOutOnce) {
  Subscribe(true, {.initial_fetch_timeout_ms = 1000});
  subscription_->AddAll();
  Settle();
  EXPECT_EQ(sink_.timeouts, 0);
  Pass(1000);
  EXPECT_EQ(sink_.timeouts, 1);
  Pass(10'000);
  EXPECT_EQ(sink_.timeouts, 1);
}

TEST_F(FileSourceTest, ABigFileComesInSlices) {
  Named many;
  for (int i = 0; i < 1000; ++i) many.emplace_back("r" + std::to_string(i), "");
  WriteInPlace(Text("1", many));
  int turns = 0;
  sink_.on_update = [&](const Update& /*update*/) {
    clock_.AdvanceMs(5);
    loop_.Post([&turns] { ++turns; });
  };
  SubscribeToAll();
  EXPECT_EQ(sink_.live.size(), 1000u);
  EXPECT_EQ(sink_.updates, 16);
  EXPECT_EQ(sink_.responses, 1);
  EXPECT_EQ(turns, 16);
}

TEST_F(FileSourceTest, AChangeDuringADeliveryComesAfterIt) {
  Named many;
  for (int i = 0; i < 200; ++i) many.emplace_back("r" + std::to_string(i), "1");
  WriteInPlace(Text("1", many));
  bool is_replaced = false;
  sink_.on_update = [&](const Update& /*update*/) {
    clock_.AdvanceMs(10);
    if (std::exchange(is_replaced, true)) return;
    Replace(Text("2", {{"r0", "2"}}));
  };
  SubscribeToAll();
  Settle();
  EXPECT_THAT(sink_.live, ElementsAre(Pair("r0", "2")));
}

TEST_F(FileSourceTest, ASubscriptionMayEndAtAnyMoment) {
  WriteInPlace(Text("1", {{"a", "1"}}));
  Subscribe(true);
  subscription_->AddAll();
  loop_.RunReady();
  subscription_.reset();  // while it is being read
  Settle();
  EXPECT_EQ(sink_.offered, 0);
}

}  // namespace
}  // namespace weir::xds::files
