// Maglev's table: a prime number of places, which the hosts fill in turns, each in an order of its
// own that its key decides. A key belongs to the host at its hash modulo the size. Spread more
// evenly than a ring; when a host leaves, a few keys of others move too.
//
// The table is that of Envoy. 2 bytes a place for up to 65,535 hosts, else 4.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/hash_key.h"
#include "source/balancing/hash_table.h"

namespace weir::balancing {

class MaglevTable final : public HashTable {
 public:
  // At least one host, sorted by key; `size` is prime. Main thread; O(size × log(size)).
  MaglevTable(absl::Span<const HashedHost> hosts, uint32_t size);

  uint32_t Find(uint64_t hash, uint32_t attempt) const override;

 private:
  const uint32_t size_;
  std::vector<uint16_t> narrow_;  // empty: there are too many hosts
  std::vector<uint32_t> wide_;
};

}  // namespace weir::balancing
