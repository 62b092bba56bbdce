// weir-control: serves a folder of resource files to Weir and Envoy over xDS, and asks a proxy what
// became of them.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/log.h"
#include "source/base/thread.h"
#include "source/base/version.h"
#include "source/config/load.h"
#include "source/control/control_options.h"
#include "source/control/control_plane.h"
#include "source/control/known_messages.h"
#include "source/control/status_query.h"
#include "source/control/status_table.h"
#include "source/control/stop_signals.h"
#include "source/event/loop.h"

namespace {

using weir::control::ControlOptions;

// Exit codes: 0 fine, 1 the files, the machine or the peer are at fault, 2 the command line is
// wrong, 3 the proxy that was asked has refused something.
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kRefusal = 3;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir-control: %s\n", std::string(status.message()).c_str());
  return kFailed;
}

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
  if (absl::Status status = control.Start(); !status.ok()) return Fail(status);
  std::printf("listening on %s\n", control.address().c_str());
  std::fflush(stdout);
  loop.Run();
  return 0;
}

int Status(const ControlOptions& options) {
  using weir::control::StatusQuery;
  weir::control::LinkKnownMessages();
  weir::event::Loop loop("main", weir::base::kMainThread);
  absl::StatusOr<StatusQuery::Response> answer = absl::UnknownError("");
  StatusQuery query(loop, options.proxy, options.wants_json, options.timeout_s * 1000,
                    [&](absl::StatusOr<StatusQuery::Response> response) {
                      answer = std::move(response);
                      loop.Stop();
                    });
  loop.Run();
  if (!answer.ok()) return Fail(answer.status());
  const std::string text = options.wants_json ? weir::config::ToJson(*answer) + "\n"
                                              : weir::control::StatusTable(*answer);
  std::fputs(text.c_str(), stdout);
  return weir::control::HasRefusal(*answer) ? kRefusal : 0;
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
  switch (options->mode) {
    case ControlOptions::Mode::kServe:
      return Serve(*options);
    case ControlOptions::Mode::kValidate:
      return Validate(*options);
    case ControlOptions::Mode::kStatus:
      return Status(*options);
  }
  return kBadUsage;
}
