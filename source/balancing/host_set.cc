#include "source/balancing/host_set.h"

#include <algorithm>

#include "source/balancing/address_index.h"
#include "source/balancing/spare_priorities.h"

namespace weir::balancing {

absl::Span<const HostGroup> HostGroup::parts() const {
  if (parts_ == nullptr) return {};
  return {parts_->groups.get(), part_count_};
}

HostSet::Rare::Rare() = default;
HostSet::Rare::~Rare() = default;

HostSet::HostSet() = default;
HostSet::~HostSet() { delete index_.load(std::memory_order_relaxed); }

const HostPtr* HostSet::Find(const net::Address& address) const {
  constexpr size_t kFewHosts = 16;
  if (hosts_.size() <= kFewHosts) {
    const auto is_it = [&](const HostPtr& host) { return host->address() == address; };
    const auto found = std::find_if(hosts_.begin(), hosts_.end(), is_it);
    return found == hosts_.end() ? nullptr : &*found;
  }
  const AddressIndex* index = index_.load(std::memory_order_acquire);
  if (index == nullptr) {
    auto made = std::make_unique<const AddressIndex>(hosts_);
    // Two threads may make it at once; one of them wins.
    if (index_.compare_exchange_strong(index, made.get(), std::memory_order_acq_rel)) {
      index = made.release();
    }
  }
  const auto place = index->Find(hosts_, address);
  return place.has_value() ? &hosts_[*place] : nullptr;
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
  if (rare_ == nullptr) return {};
  return rare_->locality_weights;
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
