// The command line: Envoy's flags, as far as Weir has what they set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/log.h"
#include "source/server/privileges.h"

namespace weir::server {

struct Options {
  enum class Mode : uint8_t { kServe, kValidate };

  std::string config_path;  // -c, --config-path
  std::string config_yaml;  // --config-yaml: laid over what -c says
  int concurrency = 0;      // --concurrency; 0: one worker a core this process may use
  Mode mode = Mode::kServe;
  base::LogLevel log_level = base::LogLevel::kInfo;  // -l, --log-level
  std::string component_log_level;                   // --component-log-level a:debug,b:trace
  std::string service_node, service_cluster;         // over the bootstrap's node
  std::string admin_grpc_address;                    // --admin-grpc-address; empty: none
  int64_t drain_time_s = 30;                         // --drain-time-s
  bool allow_unsupported = false;                    // --allow-unsupported
  std::string last_good_file;         // --last-good-file; empty: nothing is kept on disk
  bool last_good_secrets = false;     // --last-good-secrets: secrets are, too
  bool refuses_empty_sets = false;    // --refuse-empty-sets
  std::string hot_restart_path;       // --hot-restart-path; empty: the next process finds nothing
  bool disables_hot_restart = false;  // --disable-hot-restart, which is what happens without a path
  std::optional<Account> account;     // --user; none: stays who it is
  bool dumps_core = false;            // --enable-core-dump
  bool wants_version = false, wants_help = false;
};

// `arguments` without the program's name. The error is one line that names the argument.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);
// What --help prints.
std::string HelpText();

// The cores this process may run on, at least 1: affinity, and the cgroup's CPU quota.
int AvailableCores();

}  // namespace weir::server
