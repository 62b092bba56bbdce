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
  std::shared_ptr<const HostMetadata> metadata;  // null: none
  uint32_t weight = 1;
  uint32_t priority = 0;
  EdsHealth health = EdsHealth::kHealthy;
};

// The share of a locality among those of its priority. One that has none gets no requests where
// localities are balanced by weight.
struct LocalityWeight {
  uint32_t priority = 0;
  std::shared_ptr<const Locality> locality;
  uint32_t weight = 0;

  friend bool operator==(const LocalityWeight& a, const LocalityWeight& b) {
    return a.priority == b.priority && a.weight == b.weight && *a.locality == *b.locality;
  }
};

// envoy.config.endpoint.v3.ClusterLoadAssignment.
struct Assignment {
  std::vector<EndpointConfig> endpoints;
  std::vector<LocalityWeight> locality_weights;  // those that were given
  uint32_t overprovisioning_percent = 140;
  bool weighs_priority_health = false;  // a priority's health is that of its weights
  float drop_fraction = 0;              // of the requests, which are refused; drop_overloads
};

}  // namespace weir::balancing
