// What a policy has worked out about one group of hosts: a ring, a table. Immutable, of the group.
#pragma once

namespace weir::balancing {

class PickTable {
 public:
  virtual ~PickTable() = default;
};

}  // namespace weir::balancing
