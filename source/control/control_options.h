// The command line of weir-control: serve a folder, or the command `status`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/log.h"

namespace weir::control {

struct ControlOptions {
  enum class Mode : unsigned char { kServe, kValidate, kStatus };

  std::string directory;                             // --directory
  std::string listen = "127.0.0.1:18000";            // --listen; port 0: any free one
  Mode mode = Mode::kServe;                          // --mode serve|validate
  base::LogLevel log_level = base::LogLevel::kInfo;  // -l, --log-level
  std::string proxy;                                 // status ADDRESS:PORT
  bool wants_json = false;                           // status --json
  int64_t timeout_s = 10;                            // status --timeout SECONDS
  bool wants_version = false, wants_help = false;
};

// `arguments` without the program's name. The error is one line that names the argument.
absl::StatusOr<ControlOptions> ParseControlOptions(const std::vector<std::string>& arguments);
// What --help prints.
std::string ControlHelpText();

}  // namespace weir::control
