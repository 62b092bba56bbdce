#include "source/event/file_watcher.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "source/base/thread.h"
#include "test/support/manual_clock.h"

namespace weir::event {
namespace {

namespace fs = std::filesystem;

class FileWatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/watchedXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void Write(const std::string& name, const std::string& bytes = "x") {
    std::ofstream(directory_ + "/" + name) << bytes;
  }
  std::unique_ptr<FileWatcher::Watch> Watch(int& count) {
    auto watch = watcher_.WatchDirectory(directory_, [&count] { ++count; });
    EXPECT_TRUE(watch.ok()) << watch.status();
    return *std::move(watch);
  }
  void Pass(int64_t ms) {
    loop_.RunReady();
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }

  std::string directory_;
  test::ManualClock clock_;
  Loop loop_{"files", base::kMainThread, clock_};
  FileWatcher watcher_{loop_};
};

TEST_F(FileWatcherTest, TellsOfEveryKindOfChange) {
  int count = 0;
  const auto watch = Watch(count);
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 0);
  Write("a");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 1);
  fs::rename(directory_ + "/a", directory_ + "/b");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 2);
  fs::create_symlink("b", directory_ + "/c");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 3);
  fs::remove(directory_ + "/b");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 4);
}

TEST_F(FileWatcherTest, WaitsForQuiet) {
  int count = 0;
  const auto watch = Watch(count);
  for (int i = 0; i < 5; ++i) {
    Write("a", std::string(static_cast<size_t>(i), 'x'));
    Pass(FileWatcher::kSettleMs - 1);
    EXPECT_EQ(count, 0);
  }
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 1) << "all of it once";
}

TEST_F(FileWatcherTest, SeveralMayWatchOneDirectory) {
  int first = 0;
  int second = 0;
  auto watch = Watch(first);
  const auto other = Watch(second);
  Write("a");
  Pass(FileWatcher::kSettleMs);
  watch.reset();
  Write("b");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST_F(FileWatcherTest, AWatchMayEndInItsCall) {
  std::unique_ptr<FileWatcher::Watch> watch;
  int count = 0;
  watch = *watcher_.WatchDirectory(directory_, [&] {
    ++count;
    watch.reset();
  });
  Write("a");
  Pass(FileWatcher::kSettleMs);
  Write("b");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 1);
}

TEST_F(FileWatcherTest, ADirectoryThatIsGoneIsLookedFor) {
  int count = 0;
  const auto watch = Watch(count);
  fs::rename(directory_, directory_ + ".old");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 0);
  Pass(FileWatcher::kSearchMs);
  fs::create_directory(directory_);
  Pass(FileWatcher::kSearchMs);
  EXPECT_EQ(count, 1) << "whatever is in it now is news";
  Write("a");
  Pass(FileWatcher::kSettleMs);
  EXPECT_EQ(count, 2);
  fs::remove_all(directory_);
  Pass(FileWatcher::kSettleMs);
  fs::create_directory(directory_);
  Pass(FileWatcher::kSearchMs);
  EXPECT_EQ(count, 3);
}

TEST_F(FileWatcherTest, SaysWhatCannotBeWatched) {
  EXPECT_FALSE(watcher_.WatchDirectory(directory_ + "/none", [] {}).ok());
  Write("file");
  EXPECT_FALSE(watcher_.WatchDirectory(directory_ + "/file", [] {}).ok());
}

}  // namespace
}  // namespace weir::event
