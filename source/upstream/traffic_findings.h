// What requests find out about the health of a cluster's hosts, on its way to whoever draws the
// conclusions. Any thread. Tested by test/clusters/health_checks_test.cc.
#pragma once

#include "source/balancing/host.h"

namespace weir::upstream {

class TrafficFindings {
 public:
  virtual ~TrafficFindings() = default;
  // The host's answer to a request said that it is to be left alone
  // (x-envoy-immediate-health-check-fail).
  virtual void OnImmediateFailure(const balancing::HostPtr& host) = 0;
};

}  // namespace weir::upstream
