// Subsets of a cluster's hosts by their metadata, as its definition wants them. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir::balancing {

// What a request wants of a host's metadata under "envoy.lb": values by key, sorted by key, in the
// canonical form of HostMetadata.
struct SubsetCriteria {
  std::vector<std::pair<std::string, std::string>> values;
  // Tried one after another, each of them over `values`, where the cluster goes by such lists.
  std::vector<SubsetCriteria> alternatives;

  friend bool operator==(const SubsetCriteria&, const SubsetCriteria&) = default;
};

// `own` where both have a key.
SubsetCriteria Merge(const SubsetCriteria& own, const SubsetCriteria& other);

enum class SubsetFallback : uint8_t {
  kAsCluster,  // of a selector: what holds for the cluster
  kNoHost,
  kAnyHost,
  kDefaultSubset,
  kFewerKeys,  // of a selector: as if the request had named `fallback_keys` only
};

// Hosts that have all of these keys are of a subset for each combination of values.
struct SubsetSelector {
  std::vector<std::string> keys;  // sorted
  SubsetFallback fallback = SubsetFallback::kAsCluster;
  std::vector<std::string> fallback_keys;  // sorted; some of `keys`, not all
};

struct SubsetConfig {
  std::vector<SubsetSelector> selectors;
  SubsetFallback fallback = SubsetFallback::kNoHost;
  SubsetCriteria default_subset;
  bool panics_to_any = false;  // where nothing else is left
  bool lists_match_elements =
      false;                      // a list among a host's metadata stands for each of its elements
  bool allows_more_keys = false;  // criteria may name more keys than any selector has
  bool uses_alternatives = false;
  bool keeps_localities = false;   // localities have their weights inside a subset, too
  bool scales_localities = false;  // by how many of their hosts are in it
};

}  // namespace weir::balancing
