// envoy.config.endpoint.v3.ClusterLoadAssignment → Assignment, and addresses on the way. Adds
// every fault with its path relative to the message. Main thread.
#pragma once

#include <memory>
#include <optional>

#include "source/balancing/endpoint_config.h"
#include "source/config/faults.h"

namespace envoy::config::core::v3 {
class Address;
class BindConfig;
class SocketAddress;
}  // namespace envoy::config::core::v3
namespace envoy::config::endpoint::v3 {
class ClusterLoadAssignment;
class Endpoint;
}  // namespace envoy::config::endpoint::v3

namespace weir::clusters {

// May an endpoint be given by a name that has to be looked up?
enum class EndpointNames { kRefused, kAllowed };

// Empty when faults were added.
std::optional<balancing::Assignment> ParseAssignment(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& proto, EndpointNames names,
    config::Faults& faults);

// How active checks of an endpoint differ from its cluster's; null: they do not. Adds faults under
// "health_check_config".
std::shared_ptr<const balancing::HostCheck> ParseHostCheck(
    const envoy::config::endpoint::v3::Endpoint& proto, config::Faults& faults);

// The local end of connections; unset: the kernel chooses.
net::Address ParseSourceAddress(const envoy::config::core::v3::BindConfig& proto,
                                std::string_view field, config::Faults& faults);
// A literal address and its port; unset when a fault was added under `field`.
net::Address ParseSocketAddress(const envoy::config::core::v3::SocketAddress& proto,
                                std::string_view field, config::Faults& faults);
// As above, or a pipe.
net::Address ParseAddress(const envoy::config::core::v3::Address& proto, std::string_view field,
                          config::Faults& faults);

}  // namespace weir::clusters
