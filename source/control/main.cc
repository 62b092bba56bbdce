// weir-control: serves a folder of resource files to Weir and Envoy over xDS.
#include <cstdio>
#include <string>
#include <vector>

#include "source/base/log.h"
#include "source/base/thread.h"
#include "source/base/version.h"
#include "source/control/control_options.h"
#include "source/control/control_plane.h"
#include "source/control/stop_signals.h"
#include "source/event/loop.h"

namespace {

using weir::control::ControlOptions;

// Exit codes: 0 fine, 1 the files or the machine are at fault, 2 the command line is wrong.
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

int Validate(const ControlOptions& options) {
  if (weir::control::LoadFolder(options.directory, nullptr) == nullptr) return kFailed;
  std::printf("resources in '%s' OK\n", options.directory.c_str());
  return 0;
}

int Serve(const ControlOptions& options) {
  weir::control::StopSignals::Block();
  weir::event::Loop loop("main", weir::base::kMainThread);
  weir::control::StopSignals signals(loop, [&] { loop.Stop(); });
  weir::control::ControlPlane control(loop, options);
  if (absl::Status status = control.Start(); !status.ok()) {
    std::fprintf(stderr, "weir-control: %s\n", std::string(status.message()).c_str());
    return kFailed;
  }
  std::printf("listening on %s\n", control.address().c_str());
  std::fflush(stdout);
  loop.Run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options =
      weir::control::ParseControlOptions(std::vector<std::string>(argv + 1, argv + argc));
  if (!options.ok()) {
    std::fprintf(stderr, "weir-control: %s\n", std::string(options.status().message()).c_str());
    return kBadUsage;
  }
  if (options->wants_help) {
    std::fputs(weir::control::ControlHelpText().c_str(), stdout);
    return 0;
  }
  if (options->wants_version) {
    std::printf("weir-control %s\n", weir::base::kVersion);
    return 0;
  }
  weir::base::SetAllLogLevels(options->log_level);
  return options->mode == ControlOptions::Mode::kValidate ? Validate(*options) : Serve(*options);
}
