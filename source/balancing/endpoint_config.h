// The endpoints of one cluster as configuration or a lookup gives them, before they become hosts.
// Plain data of the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/balancing/host.h"
#include "source/net/address.h"

namespace weir::balancing {

struct EndpointConfig {
  net::Address address;  // unset when `dns_name` has to be looked up
  std::string dns_name;
  uint16_t dns_port = 0;
  std::shared_ptr<const HostDetails> details;
  uint32_t weight = 1;
  uint32_t priority = 0;
  EdsHealth health = EdsHealth::kHealthy;
};

// envoy.config.endpoint.v3.ClusterLoadAssignment.
struct Assignment {
  std::vector<EndpointConfig> endpoints;
  uint32_t overprovisioning_percent = 140;
};

}  // namespace weir::balancing
