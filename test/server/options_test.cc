#include "source/server/options.h"

#include <gtest/gtest.h>

namespace weir::server {
namespace {

TEST(OptionsTest, ReadsFlagsInBothForms) {
  const auto options = ParseOptions({"-c",
                                     "a.yaml",
                                     "--concurrency=3",
                                     "-l",
                                     "debug",
                                     "--mode",
                                     "validate",
                                     "--drain-time-s",
                                     "0",
                                     "--service-node=n",
                                     "--allow-unsupported",
                                     "--admin-grpc-address",
                                     "[::1]:0",
                                     "--last-good-file",
                                     "/var/lib/weir/last-good",
                                     "--last-good-secrets",
                                     "--refuse-empty-sets",
                                     "--hot-restart-path",
                                     "/run/weir/restart",
                                     "--user",
                                     "root:0",
                                     "--enable-core-dump"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->config_path, "a.yaml");
  EXPECT_EQ(options->concurrency, 3);
  EXPECT_EQ(options->log_level, base::LogLevel::kDebug);
  EXPECT_EQ(options->mode, Options::Mode::kValidate);
  EXPECT_EQ(options->drain_time_s, 0);
  EXPECT_EQ(options->service_node, "n");
  EXPECT_TRUE(options->allow_unsupported);
  EXPECT_EQ(options->admin_grpc_address, "[::1]:0");
  EXPECT_EQ(options->last_good_file, "/var/lib/weir/last-good");
  EXPECT_TRUE(options->last_good_secrets);
  EXPECT_TRUE(options->refuses_empty_sets);
  EXPECT_EQ(options->hot_restart_path, "/run/weir/restart");
  ASSERT_TRUE(options->account);
  EXPECT_EQ(options->account->name, "root");
  EXPECT_TRUE(options->dumps_core);
}

TEST(OptionsTest, NamesTheArgumentThatIsWrong) {
  const auto fault = [](const std::vector<std::string>& arguments) {
    return std::string(ParseOptions(arguments).status().message());
  };
  EXPECT_EQ(fault({"--base-id", "1"}),
            "unknown argument \"--base-id\"; --help lists what there is");
  EXPECT_EQ(fault({"-c"}), "--config-path needs a value");
  EXPECT_EQ(fault({"-c", "x", "--concurrency", "0"}),
            "--concurrency: \"0\" is no number from 1 to 128");
  EXPECT_EQ(fault({"-c", "x", "-l", "loud"}),
            "--log-level: \"loud\" is none of trace, debug, info, warning, error, critical, off");
  EXPECT_EQ(fault({"-c", "x", "--mode", "init"}), "--mode: \"init\" is none of serve, validate");
  EXPECT_EQ(fault({"-c", "x", "--component-log-level", "xds"}),
            "--component-log-level: \"xds\" is not COMPONENT:LEVEL");
  for (const char* address : {"", "9902", "localhost:9902", "127.0.0.1", "127.0.0.1:99999", "::1:1",
                              "127.0.0.1:", "127.0.0.1:-1", "unix:/tmp/x"}) {
    EXPECT_EQ(fault({"-c", "x", "--admin-grpc-address", address}),
              std::string("--admin-grpc-address: \"") + address +
                  "\" is no IP address with a port, as 127.0.0.1:9902, [::1]:9902, or 0 for any "
                  "port");
  }
  EXPECT_EQ(fault({"--version=1"}), "unknown argument \"--version=1\"; --help lists what there is");
  EXPECT_EQ(fault({"-c", "x", "--last-good-secrets"}),
            "--last-good-secrets needs --last-good-file PATH");
  EXPECT_EQ(fault({"-c", "x", "--user", "no-such-user"}),
            "--user: there is no user \"no-such-user\"");
  EXPECT_EQ(fault({"-c", "x", "--hot-restart-path", "/p", "--disable-hot-restart"}),
            "--disable-hot-restart contradicts --hot-restart-path");
  EXPECT_EQ(fault({}), "there is no configuration: -c FILE or --config-yaml TEXT is needed");
}

TEST(OptionsTest, VersionAndHelpNeedNoConfiguration) {
  EXPECT_TRUE(ParseOptions({"--version"})->wants_version);
  EXPECT_TRUE(ParseOptions({"-h"})->wants_help);
}

TEST(OptionsTest, HelpNamesEveryFlag) {
  for (const char* flag :
       {"--config-path", "--config-yaml", "--concurrency", "--mode", "--log-level",
        "--component-log-level", "--service-node", "--service-cluster", "--drain-time-s",
        "--admin-grpc-address", "--allow-unsupported", "--last-good-file", "--last-good-secrets",
        "--hot-restart-path", "--refuse-empty-sets", "--disable-hot-restart", "--user",
        "--enable-core-dump", "--version"}) {
    EXPECT_NE(HelpText().find(flag), std::string::npos) << flag;
  }
}

TEST(OptionsTest, ThereIsAlwaysACore) { EXPECT_GE(AvailableCores(), 1); }

}  // namespace
}  // namespace weir::server
