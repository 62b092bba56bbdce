// Makes the next HostSet of a cluster from its endpoints and from the set before. Main thread.
//
//   HostSetBuilder builder(previous, grouping);
//   for (const EndpointConfig& endpoint : endpoints) builder.Add(endpoint);
//   HostSetUpdate update = builder.Build(random);
//
// A host whose address and details stay keeps its object, and with it its counters and connections;
// changes of weight, health and metadata are written into the object.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/balancing/endpoint_config.h"
#include "source/balancing/host_grouping.h"
#include "source/balancing/host_set.h"
#include "source/balancing/priority_load.h"
#include "source/base/random.h"

namespace weir::balancing {

struct HostSetUpdate {
  std::unique_ptr<const HostSet> set;  // null when nothing changed
  std::vector<HostPtr> removed;
  std::vector<HostPtr> added;
};

class HostSetBuilder {
 public:
  // `previous`, which may be null, outlives the builder. kAlways: the result is wanted even when
  // it equals the previous set, which belongs to another definition of the cluster.
  enum class Wanted { kWhenChanged, kAlways };
  HostSetBuilder(const HostSet* previous, const Grouping& grouping,
                 Wanted wanted = Wanted::kWhenChanged);

  // The endpoint's address is set. A second endpoint of one address is left out: names may share
  // addresses.
  void Add(const EndpointConfig& endpoint);
  void set_overprovisioning_percent(uint32_t percent);
  void set_locality_weights(std::vector<LocalityWeight> weights);
  void set_logical_address(const net::Address& address);

  HostSetUpdate Build(base::Random& random);
  // Instead of all of the above: the previous set, which is not null, grouped anew, since the
  // health or the weights of its hosts have changed.
  std::unique_ptr<const HostSet> Regroup(base::Random& random);

 private:
  struct Known {
    const HostPtr* previous = nullptr;
    bool is_taken = false;
  };
  struct Member {
    HostPtr host;
    uint32_t priority;
  };

  void LearnPrevious();
  HostPtr Reuse(const HostPtr& host, const EndpointConfig& endpoint);
  void PlaceMembers();
  std::vector<PriorityHealth> CountHealth();
  bool IsSameAsPrevious() const;
  void MakeGroups(const std::vector<PriorityHealth>& health, base::Random& random);
  uint64_t FirstInSequence(const HostGroup& group, base::Random& random) const;

  const HostSet* const previous_;
  const Grouping grouping_;
  const Wanted wanted_;
  absl::flat_hash_map<net::Address, Known> known_;
  std::vector<Member> members_;
  std::unique_ptr<HostSet> set_;
  std::vector<HostPtr> added_;
  bool values_changed_ = false;  // a weight, health or metadata of a host that stays
};

// What `set` was built from.
Assignment AssignmentOf(const HostSet& set);

}  // namespace weir::balancing
