// What a policy by hash works out about a group: which host a key belongs to. Immutable, shared by
// all workers.
#pragma once

#include <cstdint>

#include "source/balancing/pick_table.h"

namespace weir::balancing {

class HashTable : public PickTable {
 public:
  // The index, in the group, of the host that `hash` belongs to. `attempt` > 0: of one to take
  // instead, perhaps the same again.
  virtual uint32_t Find(uint64_t hash, uint32_t attempt) const = 0;
};

}  // namespace weir::balancing
