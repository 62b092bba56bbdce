#include "source/xds_files/last_good_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds_files/file_thread.h"
#include "test/support/manual_clock.h"
#include "test/support/temporary_folder.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LastGoodStoreTest : public ::testing::Test {
 protected:
  LastGoodStoreTest() {
    base::SetThreadIndex(base::kMainThread);
    directory_ = folder_.path;
    options_ = {.path = directory_ + "/last-good", .node_id = "edge-1", .node_cluster = "edge"};
    Open();
  }
  // As another process would, after this one ended.
  bool Open() {
    store_.reset();
    store_ = std::make_unique<LastGoodStore>(loop_, thread_, options_, stats_);
    return store_->Load();
  }
  void Keep(const std::string& name, const std::string& content = "",
            const std::string& version = "1") {
    const auto body = MakeBody(name, content);
    store_->Keep("set", {name, base::SharedText(version), &body});
  }
  void Pass(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
    thread_.Finish();
    loop_.RunReady();
  }
  std::string Bytes() const {
    std::ifstream file(options_.path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void Write(const std::string& bytes) { std::ofstream(options_.path, std::ios::binary) << bytes; }
  LastGoodStats& stats() { return kept_->Here(); }
  // What the log says of a refusal.
  std::string Refusal() {
    testing::internal::CaptureStderr();
    EXPECT_FALSE(Open());
    EXPECT_THAT(store_->NamesFromFile("set"), IsEmpty());
    return testing::internal::GetCapturedStderr();
  }

  const test::TemporaryFolder folder_;
  std::string directory_;
  LastGoodStore::Options options_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  std::shared_ptr<stats::Group<LastGoodStats>> kept_ =
      stats_.AddGroup<LastGoodStats>("control_plane.last_good");
  FileThread thread_{loop_};
  std::unique_ptr<LastGoodStore> store_;
};

TEST_F(LastGoodStoreTest, ComesBackAfterARestart) {
  Keep("a", "x", "7");
  Keep("b");
  store_->KeepSet("empty");
  ASSERT_TRUE(Open());
  EXPECT_THAT(store_->NamesFromFile("set"), ElementsAre("a", "b"));
  EXPECT_TRUE(store_->Knows("empty"));
  EXPECT_FALSE(store_->Knows("other"));
  envoy::service::discovery::v3::Resource message;
  ASSERT_TRUE(message.ParseFromString(*store_->FindFromFile("set", "a")));
  EXPECT_EQ(message.version(), "7");
  EXPECT_EQ(ContentOf(message.resource()), "x");
  EXPECT_EQ(message.resource().type_url(), kTypeUrl);
  EXPECT_EQ(stats().resources.value(), 2);
}

TEST_F(LastGoodStoreTest, WhatIsKeptAgainIsNotFromTheFile) {
  Keep("a");
  Keep("b");
  Open();
  Keep("a");
  EXPECT_THAT(store_->NamesFromFile("set"), ElementsAre("b"));
  EXPECT_EQ(store_->FindFromFile("set", "a"), nullptr);
  store_->Drop("set", "b");
  EXPECT_THAT(store_->NamesFromFile("set"), IsEmpty());
  Open();
  EXPECT_THAT(store_->NamesFromFile("set"), ElementsAre("a"));
}

TEST_F(LastGoodStoreTest, SavesOnceForChangesOfOneMoment) {
  for (int i = 0; i < 100; ++i) Keep("r" + std::to_string(i));
  Pass(options_.save_after_ms - 1);
  EXPECT_EQ(stats().saved.value(), 0u);
  Pass(1);
  EXPECT_EQ(stats().saved.value(), 1u);
  Keep("r1");
  Pass(60'000);
  EXPECT_EQ(stats().saved.value(), 1u) << "the same";
}

TEST_F(LastGoodStoreTest, SavesAtIntervals) {
  Keep("a");
  Pass(options_.save_after_ms);
  for (int i = 0; i < 20; ++i) {
    Keep("a", std::to_string(i));
    Pass(options_.save_after_ms);
  }
  EXPECT_EQ(stats().saved.value(), 3u) << "20 s and one save each 10 s";
}

TEST_F(LastGoodStoreTest, AChangeDuringASaveIsSavedAfterIt) {
  Keep("a", "1");
  clock_.AdvanceMs(options_.save_after_ms);
  loop_.RunReady();  // the save begins
  Keep("a", "2");
  thread_.Finish();
  loop_.RunReady();
  Pass(options_.save_interval_ms);
  EXPECT_EQ(stats().saved.value(), 2u);
  EXPECT_THAT(Bytes(), HasSubstr(MakeBody("a", "2").value()));
}

TEST_F(LastGoodStoreTest, IsForItsOwnerOnly) {
  Keep("a");
  store_.reset();
  struct stat status;
  ASSERT_EQ(stat(options_.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(LastGoodStoreTest, FrozenItStaysAsItIs) {
  Keep("a", "1");
  store_->Freeze();
  Keep("a", "2");
  store_->Drop("set", "a");
  Pass(0);
  EXPECT_EQ(stats().saved.value(), 1u) << "at once";
  Open();
  EXPECT_THAT(store_->NamesFromFile("set"), ElementsAre("a"));
  EXPECT_THAT(Bytes(), HasSubstr(MakeBody("a", "1").value()));
}

TEST_F(LastGoodStoreTest, FrozenDuringASaveItSavesTheRest) {
  Keep("a", "1");
  clock_.AdvanceMs(options_.save_after_ms);
  loop_.RunReady();
  Keep("a", "2");
  store_->Freeze();
  thread_.Finish();
  loop_.RunReady();
  thread_.Finish();
  loop_.RunReady();
  EXPECT_EQ(stats().saved.value(), 2u);
  EXPECT_THAT(Bytes(), HasSubstr(MakeBody("a", "2").value()));
}

TEST_F(LastGoodStoreTest, AFailureIsCountedToldOnceAndTriedAgain) {
  fs::create_directories(options_.path + ".new/inside");
  testing::internal::CaptureStderr();
  Keep("a");
  for (int i = 0; i < 3; ++i) Pass(options_.save_interval_ms);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(stats().save_failed.value(), 3u);
  EXPECT_THAT(log, HasSubstr(options_.path + ".new: cannot be made"));
  EXPECT_EQ(log.find("cannot be made"), log.rfind("cannot be made"));
  fs::remove_all(options_.path + ".new");
  Pass(options_.save_interval_ms);
  EXPECT_EQ(stats().saved.value(), 1u);
}

TEST_F(LastGoodStoreTest, ThatThereIsNoFileIsFine) {
  EXPECT_TRUE(Open());
  EXPECT_EQ(stats().load_refused.value(), 0u);
}

TEST_F(LastGoodStoreTest, ADamagedFileIsRefusedAndReplacedLater) {
  Keep("a");
  store_.reset();
  std::string bytes = Bytes();
  ++bytes[bytes.size() / 2];
  Write(bytes);
  EXPECT_THAT(Refusal(), HasSubstr(options_.path + ": is damaged: its checksum is another"));
  EXPECT_EQ(stats().load_refused.value(), 1u);
  Keep("b");
  EXPECT_TRUE(Open());
  EXPECT_THAT(store_->NamesFromFile("set"), ElementsAre("b"));
}

TEST_F(LastGoodStoreTest, AFileThatOthersMayWriteIsRefused) {
  Keep("a");
  store_.reset();
  fs::permissions(options_.path, fs::perms::group_write, fs::perm_options::add);
  EXPECT_THAT(Refusal(), HasSubstr("others may write to it"));
}

TEST_F(LastGoodStoreTest, TheFileOfAnotherNodeIsRefused) {
  Keep("a");
  store_.reset();
  options_.node_id = "edge-2";
  EXPECT_THAT(Refusal(), HasSubstr("is of node \"edge-1\" of cluster \"edge\""));
  options_.node_id = "edge-1";
  options_.node_cluster = "core";
  EXPECT_THAT(Refusal(), HasSubstr("is of node \"edge-1\" of cluster \"edge\""));
}

TEST_F(LastGoodStoreTest, NothingIsWrittenForNothing) {
  Pass(60'000);
  store_.reset();
  EXPECT_FALSE(fs::exists(options_.path));
}

}  // namespace
}  // namespace weir::xds::files
