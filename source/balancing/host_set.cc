#include "source/balancing/host_set.h"

#include <algorithm>

namespace weir::balancing {

absl::Span<const HostGroup> HostGroup::parts() const {
  if (parts_ == nullptr) return {};
  return {parts_->groups.get(), part_count_};
}

absl::Span<const HostPtr> HostSet::hosts_of(uint32_t priority) const {
  if (priority >= ends_.size()) return {};
  const uint32_t begin = priority == 0 ? 0 : ends_[priority - 1];
  return absl::MakeConstSpan(hosts_).subspan(begin, ends_[priority] - begin);
}

uint32_t HostSet::PriorityOf(size_t host_index) const {
  return static_cast<uint32_t>(std::upper_bound(ends_.begin(), ends_.end(), host_index) -
                               ends_.begin());
}

absl::Span<const LocalityWeight> HostSet::locality_weights() const {
  if (locality_weights_ == nullptr) return {};
  return *locality_weights_;
}

const HostGroup* HostSet::ChooseOfSeveral(std::optional<uint64_t> hash,
                                          base::Random& random) const {
  if (group_count_ == 0) return nullptr;
  auto point = static_cast<uint32_t>(hash.has_value() ? *hash % 100 : random.Below(100));
  for (const HostGroup& group : groups()) {
    if (point < group.load_percent()) return &group;
    point -= group.load_percent();
  }
  return &groups().back();
}

}  // namespace weir::balancing
