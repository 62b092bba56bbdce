// What the connections of one pool have in common, and what tells one pool of a worker and a
// priority from another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "source/balancing/host.h"
#include "source/upstream/http_config.h"

namespace weir::upstream {

struct PoolKey {
  const balancing::Host* host = nullptr;
  HttpProtocol protocol = HttpProtocol::kHttp1;  // never kByDownstream
  // The requests' host, for SNI and the certificate; empty where the cluster takes none from them.
  std::string_view name;

  friend bool operator==(const PoolKey& a, const PoolKey& b) {
    return a.host == b.host && a.protocol == b.protocol && a.name == b.name;
  }
};

// Costs no more than that of the host where there is no name.
inline size_t HashOf(const PoolKey& key) {
  // Addresses differ in their middle bits.
  uint64_t hash = (reinterpret_cast<uintptr_t>(key.host) + static_cast<uint64_t>(key.protocol)) *
                  0x9e37'79b9'7f4a'7c15;
  hash ^= hash >> 32;
  if (!key.name.empty()) hash ^= std::hash<std::string_view>()(key.name);
  return hash;
}

}  // namespace weir::upstream
