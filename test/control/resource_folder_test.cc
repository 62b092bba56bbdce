#include "source/control/resource_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/control/temporary_folder.h"
#include "test/support/manual_clock.h"

namespace weir::control {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class ResourceFolderTest : public ::testing::Test {
 protected:
  void Watch(const std::string& path) {
    folder_ = std::make_unique<ResourceFolder>(loop_, path, [this] { ++changes_; });
    ASSERT_TRUE(folder_->Watch().ok());
  }
  // What was told since the last time, once it is quiet. inotify tells at once.
  int Changes() {
    loop_.RunReady();
    clock_.AdvanceMs(ResourceFolder::kQuietMs);
    loop_.RunReady();
    return std::exchange(changes_, 0);
  }
  std::vector<std::string> Read(const std::string& path) {
    std::vector<std::string> files;
    auto read = ReadFolder(path);
    EXPECT_TRUE(read.ok()) << read.status();
    for (const SourceFile& file : *read) {
      files.push_back(fs::path(file.path).filename().string() + "=" + file.text);
    }
    return files;
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  test::TemporaryFolder root_;
  int changes_ = 0;
  std::unique_ptr<ResourceFolder> folder_;
};

TEST_F(ResourceFolderTest, ReadsResourceFilesByName) {
  root_.Write("b.yml", "2");
  root_.Write("a.yaml", "1");
  root_.Write("c.json", "3");
  root_.Write("README.md", "no");
  root_.Write(".hidden.yaml", "no");
  root_.Write("backup.yaml~", "no");
  fs::create_directory(root_.Path("folder.yaml"));
  fs::create_symlink("nowhere", root_.Path("dangling.yaml"));
  fs::create_symlink("c.json", root_.Path("link.yaml"));
  EXPECT_THAT(Read(root_.Path()), ElementsAre("a.yaml=1", "b.yml=2", "c.json=3", "link.yaml=3"));
}

TEST_F(ResourceFolderTest, AFolderThatIsNotThereIsAnError) {
  auto read = ReadFolder(root_.Path("none"));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()), testing::HasSubstr(root_.Path("none")));
  ResourceFolder folder(loop_, root_.Path("none"), [] {});
  EXPECT_FALSE(folder.Watch().ok());
}

TEST_F(ResourceFolderTest, TellsWritesMovesAndRemovals) {
  Watch(root_.Path());
  EXPECT_EQ(Changes(), 0);
  root_.Write("a.yaml", "1");
  EXPECT_EQ(Changes(), 1);
  root_.Write("a.yaml", "2");
  EXPECT_EQ(Changes(), 1);
  root_.Write(".a.tmp", "3");
  Changes();
  fs::rename(root_.Path(".a.tmp"), root_.Path("a.yaml"));
  EXPECT_EQ(Changes(), 1);
  fs::create_symlink("a.yaml", root_.Path("b.yaml"));
  EXPECT_EQ(Changes(), 1);
  fs::remove(root_.Path("a.yaml"));
  EXPECT_EQ(Changes(), 1);
  EXPECT_EQ(Changes(), 0);
}

TEST_F(ResourceFolderTest, AFileIsToldWhenItIsWrittenAndNotBefore) {
  Watch(root_.Path());
  std::ofstream file(root_.Path("a.yaml"));
  file << "half" << std::flush;
  EXPECT_EQ(Changes(), 0);
  file << " and half";
  file.close();
  EXPECT_EQ(Changes(), 1);
}

TEST_F(ResourceFolderTest, ABurstIsOneChangeAndALongOneIsToldInBetween) {
  Watch(root_.Path());
  for (int i = 0; i < 100; ++i) root_.Write("f" + std::to_string(i) + ".yaml", "x");
  EXPECT_EQ(Changes(), 1);
  for (int i = 0; i < 30; ++i) {
    root_.Write("f.yaml", "x");
    loop_.RunReady();
    clock_.AdvanceMs(ResourceFolder::kQuietMs - 1);
    loop_.RunReady();
  }
  EXPECT_EQ(changes_, 1);
}

// What kubelet does to update a ConfigMap volume.
TEST_F(ResourceFolderTest, TellsTheSwapOfKubernetes) {
  fs::create_directory(root_.Path("..v1"));
  root_.Write("..v1/a.yaml", "1");
  fs::create_directory_symlink("..v1", root_.Path("..data"));
  fs::create_symlink("..data/a.yaml", root_.Path("a.yaml"));
  Watch(root_.Path());
  EXPECT_THAT(Read(root_.Path()), ElementsAre("a.yaml=1"));
  fs::create_directory(root_.Path("..v2"));
  root_.Write("..v2/a.yaml", "2");
  fs::create_directory_symlink("..v2", root_.Path("..data_tmp"));
  fs::rename(root_.Path("..data_tmp"), root_.Path("..data"));
  fs::remove_all(root_.Path("..v1"));
  EXPECT_EQ(Changes(), 1);
  EXPECT_THAT(Read(root_.Path()), ElementsAre("a.yaml=2"));
}

TEST_F(ResourceFolderTest, TellsThatTheFolderItselfWasReplaced) {
  fs::create_directory(root_.Path("one"));
  fs::create_directory(root_.Path("two"));
  fs::create_directory_symlink("one", root_.Path("current"));
  Watch(root_.Path("current"));
  fs::create_directory_symlink("two", root_.Path("next"));
  fs::rename(root_.Path("next"), root_.Path("current"));
  EXPECT_EQ(Changes(), 1);
  root_.Write("one/a.yaml", "of no interest any more");
  EXPECT_EQ(Changes(), 0);
  root_.Write("two/a.yaml", "2");
  EXPECT_EQ(Changes(), 1);
  fs::remove_all(root_.Path("current"));
  EXPECT_EQ(Changes(), 1);
  fs::create_directory(root_.Path("current"));
  EXPECT_EQ(Changes(), 1);
  root_.Write("current/b.yaml", "3");
  EXPECT_EQ(Changes(), 1);
}

TEST_F(ResourceFolderTest, OtherFoldersBesideItAreOfNoInterest) {
  fs::create_directory(root_.Path("mine"));
  Watch(root_.Path("mine/"));
  fs::create_directory(root_.Path("other"));
  root_.Write("a.yaml", "1");
  EXPECT_EQ(Changes(), 0);
}

}  // namespace
}  // namespace weir::control
