// Finds one of many hosts by its address. Immutable; holds places, not hosts: 8 to 16 bytes a host.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/types/span.h"
#include "source/balancing/host.h"

namespace weir::balancing {

class AddressIndex {
 public:
  // The same hosts must be given to Find.
  explicit AddressIndex(absl::Span<const HostPtr> hosts);

  // The place of the host at `address`.
  std::optional<uint32_t> Find(absl::Span<const HostPtr> hosts, const net::Address& address) const;

 private:
  uint32_t mask_ = 0;
  std::unique_ptr<uint32_t[]> slots_;  // open addressing; a power of two, at most half full
};

}  // namespace weir::balancing
