#include "source/server/options.h"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "source/base/strings.h"
#include "source/base/thread.h"
#include "source/net/address.h"

namespace weir::server {

namespace {

// Stores a flag's value; the error says what is allowed.
using Store = std::function<absl::Status(const std::string& value, Options& options)>;

Store Text(std::string Options::*field) {
  return [field](const std::string& value, Options& options) {
    options.*field = value;
    return absl::OkStatus();
  };
}

template <class Number>
Store Integer(Number Options::*field, int64_t least, int64_t most) {
  return [=](const std::string& value, Options& options) -> absl::Status {
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < least || number > most) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", value, "\" is no number from ", least, " to ", most));
    }
    options.*field = static_cast<Number>(number);
    return absl::OkStatus();
  };
}

absl::Status StoreLogLevel(const std::string& value, Options& options) {
  if (base::ParseLogLevel(value, options.log_level)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", value, "\" is none of trace, debug, info, warning, error, critical, off"));
}

absl::Status StoreMode(const std::string& value, Options& options) {
  if (value == "serve") {
    options.mode = Options::Mode::kServe;
  } else if (value == "validate") {
    options.mode = Options::Mode::kValidate;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is none of serve, validate"));
  }
  return absl::OkStatus();
}

absl::Status StoreAdminGrpcAddress(const std::string& value, Options& options) {
  if (!net::Address::ParseIpPort(value).ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", value,
        "\" is no IP address with a port, as 127.0.0.1:9902, [::1]:9902, or 0 for any port"));
  }
  options.admin_grpc_address = value;
  return absl::OkStatus();
}

absl::Status StoreUser(const std::string& value, Options& options) {
  auto account = FindAccount(value);
  if (!account.ok()) return account.status();
  options.account = *std::move(account);
  return absl::OkStatus();
}

absl::Status StoreComponents(const std::string& value, Options& options) {
  for (const auto piece : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(piece, absl::MaxSplits(':', 1));
    base::LogLevel level;
    if (!base::ParseLogLevel(parts.second, level)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", std::string(piece), "\" is not COMPONENT:LEVEL"));
    }
  }
  options.component_log_level = value;
  return absl::OkStatus();
}

const std::map<std::string, Store>& FlagsWithValue() {
  static const auto* flags = new std::map<std::string, Store>{
      {"--config-path", Text(&Options::config_path)},
      {"--config-yaml", Text(&Options::config_yaml)},
      {"--concurrency", Integer(&Options::concurrency, 1, base::kMaxThreads - 1)},
      {"--mode", StoreMode},
      {"--log-level", StoreLogLevel},
      {"--component-log-level", StoreComponents},
      {"--service-node", Text(&Options::service_node)},
      {"--service-cluster", Text(&Options::service_cluster)},
      {"--admin-grpc-address", StoreAdminGrpcAddress},
      {"--drain-time-s", Integer(&Options::drain_time_s, 0, 86'400)},
      {"--last-good-file", Text(&Options::last_good_file)},
      {"--hot-restart-path", Text(&Options::hot_restart_path)},
      {"--user", StoreUser},
  };
  return *flags;
}

const std::map<std::string, bool Options::*>& Switches() {
  static const auto* switches = new std::map<std::string, bool Options::*>{
      {"--allow-unsupported", &Options::allow_unsupported},
      {"--last-good-secrets", &Options::last_good_secrets},
      {"--refuse-empty-sets", &Options::refuses_empty_sets},
      {"--disable-hot-restart", &Options::disables_hot_restart},
      {"--enable-core-dump", &Options::dumps_core},
      {"--version", &Options::wants_version},
      {"--help", &Options::wants_help},
  };
  return *switches;
}

std::string LongName(const std::string& flag) {
  if (flag == "-c") return "--config-path";
  if (flag == "-l") return "--log-level";
  if (flag == "-h") return "--help";
  return flag;
}

absl::Status CheckWhole(const Options& options) {
  if (options.wants_version || options.wants_help) return absl::OkStatus();
  if (options.config_path.empty() && options.config_yaml.empty()) {
    return absl::InvalidArgumentError(
        "there is no configuration: -c FILE or --config-yaml TEXT is needed");
  }
  if (options.last_good_secrets && options.last_good_file.empty()) {
    return absl::InvalidArgumentError("--last-good-secrets needs --last-good-file PATH");
  }
  if (options.disables_hot_restart && !options.hot_restart_path.empty()) {
    return absl::InvalidArgumentError("--disable-hot-restart contradicts --hot-restart-path");
  }
  return absl::OkStatus();
}

// CPUs the cgroup grants, rounded up; 0 when it sets no quota.
int CgroupCores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || period <= 0) return 0;
  return static_cast<int>((quota + period - 1) / period);
}

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string flag = arguments[i], value;
    const size_t equals = flag.find('=');
    const bool has_value = absl::StartsWith(flag, "--") && equals != std::string::npos;
    if (has_value) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    }
    flag = LongName(flag);
    if (const auto found = Switches().find(flag); found != Switches().end() && !has_value) {
      options.*found->second = true;
      continue;
    }
    const auto found = FlagsWithValue().find(flag);
    if (found == FlagsWithValue().end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown argument \"", arguments[i], "\"; --help lists what there is"));
    }
    if (!has_value) {
      if (i + 1 == arguments.size()) {
        return absl::InvalidArgumentError(absl::StrCat(flag, " needs a value"));
      }
      value = arguments[++i];
    }
    const absl::Status stored = found->second(value, options);
    if (!stored.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", stored.message()));
    }
  }
  const absl::Status whole = CheckWhole(options);
  if (!whole.ok()) return whole;
  return options;
}

std::string HelpText() {
  return "usage: weir -c FILE [options]\n"
         "  -c, --config-path FILE      bootstrap in YAML or JSON\n"
         "  --config-yaml TEXT          more of it, laid over the file's\n"
         "  --concurrency N             worker threads (default: one a core)\n"
         "  --mode serve|validate       validate: say what is wrong with the bootstrap, and end\n"
         "  -l, --log-level LEVEL       trace debug info warning error critical off (info)\n"
         "  --component-log-level LIST  e.g. xds:debug,upstream:trace\n"
         "  --service-node ID           node.id, over the bootstrap's\n"
         "  --service-cluster NAME      node.cluster, over the bootstrap's\n"
         "  --admin-grpc-address HOST:PORT  serve client status (CSDS) there; an IP address\n"
         "  --drain-time-s N            how long SIGTERM lets connections finish (30)\n"
         "  --last-good-file PATH       keep what the control plane sends, and serve it when Weir\n"
         "                              starts without one\n"
         "  --last-good-secrets         keep secrets in it, too: private keys are on the disk "
         "then\n"
         "  --refuse-empty-sets         refuse a push that would remove all clusters or listeners\n"
         "  --hot-restart-path PATH     take over from the process that serves there, without "
         "losing\n"
         "                              a connection, and serve there for the next one\n"
         "  --disable-hot-restart       nothing: it is so without a path\n"
         "  --user USER[:GROUP]         who to run as once the bootstrap's ports are bound\n"
         "  --enable-core-dump          let a crash leave its memory behind, keys included\n"
         "  --allow-unsupported         accept fields of Envoy's API that are not implemented\n"
         "  --version                   print the version, and end\n";
}

int AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  if (const int granted = CgroupCores(); granted > 0) cores = std::min(cores, granted);
  return std::clamp(cores, 1, base::kMaxThreads - 1);
}

}  // namespace weir::server
