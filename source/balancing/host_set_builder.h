// Makes the next HostSet of a cluster from its endpoints and from the set before. Main thread.
//
//   HostSetBuilder builder(previous, config.balancer.healthy_panic_percent);
//   for (const EndpointConfig& endpoint : endpoints) builder.Add(endpoint);
//   HostSetUpdate update = builder.Build(random);
//
// A host whose address and details stay keeps its object, and with it its counters and connections;
// changes of weight and health are written into the object.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/balancing/endpoint_config.h"
#include "source/balancing/host_set.h"
#include "source/balancing/priority_load.h"
#include "source/base/random.h"

namespace weir::balancing {

struct HostSetUpdate {
  std::unique_ptr<const HostSet> set;  // null when nothing changed
  std::vector<HostPtr> removed;
  uint32_t added_count = 0;
};

class HostSetBuilder {
 public:
  // `previous`, which may be null, outlives the builder. kAlways: the result is wanted even when
  // it equals the previous set, which belongs to another definition of the cluster.
  enum class Wanted { kWhenChanged, kAlways };
  HostSetBuilder(const HostSet* previous, double healthy_panic_percent,
                 Wanted wanted = Wanted::kWhenChanged);

  // The endpoint's address is set. A second endpoint of one address is left out: names may share
  // addresses.
  void Add(const EndpointConfig& endpoint);
  void set_overprovisioning_percent(uint32_t percent);
  void set_logical_address(const net::Address& address);

  HostSetUpdate Build(base::Random& random);

 private:
  struct Known {
    const HostPtr* previous = nullptr;
    bool is_taken = false;
  };
  struct Member {
    HostPtr host;
    uint32_t priority;
  };

  HostPtr Reuse(const HostPtr& host, const EndpointConfig& endpoint);
  void PlaceMembers();
  std::vector<PriorityHealth> CountHealth();
  bool IsSameAsPrevious() const;
  void MakeGroups(const std::vector<PriorityShare>& shares, base::Random& random);
  void FillGroup(const PriorityShare& share, HostGroup& group) const;
  uint64_t FirstInSequence(const HostGroup& group, base::Random& random) const;

  const HostSet* const previous_;
  const double healthy_panic_percent_;
  const Wanted wanted_;
  absl::flat_hash_map<net::Address, Known> known_;
  std::vector<Member> members_;
  std::unique_ptr<HostSet> set_;
  uint32_t added_count_ = 0;
  bool values_changed_ = false;  // a weight or health of a host that stays
};

// The endpoints that `set` was built from.
std::vector<EndpointConfig> EndpointsOf(const HostSet& set);

}  // namespace weir::balancing
