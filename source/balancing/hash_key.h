// Under which name a host takes part in hashing: the place of a key must not depend on the order of
// the hosts, nor on the proxy. Main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/host.h"

namespace weir::balancing {

// One host among those that a table is made of.
struct HashedHost {
  std::string key;
  uint32_t index = 0;  // in the group
  uint32_t weight = 1;
};

// Metadata "hash_key" under "envoy.lb" where it is a text, else the hostname where that is wanted
// and there is one, else the address.
std::string HashKeyOf(const Host& host, bool by_hostname);

// Sorted by key. `weights` are in the order of `hosts`.
std::vector<HashedHost> HashedHosts(absl::Span<const HostPtr> hosts,
                                    absl::Span<const uint32_t> weights, bool by_hostname);

}  // namespace weir::balancing
