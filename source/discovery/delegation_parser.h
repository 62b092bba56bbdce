// envoy.service.health.v3.ClusterHealthCheck → whom to ask whether they are well, and how. Adds
// every fault with its path relative to the message. Main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/balancing/host.h"
#include "source/config/faults.h"
#include "source/health/check_config.h"
#include "source/net/address.h"

namespace envoy::service::health::v3 {
class ClusterHealthCheck;
}

namespace weir::discovery {

struct Delegation {
  struct Endpoint {
    net::Address address;
    std::shared_ptr<const balancing::HostDetails> details;
  };

  std::string name;
  std::vector<std::shared_ptr<const health::HealthCheckConfig>> checks;  // one at least
  std::vector<Endpoint> endpoints;  // of all localities, in the message's order
  net::Address source_address;      // of the checks' connections; unset: the kernel chooses
};

// Empty when faults were added.
std::optional<Delegation> ParseDelegation(
    const envoy::service::health::v3::ClusterHealthCheck& proto, config::Faults& faults);

}  // namespace weir::discovery
