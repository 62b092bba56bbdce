// The command line of weir-control.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/log.h"

namespace weir::control {

struct ControlOptions {
  enum class Mode : unsigned char { kServe, kValidate };

  std::string directory;                             // --directory
  std::string listen = "127.0.0.1:18000";            // --listen; port 0: any free one
  Mode mode = Mode::kServe;                          // --mode serve|validate
  base::LogLevel log_level = base::LogLevel::kInfo;  // -l, --log-level
  bool wants_version = false, wants_help = false;
};

// `arguments` without the program's name. The error is one line that names the argument.
absl::StatusOr<ControlOptions> ParseControlOptions(const std::vector<std::string>& arguments);
// What --help prints.
std::string ControlHelpText();

}  // namespace weir::control
