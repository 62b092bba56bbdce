#include "source/xds/client_node.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "source/base/version.h"

namespace weir::xds {
namespace {

using envoy::config::core::v3::Node;

// Well-known names: https://www.envoyproxy.io/docs/envoy/latest/api/client_features.
constexpr const char* kFeatures[] = {
    "xds.config.supports-resource-ttl",
    "xds.config.resource-in-sotw",
};

void SetBuildVersion(Node& node) {
  const std::vector<std::string> parts = absl::StrSplit(base::kVersion, '.');
  uint32_t numbers[3] = {};
  for (size_t i = 0; i < std::min<size_t>(parts.size(), 3); ++i) {
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) numbers[i] = 0;
  }
  auto& version = *node.mutable_user_agent_build_version()->mutable_version();
  version.set_major_number(numbers[0]);
  version.set_minor_number(numbers[1]);
  version.set_patch(numbers[2]);
}

}  // namespace

Node ClientNode(Node configured) {
  configured.set_user_agent_name("weir");
  SetBuildVersion(configured);
  auto& features = *configured.mutable_client_features();
  for (const char* feature : kFeatures) {
    if (std::find(features.begin(), features.end(), feature) == features.end()) {
      *features.Add() = feature;
    }
  }
  return configured;
}

}  // namespace weir::xds
