#include "source/balancing/least_request_balancer.h"

#include <algorithm>
#include <cmath>

#include "source/balancing/random_balancer.h"
#include "source/balancing/round_robin_balancer.h"

namespace weir::balancing {
namespace {

uint64_t LoadOf(const HostGroup& group, uint32_t index) {
  return group.hosts()[index]->active_requests.load(std::memory_order_relaxed);
}

}  // namespace

bool LeastRequestBalancer::AreDefault(const BalancerConfig& config) {
  const BalancerConfig defaults;
  return config.choice_count == defaults.choice_count && !config.scans_all &&
         config.active_request_bias == defaults.active_request_bias;
}

uint32_t LeastRequestBalancer::Pick(const HostGroup& group, const PickContext& context,
                                    base::Random& random) const {
  if (group.size() == 1) return 0;
  if (scans_all_) return PickOfAll(group, random);
  if (bias_ == 0 && group.weights() != nullptr) return NextHost(group);
  const uint32_t first = DrawHost(group, random);
  uint32_t best = first;
  // More draws than hosts find nothing new.
  const uint32_t draws = std::min(choice_count_, group.size());
  for (uint32_t i = 1; i < draws; ++i) {
    const uint32_t other = DrawOther(group, first, random);
    if (IsLessBusy(group, other, best)) best = other;
  }
  return best;
}

// From anywhere on, so that of several that are as idle not always the same one is taken.
uint32_t LeastRequestBalancer::PickOfAll(const HostGroup& group, base::Random& random) const {
  const uint32_t first = DrawHost(group, random);
  uint32_t best = first;
  for (uint32_t i = first + 1; i < group.size(); ++i) {
    if (IsLessBusy(group, i, best)) best = i;
  }
  for (uint32_t i = 0; i < first; ++i) {
    if (IsLessBusy(group, i, best)) best = i;
  }
  return best;
}

// Without the division, and without powers where they change nothing.
bool LeastRequestBalancer::IsLessBusy(const HostGroup& group, uint32_t a, uint32_t b) const {
  const uint64_t a_load = LoadOf(group, a), b_load = LoadOf(group, b);
  if (group.weights() == nullptr) return a_load < b_load;
  const uint32_t a_weight = group.weight(a), b_weight = group.weight(b);
  if (bias_ == 1) return a_load * b_weight < b_load * a_weight;
  return std::pow(a_load, bias_) * b_weight < std::pow(b_load, bias_) * a_weight;
}

}  // namespace weir::balancing
