// The structured form of resource names (https://github.com/cncf/xds, TP1), taken apart so that a
// name of that form can be refused with a reason; nothing resolves authorities. Pure; no thread.
//
//   xdstp://AUTHORITY/TYPE/ID?KEY=VALUE&…#DIRECTIVE,…
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::xds {

struct XdstpName {
  std::string authority;  // may be empty
  std::string type;       // "envoy.config.cluster.v3.Cluster"
  std::string id;         // with its slashes
  std::map<std::string, std::string> parameters;
  std::string directives;
};

// Whether a name claims to be of that form.
bool IsXdstpName(std::string_view name);
// Percent-encoding is decoded. An error says what is wrong with it.
absl::StatusOr<XdstpName> ParseXdstpName(std::string_view name);

}  // namespace weir::xds
