#include "source/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace weir::base {
namespace {

using ::testing::Contains;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { SetAllLogLevels(LogLevel::kInfo); }

  template <class Action>
  static std::string Captured(Action action) {
    ::testing::internal::CaptureStderr();
    action();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesEnvoysLayout) {
  const std::string line = Captured([] { WEIR_LOG(kWarning, "xds", "stream ended: ", 14); });
  EXPECT_THAT(line, MatchesRegex("\\[20[0-9-]+ [0-9:]+\\.[0-9][0-9][0-9]\\]\\[[0-9]+\\]"
                                 "\\[warning\\]\\[xds\\] stream ended: 14\n"));
}

TEST_F(LogTest, EscapesWhatCouldForgeALine) {
  const std::string line =
      Captured([] { WEIR_LOG(kError, "http", "a\n[fake]\r\tb\x1b[0m\x7f é %v {}"); });
  EXPECT_THAT(line, ::testing::EndsWith("[http] a\\n[fake]\\r\\tb\\x1b[0m\\x7f é %v {}\n"));
}

TEST_F(LogTest, EvaluatesArgumentsOnlyWhenOn) {
  int evaluated = 0;
  auto count = [&] { return ++evaluated; };
  EXPECT_EQ(Captured([&] { WEIR_LOG(kDebug, "main", count()); }), "");
  EXPECT_EQ(evaluated, 0);
  ASSERT_TRUE(SetLogLevel("main", LogLevel::kDebug));
  EXPECT_NE(Captured([&] { WEIR_LOG(kDebug, "main", count()); }), "");
  EXPECT_EQ(evaluated, 1);
}

TEST_F(LogTest, ComponentsHaveTheirOwnLevels) {
  ASSERT_TRUE(SetLogLevel("pool", LogLevel::kTrace));
  EXPECT_EQ(GetLogLevel("pool"), LogLevel::kTrace);
  EXPECT_EQ(GetLogLevel("dns"), LogLevel::kInfo);
  EXPECT_EQ(Captured([] { WEIR_LOG(kTrace, "dns", "quiet"); }), "");
  ASSERT_TRUE(SetLogLevel("dns", LogLevel::kOff));
  EXPECT_EQ(Captured([] { WEIR_LOG(kCritical, "dns", "quiet"); }), "");
}

TEST_F(LogTest, UnknownComponentsAreAddedWhenTheyLog) {
  EXPECT_FALSE(SetLogLevel("wombat", LogLevel::kTrace));
  SetAllLogLevels(LogLevel::kDebug);
  EXPECT_NE(Captured([] { WEIR_LOG(kDebug, "wombat", "here"); }), "");
  EXPECT_THAT(Components(), Contains("wombat"));
  EXPECT_TRUE(SetLogLevel("wombat", LogLevel::kError));
  EXPECT_EQ(GetLogLevel("wombat"), LogLevel::kError);
}

TEST_F(LogTest, LevelNamesAreEnvoys) {
  for (const char* name : {"trace", "debug", "info", "warning", "error", "critical", "off"}) {
    LogLevel level;
    ASSERT_TRUE(ParseLogLevel(name, level)) << name;
    EXPECT_EQ(LogLevelName(level), name);
  }
  LogLevel level = LogLevel::kOff;
  EXPECT_TRUE(ParseLogLevel("warn", level));
  EXPECT_EQ(level, LogLevel::kWarning);
  EXPECT_FALSE(ParseLogLevel("WARNING", level));
  EXPECT_FALSE(ParseLogLevel("", level));
}

TEST_F(LogTest, FormatCanBeReplaced) {
  SetLogFormat("%l|%n|%v");
  EXPECT_EQ(Captured([] { WEIR_LOG(kInfo, "main", "text"); }), "info|main|text\n");
  SetLogFormat("[%Y-%m-%d %H:%M:%S.%e][%t][%l][%n] %v");
}

TEST_F(LogTest, LinesOfThreadsDoNotMix) {
  const std::string text = Captured([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int line = 0; line < 50; ++line) WEIR_LOG(kInfo, "main", "abcdefghij");
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, ::testing::EndsWith("[main] abcdefghij"));
  }
  EXPECT_EQ(count, 200);
}

// Last: the log stays in the file.
TEST_F(LogTest, ZWritesToAFile) {
  EXPECT_FALSE(OpenLogFile("/nonexistent/directory/../\n/weir.log"));
  const std::string path = ::testing::TempDir() + "/log_test.log";
  ASSERT_TRUE(OpenLogFile(path));
  WEIR_LOG(kInfo, "main", "to the file");
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_THAT(line, ::testing::EndsWith("[info][main] to the file"));
}

}  // namespace
}  // namespace weir::base
