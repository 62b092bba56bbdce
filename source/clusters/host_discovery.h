// Where the hosts of a definition come from, if not from its configuration or a control plane:
// names that are looked up, or requests. Owned by the definition. Main thread.
#pragma once

#include "absl/status/status.h"

namespace weir::clusters {

class HostDiscovery {
 public:
  virtual ~HostDiscovery() = default;
  // Before Start: what may fail.
  virtual absl::Status Prepare() = 0;
  virtual void Start() = 0;
};

}  // namespace weir::clusters
