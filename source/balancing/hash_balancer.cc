#include "source/balancing/hash_balancer.h"

#include <algorithm>

#include "source/balancing/hash_key.h"
#include "source/balancing/hash_ring.h"
#include "source/balancing/load_bound.h"
#include "source/balancing/maglev_table.h"
#include "source/balancing/random_balancer.h"

namespace weir::balancing {
namespace {

// Enough for a table of few hosts to name one that was not tried, almost surely.
constexpr int kMostAttempts = 64;

uint32_t FindUntried(const HashTable& table, const HostGroup& group, uint64_t hash,
                     const PickContext& context) {
  int limit = context.tried_count == 0 ? 0 : kMostAttempts;
  if (context.repick_limit > 0) limit = std::min(limit, context.repick_limit);
  for (int attempt = 0;; ++attempt) {
    const uint32_t found = table.Find(hash, static_cast<uint32_t>(attempt));
    if (attempt == limit || !context.HasTried(group.hosts()[found].get())) return found;
  }
}

}  // namespace

uint32_t HashBalancer::Pick(const HostGroup& group, const PickContext& context,
                            base::Random& random) const {
  if (group.size() == 1) return 0;
  const auto* const table = static_cast<const HashTable*>(group.table());
  if (table == nullptr) return DrawHost(group, random);
  const uint64_t hash = context.hash.has_value() ? *context.hash : random.Next();
  const uint32_t found = FindUntried(*table, group, hash, context);
  if (config_.balance_percent == 0) return found;
  return KeepInBound(group, found, hash, config_.balance_percent, context);
}

std::unique_ptr<const PickTable> HashBalancer::Prepare(absl::Span<const HostPtr> hosts,
                                                       absl::Span<const uint32_t> weights) const {
  if (hosts.size() < 2) return nullptr;
  const std::vector<HashedHost> hashed = HashedHosts(hosts, weights, config_.by_hostname);
  if (policy_ == BalancerPolicy::kMaglev) {
    return std::make_unique<MaglevTable>(hashed, config_.table_size);
  }
  return std::make_unique<HashRing>(hashed, config_);
}

}  // namespace weir::balancing
