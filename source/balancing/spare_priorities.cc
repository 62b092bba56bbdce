#include "source/balancing/spare_priorities.h"

#include <algorithm>

namespace weir::balancing {
namespace {

bool IsAnyUsable(const std::vector<PriorityHealth>& priorities) {
  return std::any_of(priorities.begin(), priorities.end(), [](const PriorityHealth& priority) {
    return priority.healthy + priority.degraded > 0;
  });
}

}  // namespace

const HostGroup* SparePriorities::Choose(const HostSet& set, const PickContext& context,
                                         base::Random& random) const {
  const Shares shares = SharesFor(set, context);
  if (shares.empty()) return nullptr;
  auto point =
      static_cast<uint32_t>(context.hash.has_value() ? *context.hash % 100 : random.Below(100));
  for (const PriorityShare& share : shares) {
    if (point < share.percent) return GroupOf(set, share);
    point -= share.percent;
  }
  return GroupOf(set, shares.back());
}

SparePriorities::Shares SparePriorities::SharesFor(const HostSet& set,
                                                   const PickContext& context) const {
  const int every = context.avoid_priorities_every;
  std::vector<PriorityHealth> left = sharing_.health;
  for (int i = 0; i < context.tried_count / every * every; ++i) {
    // One that has left the set belongs to no priority any more.
    const HostPtr* const host = set.Find(context.tried[i]->address());
    if (host != nullptr) left[set.PriorityOf(host - set.hosts().data())] = PriorityHealth();
    if ((i + 1) % every != 0) continue;
    if (!IsAnyUsable(left)) left = sharing_.health;  // all were tried: from the beginning
  }
  if (context.tried_count < every) return {};
  return ShareTraffic(left, sharing_.overprovisioning_percent, sharing_.panic_percent);
}

// A priority of which only a part serves may have another kind of group than is asked for.
const HostGroup* SparePriorities::GroupOf(const HostSet& set, const PriorityShare& share) const {
  const HostGroup* found = nullptr;
  for (const absl::Span<const HostGroup> groups :
       {set.groups(), absl::Span<const HostGroup>(groups_.get(), group_count_)}) {
    for (const HostGroup& group : groups) {
      if (group.priority() != share.priority) continue;
      if (found == nullptr || group.kind() == share.kind) found = &group;
    }
  }
  return found;
}

}  // namespace weir::balancing
