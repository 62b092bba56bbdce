#include "source/balancing/priority_load.h"

#include <algorithm>

namespace weir::balancing {
namespace {

uint32_t Capacity(uint64_t usable, uint64_t total, uint32_t overprovisioning_percent) {
  if (total == 0) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(100, overprovisioning_percent * usable / total));
}

// One pass over the healthy or over the degraded capacities.
void Distribute(const std::vector<uint32_t>& capacity, uint32_t sum, uint32_t& remaining,
                std::vector<uint32_t>& loads) {
  for (size_t i = 0; i < capacity.size(); ++i) {
    loads[i] = std::min(remaining, capacity[i] * 100 / sum);
    remaining -= loads[i];
  }
}

// Rounding leaves a few percent: the first priority with any capacity takes them.
bool GiveRemainder(const std::vector<uint32_t>& capacity, uint32_t remainder,
                   std::vector<uint32_t>& loads) {
  for (size_t i = 0; i < capacity.size(); ++i) {
    if (capacity[i] == 0) continue;
    loads[i] += remainder;
    return true;
  }
  return false;
}

// Nobody is well enough anywhere: by numbers of hosts.
std::vector<PriorityShare> ShareByHostCount(absl::Span<const PriorityHealth> priorities) {
  uint64_t hosts = 0;
  for (const PriorityHealth& priority : priorities) hosts += priority.total;
  std::vector<PriorityShare> shares;
  uint32_t remaining = 100;
  for (uint32_t i = 0; i < priorities.size(); ++i) {
    if (priorities[i].total == 0) continue;
    const auto percent = static_cast<uint32_t>(100 * priorities[i].total / hosts);
    shares.push_back({i, HostKind::kAll, percent});
    remaining -= percent;
  }
  if (!shares.empty()) shares.front().percent += remaining;
  return shares;
}

bool IsTooIll(const PriorityHealth& priority, double panic_percent) {
  return 100.0 * static_cast<double>(priority.healthy + priority.degraded) <
         panic_percent * static_cast<double>(priority.total);
}

}  // namespace

std::vector<PriorityShare> ShareTraffic(absl::Span<const PriorityHealth> priorities,
                                        uint32_t overprovisioning_percent, double panic_percent) {
  std::vector<uint32_t> healthy, degraded;
  uint32_t sum = 0;
  bool all_panic = true;
  for (const PriorityHealth& priority : priorities) {
    healthy.push_back(Capacity(priority.healthy, priority.total, overprovisioning_percent));
    degraded.push_back(Capacity(priority.degraded, priority.total, overprovisioning_percent));
    sum = std::min<uint32_t>(100, sum + healthy.back() + degraded.back());
    all_panic = all_panic && (priority.total == 0 || IsTooIll(priority, panic_percent));
  }
  if (sum < 100 && all_panic) return ShareByHostCount(priorities);
  if (sum == 0) return {};

  std::vector<uint32_t> healthy_load(priorities.size()), degraded_load(priorities.size());
  uint32_t remaining = 100;
  Distribute(healthy, sum, remaining, healthy_load);
  Distribute(degraded, sum, remaining, degraded_load);
  if (!GiveRemainder(healthy, remaining, healthy_load)) {
    GiveRemainder(degraded, remaining, degraded_load);
  }

  std::vector<PriorityShare> shares;
  for (uint32_t i = 0; i < priorities.size(); ++i) {
    if (sum < 100 && IsTooIll(priorities[i], panic_percent)) {
      const uint32_t load = healthy_load[i] + degraded_load[i];
      if (load > 0) shares.push_back({i, HostKind::kAll, load});
      continue;
    }
    if (healthy_load[i] > 0) shares.push_back({i, HostKind::kHealthy, healthy_load[i]});
    if (degraded_load[i] > 0) shares.push_back({i, HostKind::kDegraded, degraded_load[i]});
  }
  return shares;
}

}  // namespace weir::balancing
