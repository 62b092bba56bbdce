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
#include "absl/functional/function_ref.h"
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
  // Before Add: active checks are to find out about hosts that are new, which count as unhealthy
  // until then.
  void set_new_hosts_await_checks(bool await, bool count_for_nothing) {
    new_hosts_await_checks_ = await;
    new_hosts_count_for_nothing_ = await && count_for_nothing;
  }
  // After Add: those of the previous set that were not added, and that `keep` says, stay. Returns
  // them.
  std::vector<HostPtr> KeepOthers(absl::FunctionRef<bool(const Host&)> keep);
  // What `assignment` says beside its endpoints.
  void TakePolicy(const Assignment& assignment) { SetPolicy(assignment, *set_); }
  void set_logical_address(const net::Address& address);

  HostSetUpdate Build(base::Random& random);
  // Instead of all of the above: the previous set, which is not null, grouped anew, since the
  // health or the weights of its hosts have changed.
  std::unique_ptr<const HostSet> Regroup(base::Random& random);
  // Likewise: the previous set without `removed`, and with `added`, which somebody else has made.
  std::unique_ptr<const HostSet> Continue(absl::Span<const HostPtr> added,
                                          absl::Span<const HostPtr> removed, base::Random& random);

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
  bool IsSameAsPrevious() const;
  // The groups of `set`, and its subsets, from its hosts. Sequences go on where `previous`, which
  // may be null, was.
  static void SetPolicy(const Assignment& assignment, HostSet& set);
  static std::vector<PriorityHealth> CountHealth(HostSet& set);
  static uint64_t FirstInSequence(const HostGroup& group, const HostSet* previous,
                                  base::Random& random);
  void MakeSpare(HostSet& set, const std::vector<PriorityHealth>& health, const GroupMaker& maker,
                 base::Random& random) const;
  void MakeGroups(HostSet& set, const HostSet* previous, base::Random& random) const;
  void MakeSubsets(HostSet& set, const HostSet* previous, base::Random& random) const;
  std::unique_ptr<const HostSet> MakeSubset(const HostSet& set, absl::Span<const uint32_t> members,
                                            const HostSet* previous, bool scales_localities,
                                            base::Random& random) const;

  const HostSet* const previous_;
  const Grouping grouping_;
  const Wanted wanted_;
  absl::flat_hash_map<net::Address, Known> known_;
  std::vector<Member> members_;
  std::unique_ptr<HostSet> set_;
  std::vector<HostPtr> added_;
  bool new_hosts_await_checks_ = false;
  bool new_hosts_count_for_nothing_ = false;  // meanwhile
  bool values_changed_ = false;               // a weight, health or metadata of a host that stays
};

// What `set` was built from.
Assignment AssignmentOf(const HostSet& set);

}  // namespace weir::balancing
