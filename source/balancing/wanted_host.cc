#include "source/balancing/wanted_host.h"

namespace weir::balancing {

OverrideHealth OverrideHealthOf(const Host& host) {
  if (host.has(HealthFlag::kExcluded)) return kOverrideUnhealthy;
  switch (host.health()) {
    case HostHealth::kHealthy:
      return kOverrideHealthy;
    case HostHealth::kDegraded:
      return kOverrideDegraded;
    case HostHealth::kUnhealthy:
      break;
  }
  // It leaves, and is well as far as is known: those that belong to it may stay till the end.
  const bool may_stay = host.eds_health() == EdsHealth::kDraining && !host.has_failed();
  return may_stay ? kOverrideDraining : kOverrideUnhealthy;
}

const HostPtr* FindWanted(const HostSet& hosts, const BalancerConfig& config,
                          const PickContext& context) {
  if (context.wanted_host == nullptr) return nullptr;
  const HostPtr* const host = hosts.Find(*context.wanted_host);
  if (host == nullptr || (OverrideHealthOf(**host) & config.override_health) == 0) return nullptr;
  if (context.HasTried(host->get()) && !context.wants_no_other) return nullptr;
  return host;
}

}  // namespace weir::balancing
