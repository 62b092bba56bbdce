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
