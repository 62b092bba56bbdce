// weir: parses the command line, lists the extensions, runs the server.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/log.h"
#include "source/extensions.h"
#include "source/server/bootstrap.h"
#include "source/server/crash_report.h"
#include "source/server/options.h"
#include "source/server/privileges.h"
#include "source/server/server.h"

namespace {

using weir::server::Options;

// Exit codes: 0 fine, 1 the configuration is wrong, 2 the command line is wrong.
constexpr int kBadConfig = 1;
constexpr int kBadUsage = 2;

void SetLogLevels(const Options& options) {
  weir::base::SetAllLogLevels(options.log_level);
  for (const auto piece : absl::StrSplit(options.component_log_level, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(piece, ':');
    weir::base::LogLevel level;
    if (weir::base::ParseLogLevel(parts.second, level)) {
      weir::base::SetLogLevel(parts.first, level);
    }
  }
}

int Fail(const weir::config::Faults& faults) {
  std::fprintf(stderr, "%s\n", faults.ToString().c_str());
  return kBadConfig;
}

// Ports are bound, files of the bootstrap are read: the rest needs no rights.
bool RunAsAsked(const Options& options) {
  if (!options.account) {
    if (geteuid() == 0) WEIR_LOG(kWarning, "main", "runs as root; --user names somebody else");
    return true;
  }
  const absl::Status done = weir::server::RunAs(*options.account, options.dumps_core);
  if (!done.ok()) std::fprintf(stderr, "weir: --user: %s\n", std::string(done.message()).c_str());
  return done.ok();
}

int Run(const Options& options) {
  SetLogLevels(options);
  weir::server::HardenProcess(options.dumps_core);
  weir::server::ReportCrashes();
  weir::server::Signals::Block();
  weir::config::Faults faults(options.config_path.empty() ? "--config-yaml" : options.config_path);
  const auto bootstrap = weir::server::LoadBootstrap(options, faults);
  if (bootstrap == nullptr) return Fail(faults);
  weir::Extensions extensions;
  weir::server::Server server(options, extensions.registry(), extensions.log_writer(),
                              [&] { extensions.ReopenLogs(); });
  if (!server.Configure(*bootstrap, faults)) return Fail(faults);
  for (const auto& ignored : faults.ignored()) {
    WEIR_LOG(kWarning, "config", ignored.path, ": ", ignored.text);
  }
  if (options.mode == Options::Mode::kValidate) {
    std::printf("configuration '%s' OK\n", faults.file().c_str());
    return 0;
  }
  if (!RunAsAsked(options)) return kBadUsage;
  return server.Run();
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = weir::server::ParseOptions(std::vector<std::string>(argv + 1, argv + argc));
  if (!options.ok()) {
    std::fprintf(stderr, "weir: %s\n", std::string(options.status().message()).c_str());
    return kBadUsage;
  }
  if (options->wants_help) {
    std::fputs(weir::server::HelpText().c_str(), stdout);
    return 0;
  }
  if (options->wants_version) {
    std::printf("weir %s\n", weir::server::VersionText().c_str());
    return 0;
  }
  return Run(*options);
}
