#include "source/control/control_options.h"

#include <gtest/gtest.h>

namespace weir::control {
namespace {

std::string ErrorOf(const std::vector<std::string>& arguments) {
  auto options = ParseControlOptions(arguments);
  return options.ok() ? "ok" : std::string(options.status().message());
}

TEST(ControlOptionsTest, Defaults) {
  const auto options = ParseControlOptions({"--directory", "d"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->directory, "d");
  EXPECT_EQ(options->listen, "127.0.0.1:18000");
  EXPECT_EQ(options->mode, ControlOptions::Mode::kServe);
  EXPECT_EQ(options->log_level, base::LogLevel::kInfo);
}

TEST(ControlOptionsTest, EveryFlagInBothForms) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--directory=a=b", "--listen=0.0.0.0:0", "--mode=validate",
                                 "--log-level=debug"},
        std::vector<std::string>{"-l", "debug", "--mode", "validate", "--listen", "0.0.0.0:0",
                                 "--directory", "a=b"}}) {
    const auto options = ParseControlOptions(arguments);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->directory, "a=b");
    EXPECT_EQ(options->listen, "0.0.0.0:0");
    EXPECT_EQ(options->mode, ControlOptions::Mode::kValidate);
    EXPECT_EQ(options->log_level, base::LogLevel::kDebug);
  }
}

TEST(ControlOptionsTest, QuestionsNeedNoFolder) {
  EXPECT_TRUE(ParseControlOptions({"--version"})->wants_version);
  EXPECT_TRUE(ParseControlOptions({"--help"})->wants_help);
  EXPECT_TRUE(ParseControlOptions({"-h"})->wants_help);
  EXPECT_NE(ControlHelpText().find("--directory"), std::string::npos);
}

TEST(ControlOptionsTest, Status) {
  const auto options = ParseControlOptions({"status", "127.0.0.1:9902"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->mode, ControlOptions::Mode::kStatus);
  EXPECT_EQ(options->proxy, "127.0.0.1:9902");
  EXPECT_FALSE(options->wants_json);
  EXPECT_EQ(options->timeout_s, 10);
  const auto more = ParseControlOptions({"status", "--json", "a:1", "--timeout=3", "-l", "debug"});
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_TRUE(more->wants_json);
  EXPECT_EQ(more->timeout_s, 3);
  EXPECT_EQ(more->log_level, base::LogLevel::kDebug);
  EXPECT_TRUE(ParseControlOptions({"status", "--help"})->wants_help);

  EXPECT_EQ(ErrorOf({"status"}), "status: ADDRESS:PORT of a proxy is needed; see --help");
  EXPECT_EQ(ErrorOf({"status", "9902"}), "9902: expected ADDRESS:PORT");
  EXPECT_EQ(ErrorOf({"status", "a:1", "b:1"}), "b:1: one address is enough");
  EXPECT_EQ(ErrorOf({"status", "a:1", "--directory", "d"}),
            "--directory: no such option of status; see --help");
  for (const char* seconds : {"0", "3601", "soon", ""}) {
    EXPECT_EQ(ErrorOf({"status", "a:1", "--timeout", seconds}),
              "--timeout: expected seconds, from 1 to 3600");
  }
  EXPECT_EQ(ErrorOf({"--directory", "d", "--json"}), "--json: no such option; see --help");
}

TEST(ControlOptionsTest, FaultsNameTheArgument) {
  EXPECT_EQ(ErrorOf({}), "--directory: is needed; see --help");
  EXPECT_EQ(ErrorOf({"--directory", "d", "--nope"}), "--nope: no such option; see --help");
  EXPECT_EQ(ErrorOf({"d"}), "d: is not an option; see --help");
  EXPECT_EQ(ErrorOf({"--directory", "d", "--mode", "x"}), "--mode: expected serve or validate");
  EXPECT_EQ(ErrorOf({"--directory", "d", "--listen", "80"}), "--listen: expected ADDRESS:PORT");
  EXPECT_EQ(ErrorOf({"--directory", "d", "-l", "loud"}),
            "-l: expected trace, debug, info, warning, error, critical or off");
  EXPECT_EQ(ErrorOf({"--directory", "d", "--mode"}), "--mode: expected serve or validate");
}

}  // namespace
}  // namespace weir::control
