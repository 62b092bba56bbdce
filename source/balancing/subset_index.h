// The subsets of one set of hosts, each a set of its own, and which of them a request belongs to.
// Immutable, part of its HostSet.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "source/balancing/host.h"
#include "source/balancing/subset_config.h"

namespace weir::balancing {

class HostSet;

class SubsetIndex {
 public:
  // Makes the set of some of the hosts, by their places, of those that had `key` before.
  using MakeSet = absl::FunctionRef<std::unique_ptr<const HostSet>(
      std::string_view key, absl::Span<const uint32_t> members)>;

  SubsetIndex(std::shared_ptr<const SubsetConfig> config, absl::Span<const HostPtr> hosts,
              MakeSet make_set);
  ~SubsetIndex();

  struct Match {
    const HostSet* hosts = nullptr;  // null: none
    bool is_fallback = false;
  };
  // `all`: the set that this is part of. `criteria` may be null: the request names nothing.
  Match Find(const HostSet& all, const SubsetCriteria* criteria) const;
  // Null: no host is of it.
  const HostSet* Of(std::string_view key) const;
  size_t size() const { return sets_.size(); }

 private:
  const HostSet* FindExact(const SubsetCriteria& criteria) const;
  Match FindFor(const HostSet& all, const SubsetCriteria& criteria) const;
  Match FallBack(const HostSet& all, const SubsetSelector* selector,
                 const SubsetCriteria& criteria) const;
  const SubsetSelector* SelectorFor(const SubsetCriteria& criteria) const;

  const std::shared_ptr<const SubsetConfig> config_;
  // By what hosts have in common: "key\0value\0…".
  absl::flat_hash_map<std::string, std::unique_ptr<const HostSet>> sets_;
  std::unique_ptr<const HostSet> default_set_;  // null: no host is of it, or it is not asked for
};

}  // namespace weir::balancing
