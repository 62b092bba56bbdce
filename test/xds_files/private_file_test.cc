#include "source/xds_files/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "test/support/temporary_folder.h"

namespace weir::xds::files {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr size_t kMaxBytes = 1 << 20;

class PrivateFileTest : public ::testing::Test {
 protected:
  PrivateFileTest() {
    directory_ = folder_.path;
    path_ = directory_ + "/file";
  }
  std::string WhyNot() {
    const auto read = ReadPrivateFile(path_, kMaxBytes);
    return read.ok() ? "" : std::string(read.status().message());
  }

  const test::TemporaryFolder folder_;
  std::string directory_, path_;
};

TEST_F(PrivateFileTest, HoldsWhatWasWrittenLast) {
  ASSERT_TRUE(ReplacePrivateFile(path_, "one").ok());
  EXPECT_EQ(*ReadPrivateFile(path_, kMaxBytes), "one");
  ASSERT_TRUE(ReplacePrivateFile(path_, std::string("\0two", 4)).ok());
  EXPECT_EQ(*ReadPrivateFile(path_, kMaxBytes), std::string("\0two", 4));
  EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(PrivateFileTest, IsForItsOwnerOnly) {
  const mode_t before = umask(0);
  ASSERT_TRUE(ReplacePrivateFile(path_, "x").ok());
  umask(before);
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(PrivateFileTest, ThatThereIsNoneIsToldApart) {
  EXPECT_TRUE(absl::IsNotFound(ReadPrivateFile(path_, kMaxBytes).status()));
}

TEST_F(PrivateFileTest, IsNotBelievedWhenOthersMayWriteIt) {
  for (const mode_t mode : {0620, 0602, 0666}) {
    ASSERT_TRUE(ReplacePrivateFile(path_, "x").ok());
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_EQ(WhyNot(), path_ + ": others may write to it");
  }
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_EQ(WhyNot(), "");
}

TEST_F(PrivateFileTest, IsNotBelievedWhenItIsSomebodyElses) {
  ASSERT_TRUE(ReplacePrivateFile(path_, "x").ok());
  const auto read = ReadPrivateFile(path_, kMaxBytes, geteuid() + 1);
  EXPECT_THAT(std::string(read.status().message()),
              HasSubstr("belongs to user " + std::to_string(geteuid()) + ", not to"));
}

TEST_F(PrivateFileTest, IsAFile) {
  fs::create_directory(path_);
  EXPECT_THAT(WhyNot(), HasSubstr("is no regular file"));
  fs::remove(path_);
  fs::create_symlink("/etc/passwd", path_);
  EXPECT_THAT(WhyNot(), HasSubstr("is a link"));
  fs::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(WhyNot(), HasSubstr("is no regular file"));
}

TEST_F(PrivateFileTest, HasALimit) {
  ASSERT_TRUE(ReplacePrivateFile(path_, std::string(11, 'x')).ok());
  EXPECT_TRUE(ReadPrivateFile(path_, 11).ok());
  EXPECT_FALSE(ReadPrivateFile(path_, 10).ok());
}

TEST_F(PrivateFileTest, AFailureKeepsTheOldContent) {
  ASSERT_TRUE(ReplacePrivateFile(path_, "old").ok());
  // Nothing can be made where a directory that is not empty stands.
  fs::create_directories(path_ + ".new/inside");
  const absl::Status status = ReplacePrivateFile(path_, "new");
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ".new: cannot be made"));
  EXPECT_EQ(*ReadPrivateFile(path_, kMaxBytes), "old");
  EXPECT_FALSE(ReplacePrivateFile(directory_ + "/none/file", "x").ok());
}

TEST_F(PrivateFileTest, WhatADeadProcessLeftIsNoObstacle) {
  std::ofstream(path_ + ".new") << "half of it";
  fs::permissions(path_ + ".new", fs::perms::all);
  ASSERT_TRUE(ReplacePrivateFile(path_, "whole").ok());
  EXPECT_EQ(*ReadPrivateFile(path_, kMaxBytes), "whole");
  // Nor is it followed anywhere.
  std::ofstream(directory_ + "/precious") << "mine";
  fs::create_symlink("precious", path_ + ".new");
  ASSERT_TRUE(ReplacePrivateFile(path_, "again").ok());
  EXPECT_EQ(fs::file_size(directory_ + "/precious"), 4u);
}

TEST_F(PrivateFileTest, AProcessThatDiesLeavesTheOldOrTheNew) {
  ASSERT_TRUE(ReplacePrivateFile(path_, std::string(100'000, '0')).ok());
  for (int round = 0; round < 10; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (char c = '0';; c = c == '9' ? '0' : static_cast<char>(c + 1)) {
        if (!ReplacePrivateFile(path_, std::string(100'000, c)).ok()) _exit(1);
      }
    }
    // Some way into its work, wherever that is: until another name appears and a little longer.
    struct stat before, now;
    ASSERT_EQ(stat(path_.c_str(), &before), 0);
    do {
      ASSERT_EQ(stat(path_.c_str(), &now), 0);
    } while (now.st_ino == before.st_ino);
    for (int i = 0; i < round * 1000; ++i) (void)getppid();
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto read = ReadPrivateFile(path_, kMaxBytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, std::string(100'000, read->at(0)));
  }
}

}  // namespace
}  // namespace weir::xds::files
