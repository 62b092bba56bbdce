// How the hosts of a priority become the group that balancers pick from: who is in it, with which
// weight, in which parts. Main thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/balancer.h"
#include "source/balancing/host_set.h"
#include "source/balancing/live_weights.h"
#include "source/balancing/locality_shares.h"
#include "source/balancing/priority_load.h"

namespace weir::balancing {

// All that shapes a cluster's groups, beside its hosts. What it points to outlives it.
struct Grouping {
  const BalancerConfig* config;
  const Balancer* balancer = nullptr;    // null: there is nothing to prepare
  const LiveWeights* weights = nullptr;  // null: those of the endpoints
  const OwnZone* own_zone = nullptr;     // null: not known
};

// Whether `host` is one that `kind` means.
bool IsOfKind(const Host& host, HostKind kind);

class GroupMaker {
 public:
  GroupMaker(const Grouping& grouping, absl::Span<const LocalityWeight> locality_weights,
             uint32_t overprovisioning_percent, base::Random& random);

  // `all`: the hosts of the share's priority, which outlive the group.
  void Fill(absl::Span<const HostPtr> all, const PriorityShare& share, HostGroup& group) const;

 private:
  // The usable hosts of one locality.
  struct Part {
    const Locality* locality;
    std::vector<HostPtr> hosts;
    uint64_t total = 0;
  };

  std::vector<Part> PartsOf(absl::Span<const HostPtr> all, HostKind kind) const;
  std::vector<uint32_t> SharesOf(const std::vector<Part>& parts, uint32_t priority) const;
  void MakeParts(std::vector<Part> parts, std::vector<uint32_t> shares, HostGroup& group) const;
  void SetHosts(std::vector<HostPtr> hosts, HostGroup& group) const;
  void SetWeights(const std::vector<double>& weights, HostGroup& group) const;
  std::vector<double> WeightsOf(absl::Span<const HostPtr> hosts) const;
  // Where the policy goes by hash: the localities' shares are worked into the hosts' weights.
  void FillByHash(const std::vector<Part>& parts, const std::vector<uint32_t>& shares,
                  HostGroup& group) const;

  const Grouping& grouping_;
  const absl::Span<const LocalityWeight> locality_weights_;
  const uint32_t overprovisioning_percent_;
  base::Random& random_;
};

}  // namespace weir::balancing
