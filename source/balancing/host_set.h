// The hosts of a cluster at one moment: immutable, published by main, read by all workers.
//
// A set is cut into groups, one for each (priority, kind) that takes traffic, with the percentage
// it takes; nearly always there is one group of all hosts. Where localities have shares of their
// own, a group has parts, one a locality. Balancers pick inside a group. What can be computed once
// per change (who is usable, panic, shares, weights, tables) is computed by the builder
// (host_set_builder.h), so that a pick costs the same for any size.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "source/balancing/endpoint_config.h"
#include "source/balancing/host.h"
#include "source/balancing/pick_table.h"
#include "source/balancing/priority_load.h"
#include "source/balancing/subset_index.h"
#include "source/balancing/weight_table.h"
#include "source/base/random.h"
#include "source/net/address.h"

namespace weir::balancing {

class AddressIndex;
class SparePriorities;

class HostGroup {
 public:
  absl::Span<const HostPtr> hosts() const { return hosts_; }
  uint32_t size() const { return static_cast<uint32_t>(hosts_.size()); }
  // Null when all weights are equal.
  const WeightTable* weights() const { return weights_.get(); }
  uint32_t weight(uint32_t index) const { return weights_ ? weights_->weight(index) : 1; }
  // What the policy has worked out; null: nothing.
  const PickTable* table() const { return table_.get(); }
  uint32_t priority() const { return priority_; }
  uint32_t load_percent() const { return load_percent_; }
  // All hosts of the priority are used, well or not, because too few are well.
  bool is_panicking() const { return kind_ == HostKind::kAll; }
  HostKind kind() const { return kind_; }
  // The next number of the proxy-wide sequence that round robin follows.
  uint64_t NextInSequence() const { return sequence_.fetch_add(1, std::memory_order_relaxed); }
  // Itself, or the part whose turn it is where localities have shares.
  const HostGroup& NextPart() const {
    if (parts_ == nullptr) return *this;
    return parts_->groups[parts_->shares.At(NextInSequence())];
  }
  // Empty: it has none.
  absl::Span<const HostGroup> parts() const;

 private:
  friend class GroupMaker;
  friend class HostSetBuilder;

  struct Parts {
    explicit Parts(absl::Span<const uint32_t> weights)
        : shares(weights), groups(std::make_unique<HostGroup[]>(weights.size())) {}
    const WeightTable shares;
    const std::unique_ptr<HostGroup[]> groups;
  };

  absl::Span<const HostPtr> hosts_;       // of the set, or of own_hosts_
  std::unique_ptr<HostPtr[]> own_hosts_;  // a part of a priority
  std::unique_ptr<const WeightTable> weights_;
  std::unique_ptr<const PickTable> table_;
  std::unique_ptr<const Parts> parts_;
  uint32_t priority_ = 0;
  uint32_t part_count_ = 0;
  uint8_t load_percent_ = 0;
  HostKind kind_ = HostKind::kHealthy;
  // Beside the fields that every pick reads anyway: one cache line travels, not two.
  mutable std::atomic<uint64_t> sequence_{0};
};

class HostSet {
 public:
  HostSet();
  ~HostSet();
  HostSet(const HostSet&) = delete;
  HostSet& operator=(const HostSet&) = delete;

  // The group that the next request belongs to; null when no host may be used. Requests of one
  // hash go to one priority.
  const HostGroup* Choose(std::optional<uint64_t> hash, base::Random& random) const {
    if (group_count_ == 1) return groups_.get();
    return ChooseOfSeveral(hash, random);
  }

  absl::Span<const HostGroup> groups() const { return {groups_.get(), group_count_}; }

  // All hosts, by ascending priority, in the order of configuration.
  absl::Span<const HostPtr> hosts() const { return hosts_; }
  absl::Span<const HostPtr> hosts_of(uint32_t priority) const;
  // One above the highest priority in use.
  uint32_t priority_count() const { return static_cast<uint32_t>(ends_.size()); }
  uint32_t PriorityOf(size_t host_index) const;

  // Null: there is none. A large set makes an index when it is first asked. Any thread.
  const HostPtr* Find(const net::Address& address) const;

  uint32_t healthy_count() const { return healthy_count_; }
  uint32_t degraded_count() const { return degraded_count_; }
  uint32_t excluded_count() const { return excluded_count_; }
  uint32_t overprovisioning_percent() const { return overprovisioning_percent_; }
  // Where retries go that avoid priorities; null: there is one priority.
  const SparePriorities* spare_priorities() const {
    return rare_ == nullptr ? nullptr : rare_->spare_priorities.get();
  }
  // Null: requests go to all hosts.
  const SubsetIndex* subsets() const { return rare_ == nullptr ? nullptr : rare_->subsets.get(); }
  bool weighs_priority_health() const { return weighs_priority_health_; }
  // Of the requests, which are refused before a host is picked. From 0 to 1.
  float drop_fraction() const { return drop_fraction_; }
  // By what the endpoints' source gives localities; empty: nothing.
  absl::Span<const LocalityWeight> locality_weights() const;
  // Where new connections go instead of a host's own address: the newest answer of LOGICAL_DNS.
  const net::Address* logical_address() const {
    return rare_ == nullptr ? nullptr : rare_->logical_address.get();
  }

 private:
  friend class HostSetBuilder;

  // What few sets have.
  struct Rare {
    Rare();
    ~Rare();
    std::unique_ptr<const net::Address> logical_address;
    std::vector<LocalityWeight> locality_weights;
    std::unique_ptr<const SubsetIndex> subsets;
    std::unique_ptr<const SparePriorities> spare_priorities;
  };

  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  const HostGroup* ChooseOfSeveral(std::optional<uint64_t> hash, base::Random& random) const;
  std::vector<HostPtr> hosts_;
  absl::InlinedVector<uint32_t, 2> ends_;  // of each priority, in hosts_
  std::unique_ptr<HostGroup[]> groups_;    // in place, since there are as many as clusters
  std::unique_ptr<Rare> rare_;             // null: there is nothing of it
  mutable std::atomic<const AddressIndex*> index_{nullptr};
  uint32_t group_count_ = 0;
  uint32_t healthy_count_ = 0;
  uint32_t degraded_count_ = 0;
  uint32_t excluded_count_ = 0;
  uint32_t overprovisioning_percent_ = 140;
  float drop_fraction_ = 0;
  bool weighs_priority_health_ = false;
};

}  // namespace weir::balancing
