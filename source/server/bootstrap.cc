#include "source/server/bootstrap.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/version.h"
#include "source/config/load.h"

namespace weir::server {

namespace {

using envoy::config::bootstrap::v3::Bootstrap;

using base::kVersion;

bool ReadFile(const std::string& path, std::string& text, config::Faults& faults) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  // Opening a folder succeeds, reading it does not.
  if (file && !std::filesystem::is_directory(path)) {
    all << file.rdbuf();
  } else {
    faults.Add("", absl::StrCat("cannot be read: ", std::strerror(file ? EISDIR : errno)));
    return false;
  }
  text = all.str();
  return true;
}

void SetNode(const Options& options, Bootstrap& bootstrap) {
  auto& node = *bootstrap.mutable_node();
  if (!options.service_node.empty()) node.set_id(options.service_node);
  if (!options.service_cluster.empty()) node.set_cluster(options.service_cluster);
  node.set_user_agent_name("weir");
  node.set_user_agent_version(kVersion);
}

}  // namespace

std::string VersionText() { return kVersion; }

std::unique_ptr<Bootstrap> LoadBootstrap(const Options& options, config::Faults& faults) {
  auto bootstrap = std::make_unique<Bootstrap>();
  const config::LoadOptions load{options.allow_unsupported};
  if (!options.config_path.empty()) {
    std::string text;
    if (!ReadFile(options.config_path, text, faults)) return nullptr;
    const bool is_good = config::LoadText(text, *bootstrap, faults, load);
    // An overlay may repair what is missing, but not what is wrong.
    if (!is_good && !options.config_yaml.empty()) return nullptr;
  }
  if (!options.config_yaml.empty()) {
    config::MergeText(options.config_yaml, *bootstrap, faults,
                      {options.allow_unsupported, "--config-yaml"});
  }
  SetNode(options, *bootstrap);
  return bootstrap;
}

}  // namespace weir::server
