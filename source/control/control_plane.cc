#include "source/control/control_plane.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"

namespace weir::control {
namespace {

void Print(const std::vector<std::string>& lines, const char* prefix) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s%s\n", prefix, line.c_str());
}

}  // namespace

std::shared_ptr<const Snapshot> LoadFolder(const std::string& directory, const Snapshot* previous) {
  absl::StatusOr<std::vector<SourceFile>> files = ReadFolder(directory);
  if (!files.ok()) {
    Print({std::string(files.status().message())}, "");
    return nullptr;
  }
  BuildResult result = BuildSnapshot(*files, previous);
  Print(result.faults, "");
  Print(result.warnings, "warning: ");
  return std::move(result.snapshot);
}

ControlPlane::ControlPlane(event::Loop& loop, const ControlOptions& options)
    : loop_(loop),
      options_(options),
      folder_(loop, options.directory, [this] { Reload(); }),
      service_(loop) {}

absl::Status ControlPlane::Start() {
  // Watched before it is read, so that no change falls in between.
  if (absl::Status status = folder_.Watch(); !status.ok()) return status;
  Reload();
  auto server = rpc::Server::Start(loop_, options_.listen,
                                   [this](auto stream) { service_.OnStream(std::move(stream)); });
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

void ControlPlane::Reload() {
  std::shared_ptr<const Snapshot> next = LoadFolder(options_.directory, snapshot_.get());
  if (next == nullptr) {
    WEIR_LOG(
        kError, "control", options_.directory, " has faults: ",
        snapshot_ == nullptr ? "clients wait until it has none" : "what was served before stays");
    return;
  }
  const std::string change = DescribeChange(snapshot_.get(), *next);
  const bool is_first = snapshot_ == nullptr;
  if (change.empty() && !is_first) {
    WEIR_LOG(kDebug, "control", options_.directory, " was written without a change");
    return;
  }
  WEIR_LOG(kInfo, "control", "serving ", options_.directory, ": ",
           change.empty() ? "nothing is in it" : change);
  snapshot_ = std::move(next);
  service_.Publish(snapshot_);
}

}  // namespace weir::control
