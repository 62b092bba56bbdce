#include "source/balancing/least_request_balancer.h"

#include <algorithm>

#include "source/balancing/random_balancer.h"

namespace weir::balancing {
namespace {

// a carries less than b: requests / weight, without the division.
bool IsLessBusy(const Host& a, const Host& b) {
  const uint64_t a_load = a.active_requests.load(std::memory_order_relaxed);
  const uint64_t b_load = b.active_requests.load(std::memory_order_relaxed);
  return a_load * b.weight() < b_load * a.weight();
}

}  // namespace

uint32_t LeastRequestBalancer::Pick(const HostGroup& group, const PickContext& context,
                                    base::Random& random) const {
  if (group.size() == 1) return 0;
  const absl::Span<const HostPtr> hosts = group.hosts();
  const uint32_t first = DrawHost(group, random);
  uint32_t best = first;
  // More draws than hosts find nothing new.
  const uint32_t draws = std::min(choice_count_, group.size());
  for (uint32_t i = 1; i < draws; ++i) {
    const uint32_t other = DrawOther(group, first, random);
    if (IsLessBusy(*hosts[other], *hosts[best])) best = other;
  }
  return best;
}

// Drawing the same host twice would be no choice; among equals that is easy to avoid.
uint32_t LeastRequestBalancer::DrawOther(const HostGroup& group, uint32_t first,
                                         base::Random& random) const {
  if (group.weights() != nullptr) return DrawHost(group, random);
  const uint32_t step = 1 + static_cast<uint32_t>(random.Below(group.size() - 1));
  const uint32_t other = first + step;
  return other < group.size() ? other : other - group.size();
}

}  // namespace weir::balancing
