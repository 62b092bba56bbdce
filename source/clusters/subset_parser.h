// What a definition says about subsets, in either of its forms, → SubsetConfig. Main thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "source/balancing/subset_config.h"
#include "source/config/faults.h"

namespace google::protobuf {
class Struct;
}

namespace weir::clusters {

balancing::SubsetCriteria CriteriaOf(const google::protobuf::Struct& proto);

// Sorted, each once. A fault where there is none, or an empty one.
std::vector<std::string> KeysOf(std::vector<std::string> keys, config::Faults& faults);

// Cluster.LbSubsetConfig or Subset: their values are those of SubsetFallback but for an offset.
template <class Proto>
std::shared_ptr<balancing::SubsetConfig> ParseSubsets(const Proto& proto, config::Faults& faults) {
  using balancing::SubsetFallback;
  auto config = std::make_shared<balancing::SubsetConfig>();
  const auto as_cluster = static_cast<int>(SubsetFallback::kAsCluster);
  config->fallback = static_cast<SubsetFallback>(proto.fallback_policy() + as_cluster + 1);
  config->default_subset = CriteriaOf(proto.default_subset());
  config->panics_to_any = proto.panic_mode_any();
  config->lists_match_elements = proto.list_as_any();
  config->keeps_localities = proto.locality_weight_aware();
  config->scales_localities = proto.scale_locality_weight();
  config->uses_alternatives = proto.metadata_fallback_policy() == Proto::FALLBACK_LIST;
  if (proto.scale_locality_weight() && !proto.locality_weight_aware()) {
    faults.Add("scale_locality_weight", "needs locality_weight_aware");
  }
  for (int i = 0; i < proto.subset_selectors_size(); ++i) {
    config::Faults::Scope scope(faults, "subset_selectors", i);
    const auto& from = proto.subset_selectors(i);
    balancing::SubsetSelector& selector = config->selectors.emplace_back();
    selector.keys = KeysOf({from.keys().begin(), from.keys().end()}, faults);
    selector.fallback = static_cast<SubsetFallback>(from.fallback_policy() + as_cluster);
    const auto& fallback_keys = from.fallback_keys_subset();
    selector.fallback_keys.assign(fallback_keys.begin(), fallback_keys.end());
    std::sort(selector.fallback_keys.begin(), selector.fallback_keys.end());
    const bool is_fewer = selector.fallback == SubsetFallback::kFewerKeys;
    if (is_fewer == selector.fallback_keys.empty()) {
      faults.Add("fallback_keys_subset", is_fewer ? "is required by KEYS_SUBSET"
                                                  : "is for fallback_policy KEYS_SUBSET only");
    }
    const bool are_some =
        selector.fallback_keys.size() < selector.keys.size() &&
        std::includes(selector.keys.begin(), selector.keys.end(), selector.fallback_keys.begin(),
                      selector.fallback_keys.end());
    if (is_fewer && !are_some) faults.Add("fallback_keys_subset", "must be some of keys, not all");
  }
  return config;
}

}  // namespace weir::clusters
