#include "source/balancing/address_index.h"

#include <algorithm>
#include <bit>

#include "absl/hash/hash.h"

namespace weir::balancing {
namespace {

constexpr uint32_t kFree = UINT32_MAX;

uint32_t SlotOf(const net::Address& address, uint32_t mask) {
  return static_cast<uint32_t>(absl::HashOf(address)) & mask;
}

}  // namespace

AddressIndex::AddressIndex(absl::Span<const HostPtr> hosts) {
  const auto slots = static_cast<uint32_t>(std::bit_ceil(hosts.size() * 2 + 1));
  mask_ = slots - 1;
  slots_ = std::make_unique<uint32_t[]>(slots);
  std::fill_n(slots_.get(), slots, kFree);
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    uint32_t slot = SlotOf(hosts[i]->address(), mask_);
    while (slots_[slot] != kFree) slot = (slot + 1) & mask_;
    slots_[slot] = i;
  }
}

std::optional<uint32_t> AddressIndex::Find(absl::Span<const HostPtr> hosts,
                                           const net::Address& address) const {
  for (uint32_t slot = SlotOf(address, mask_); slots_[slot] != kFree; slot = (slot + 1) & mask_) {
    if (hosts[slots_[slot]]->address() == address) return slots_[slot];
  }
  return std::nullopt;
}

}  // namespace weir::balancing
