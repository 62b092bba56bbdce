// envoy.config.core.v3.Address → net::Address, for what this process listens on.
#pragma once

#include <optional>

#include "source/config/faults.h"
#include "source/net/address.h"

namespace envoy::config::core::v3 {
class Address;
}

namespace weir::server {

// Nothing exactly when faults were added. `v4_mapped`: an IPv6 socket takes IPv4 connections too.
std::optional<net::Address> ParseListenAddress(const envoy::config::core::v3::Address& proto,
                                               config::Faults& faults, bool& v4_mapped);

}  // namespace weir::server
