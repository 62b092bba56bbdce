#include "source/control/control_options.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::control {
namespace {

absl::Status Bad(const std::string& flag, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", why));
}

// Whether `flag` is one without a value; then it is taken.
bool TakeSwitch(const std::string& flag, ControlOptions& options) {
  if (flag == "--version") return options.wants_version = true;
  if (flag == "--help" || flag == "-h") return options.wants_help = true;
  return false;
}

absl::Status TakeValue(const std::string& flag, const std::string& value, ControlOptions& options) {
  if (flag == "--directory") {
    options.directory = value;
  } else if (flag == "--listen") {
    if (value.find(':') == std::string::npos) return Bad(flag, "expected ADDRESS:PORT");
    options.listen = value;
  } else if (flag == "--log-level" || flag == "-l") {
    if (!base::ParseLogLevel(value, options.log_level)) {
      return Bad(flag, "expected trace, debug, info, warning, error, critical or off");
    }
  } else if (flag == "--mode") {
    if (value != "serve" && value != "validate") return Bad(flag, "expected serve or validate");
    options.mode =
        value == "serve" ? ControlOptions::Mode::kServe : ControlOptions::Mode::kValidate;
  } else {
    return Bad(flag, "no such option; see --help");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ControlOptions> ParseControlOptions(const std::vector<std::string>& arguments) {
  ControlOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string flag = arguments[i], value;
    if (TakeSwitch(flag, options)) continue;
    const size_t equals = flag.find('=');
    if (flag.rfind("--", 0) == 0 && equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    } else if (flag.rfind('-', 0) != 0) {
      return Bad(flag, "is not an option; see --help");
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (absl::Status status = TakeValue(flag, value, options); !status.ok()) return status;
  }
  if (options.directory.empty() && !options.wants_version && !options.wants_help) {
    return Bad("--directory", "is needed; see --help");
  }
  return options;
}

std::string ControlHelpText() {
  return R"(weir-control serves a folder of resource files over xDS (ADS, state of the world).

usage: weir-control --directory DIR [options]

  --directory DIR       *.yaml, *.yml and *.json in it are served, and again when they change.
                        A file has 'resources:' with "@type" each, or 'clusters:', 'endpoints:',
                        'listeners:' and 'routes:'.
  --listen ADDRESS:PORT default 127.0.0.1:18000; port 0 takes any free one
  --mode MODE           serve, or validate: say what is wrong with the files and exit
  -l, --log-level LEVEL trace, debug, info (default), warning, error, critical, off
  --version, --help
)";
}

}  // namespace weir::control
