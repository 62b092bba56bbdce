#include "source/control/control_options.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/strings.h"

namespace weir::control {
namespace {

using Mode = ControlOptions::Mode;

absl::Status Bad(const std::string& flag, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", why));
}

bool IsAddress(const std::string& text) { return text.find(':') != std::string::npos; }

// Whether `flag` is one without a value; then it is taken.
bool TakeSwitch(const std::string& flag, ControlOptions& options) {
  if (flag == "--version") return options.wants_version = true;
  if (flag == "--help" || flag == "-h") return options.wants_help = true;
  if (flag == "--json" && options.mode == Mode::kStatus) return options.wants_json = true;
  return false;
}

absl::Status TakeStatusValue(const std::string& flag, const std::string& value,
                             ControlOptions& options) {
  if (flag != "--timeout") return Bad(flag, "no such option of status; see --help");
  const auto seconds = base::ParseInteger<int64_t>(value);
  if (!seconds || *seconds < 1 || *seconds > 3600) {
    return Bad(flag, "expected seconds, from 1 to 3600");
  }
  options.timeout_s = *seconds;
  return absl::OkStatus();
}

absl::Status TakeServeValue(const std::string& flag, const std::string& value,
                            ControlOptions& options) {
  if (flag == "--directory") {
    options.directory = value;
  } else if (flag == "--listen") {
    if (!IsAddress(value)) return Bad(flag, "expected ADDRESS:PORT");
    options.listen = value;
  } else if (flag == "--mode") {
    if (value != "serve" && value != "validate") return Bad(flag, "expected serve or validate");
    options.mode = value == "serve" ? Mode::kServe : Mode::kValidate;
  } else {
    return Bad(flag, "no such option; see --help");
  }
  return absl::OkStatus();
}

absl::Status TakeValue(const std::string& flag, const std::string& value, ControlOptions& options) {
  if (flag == "--log-level" || flag == "-l") {
    if (base::ParseLogLevel(value, options.log_level)) return absl::OkStatus();
    return Bad(flag, "expected trace, debug, info, warning, error, critical or off");
  }
  return options.mode == Mode::kStatus ? TakeStatusValue(flag, value, options)
                                       : TakeServeValue(flag, value, options);
}

// What is no option: the proxy to ask.
absl::Status TakeArgument(const std::string& argument, ControlOptions& options) {
  if (options.mode != Mode::kStatus) return Bad(argument, "is not an option; see --help");
  if (!options.proxy.empty()) return Bad(argument, "one address is enough");
  if (!IsAddress(argument)) return Bad(argument, "expected ADDRESS:PORT");
  options.proxy = argument;
  return absl::OkStatus();
}

absl::Status CheckWhole(const ControlOptions& options) {
  if (options.wants_version || options.wants_help) return absl::OkStatus();
  if (options.mode == Mode::kStatus) {
    return options.proxy.empty() ? Bad("status", "ADDRESS:PORT of a proxy is needed; see --help")
                                 : absl::OkStatus();
  }
  return options.directory.empty() ? Bad("--directory", "is needed; see --help") : absl::OkStatus();
}

}  // namespace

absl::StatusOr<ControlOptions> ParseControlOptions(const std::vector<std::string>& arguments) {
  ControlOptions options;
  const bool is_status = !arguments.empty() && arguments[0] == "status";
  if (is_status) {
    options.mode = Mode::kStatus;
    options.log_level = base::LogLevel::kError;  // what gRPC tells of its tries is no answer
  }
  for (size_t i = is_status ? 1 : 0; i < arguments.size(); ++i) {
    std::string flag = arguments[i], value;
    if (TakeSwitch(flag, options)) continue;
    const size_t equals = flag.find('=');
    if (flag.rfind("--", 0) == 0 && equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    } else if (flag.rfind('-', 0) != 0) {
      if (absl::Status status = TakeArgument(flag, options); !status.ok()) return status;
      continue;
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (absl::Status status = TakeValue(flag, value, options); !status.ok()) return status;
  }
  if (absl::Status status = CheckWhole(options); !status.ok()) return status;
  return options;
}

std::string ControlHelpText() {
  return R"(weir-control serves a folder of resource files over xDS v3: aggregated or a stream a type,
state of the world or delta.

usage: weir-control --directory DIR [options]
       weir-control status ADDRESS:PORT [--json] [--timeout SECONDS]

  --directory DIR       *.yaml, *.yml and *.json in it are served, and again when they change.
                        A file has 'resources:' with "@type" each, or 'clusters:', 'endpoints:',
                        'listeners:', 'routes:' and 'secrets:'.
  --listen ADDRESS:PORT default 127.0.0.1:18000; port 0 takes any free one
  --mode MODE           serve, or validate: say what is wrong with the files and exit
  -l, --log-level LEVEL trace, debug, info (default), warning, error, critical, off
  --version, --help

  status                asks a proxy (weir --admin-grpc-address) what became of its resources
  --json                everything it says, with the resources, as JSON; default: a table
  --timeout SECONDS     how long to wait for the answer, default 10
                        exit code: 0 fine, 1 no answer, 3 it refused a resource (NACKED)
)";
}

}  // namespace weir::control
