#include "source/balancing/balancer.h"

#include <algorithm>

#include "source/balancing/client_side_weighted_balancer.h"
#include "source/balancing/destination_balancer.h"
#include "source/balancing/hash_balancer.h"
#include "source/balancing/least_request_balancer.h"
#include "source/balancing/peak_ewma_balancer.h"
#include "source/balancing/random_balancer.h"
#include "source/balancing/round_robin_balancer.h"
#include "source/balancing/spare_priorities.h"

namespace weir::balancing {
namespace {

// Of n + 1 neighbours one is untried when n were tried; the picked one if the group is too small.
uint32_t StepPastTried(absl::Span<const HostPtr> hosts, uint32_t picked,
                       const PickContext& context) {
  const int needed = context.repick_limit == 0
                         ? context.tried_count
                         : std::min(context.tried_count, context.repick_limit);
  const size_t steps = std::min(hosts.size(), static_cast<size_t>(needed) + 1);
  for (size_t i = 0; i < steps; ++i) {
    const size_t candidate = (picked + i) % hosts.size();
    if (!context.HasTried(hosts[candidate].get())) return static_cast<uint32_t>(candidate);
  }
  return picked;
}

const HostGroup* ChooseGroup(const HostSet& set, const PickContext& context, base::Random& random) {
  const SparePriorities* const spare = set.spare_priorities();
  if (spare != nullptr && context.avoid_priorities_every > 0) {
    const HostGroup* const other = spare->Choose(set, context, random);
    if (other != nullptr) return other;
  }
  return set.Choose(context.hash, random);
}

}  // namespace

std::shared_ptr<const Balancer> Balancer::Create(const BalancerConfig& config) {
  static const auto* const round_robin =
      new std::shared_ptr<const Balancer>(std::make_shared<RoundRobinBalancer>());
  static const auto* const random =
      new std::shared_ptr<const Balancer>(std::make_shared<RandomBalancer>());
  static const auto* const least_request =
      new std::shared_ptr<const Balancer>(std::make_shared<LeastRequestBalancer>(BalancerConfig()));
  switch (config.policy) {
    case BalancerPolicy::kRoundRobin:
      break;
    case BalancerPolicy::kLeastRequest:
      if (LeastRequestBalancer::AreDefault(config)) return *least_request;
      return std::make_shared<LeastRequestBalancer>(config);
    case BalancerPolicy::kRandom:
      return *random;
    case BalancerPolicy::kPeakEwma:
      return std::make_shared<PeakEwmaBalancer>(config.peak_ewma);
    case BalancerPolicy::kClientSideWeightedRoundRobin:
      return std::make_shared<ClientSideWeightedBalancer>(config.client_side_weights);
    case BalancerPolicy::kRingHash:
    case BalancerPolicy::kMaglev:
      return std::make_shared<HashBalancer>(config);
    case BalancerPolicy::kClusterProvided:
      return std::make_shared<DestinationBalancer>();
  }
  return *round_robin;
}

Picked PickHost(const HostSet& hosts, const Balancer& balancer, const PickContext& context,
                base::Random& random) {
  Picked picked;
  const HostSet* set = &hosts;
  if (const SubsetIndex* const subsets = hosts.subsets()) {
    const SubsetIndex::Match match = subsets->Find(hosts, context.subset);
    picked.by_subset = true;
    picked.fell_back = match.is_fallback;
    set = match.hosts;
  }
  const HostGroup* const chosen = set == nullptr ? nullptr : ChooseGroup(*set, context, random);
  if (chosen == nullptr) return picked;
  const HostGroup& group = chosen->NextPart();
  uint32_t index = balancer.Pick(group, context, random);
  if (context.tried_count > 0) index = StepPastTried(group.hosts(), index, context);
  picked.host = &group.hosts()[index];
  picked.is_panicking = group.is_panicking();
  return picked;
}

}  // namespace weir::balancing
