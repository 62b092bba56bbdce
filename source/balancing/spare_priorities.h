// Where a retry goes that is to avoid the priorities which its request has tried: traffic is shared
// as if those had no host (envoy.extensions.retry.priority.previous_priorities). A set of several
// priorities has one of these, with groups of the priorities that take no traffic otherwise.
// Immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "source/balancing/host_set.h"
#include "source/balancing/pick_context.h"
#include "source/balancing/priority_load.h"
#include "source/base/random.h"

namespace weir::balancing {

class SparePriorities {
 public:
  struct Sharing {
    std::vector<PriorityHealth> health;  // by priority
    uint32_t overprovisioning_percent = 140;
    double panic_percent = 50;
  };

  // `groups`: of priorities that `set` has no group of.
  SparePriorities(Sharing sharing, std::unique_ptr<HostGroup[]> groups, uint32_t group_count)
      : sharing_(std::move(sharing)), groups_(std::move(groups)), group_count_(group_count) {}

  // Null: nothing is to be avoided, or everything would be.
  const HostGroup* Choose(const HostSet& set, const PickContext& context,
                          base::Random& random) const;

 private:
  using Shares = std::vector<PriorityShare>;

  // Of traffic, beside the priorities that were tried; empty: as always.
  Shares SharesFor(const HostSet& set, const PickContext& context) const;
  const HostGroup* GroupOf(const HostSet& set, const PriorityShare& share) const;

  const Sharing sharing_;
  const std::unique_ptr<HostGroup[]> groups_;
  const uint32_t group_count_;
};

}  // namespace weir::balancing
