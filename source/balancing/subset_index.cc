#include "source/balancing/subset_index.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "source/balancing/host_set.h"
#include "source/base/strings.h"

namespace weir::balancing {
namespace {

void AppendTo(std::string& key, std::string_view name, std::string_view value) {
  key.append(name).push_back('\0');
  key.append(value).push_back('\0');
}

std::string KeyOf(const SubsetCriteria& criteria) {
  std::string key;
  for (const auto& [name, value] : criteria.values) AppendTo(key, name, value);
  return key;
}

const std::string* ValueOf(const SubsetCriteria& criteria, const std::string& name) {
  for (const auto& [key, value] : criteria.values) {
    if (key == name) return &value;
  }
  return nullptr;
}

SubsetCriteria Only(const SubsetCriteria& criteria, const std::vector<std::string>& names) {
  SubsetCriteria fewer;
  for (const std::string& name : names) {
    if (const std::string* const value = ValueOf(criteria, name)) {
      fewer.values.emplace_back(name, *value);
    }
  }
  return fewer;
}

// The keys of all subsets that a host with `metadata` is of, for one selector: several where a list
// stands for its elements.
std::vector<std::string> KeysOf(const HostMetadata* metadata, const SubsetSelector& selector,
                                bool lists_match_elements) {
  std::vector<std::string> keys{""};
  for (const std::string& name : selector.keys) {
    const HostMetadata::Entry* const entry = metadata == nullptr ? nullptr : metadata->Find(name);
    if (entry == nullptr) return {};
    std::vector<std::string> longer;
    for (const std::string& key : keys) {
      const auto add = [&](const std::string& value) {
        longer.push_back(key);
        AppendTo(longer.back(), name, value);
      };
      if (lists_match_elements && !entry->elements.empty()) {
        for (const std::string& element : entry->elements) add(element);
      } else {
        add(entry->value);
      }
    }
    keys = std::move(longer);
  }
  return keys;
}

bool Fits(const HostMetadata* metadata, const SubsetCriteria& criteria) {
  return std::all_of(criteria.values.begin(), criteria.values.end(), [&](const auto& wanted) {
    const HostMetadata::Entry* const entry =
        metadata == nullptr ? nullptr : metadata->Find(wanted.first);
    return entry != nullptr && entry->value == wanted.second;
  });
}

}  // namespace

SubsetCriteria Merge(const SubsetCriteria& own, const SubsetCriteria& other) {
  SubsetCriteria merged = own;
  for (const auto& value : other.values) {
    if (ValueOf(own, value.first) == nullptr) merged.values.push_back(value);
  }
  std::sort(merged.values.begin(), merged.values.end());
  if (merged.alternatives.empty()) merged.alternatives = other.alternatives;
  return merged;
}

SubsetIndex::SubsetIndex(std::shared_ptr<const SubsetConfig> config,
                         absl::Span<const HostPtr> hosts, MakeSet make_set)
    : config_(std::move(config)) {
  std::map<std::string, std::vector<uint32_t>> members;
  std::vector<uint32_t> of_default;
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    const HostMetadata* const metadata = hosts[i]->metadata().get();
    for (const SubsetSelector& selector : config_->selectors) {
      for (const std::string& key : KeysOf(metadata, selector, config_->lists_match_elements)) {
        std::vector<uint32_t>& of_key = members[key];
        // Two selectors of the same keys are one.
        if (of_key.empty() || of_key.back() != i) of_key.push_back(i);
      }
    }
    if (Fits(metadata, config_->default_subset)) of_default.push_back(i);
  }
  for (const auto& [key, of_key] : members) sets_.emplace(key, make_set(key, of_key));
  if (!of_default.empty()) default_set_ = make_set("", of_default);
}

SubsetIndex::~SubsetIndex() = default;

const HostSet* SubsetIndex::Of(std::string_view key) const {
  if (key.empty()) return default_set_.get();
  const auto found = sets_.find(base::ToAbsl(key));
  return found == sets_.end() ? nullptr : found->second.get();
}

SubsetIndex::Match SubsetIndex::Find(const HostSet& all, const SubsetCriteria* criteria) const {
  static const auto* const nothing = new SubsetCriteria();
  if (criteria == nullptr) criteria = nothing;
  if (!config_->uses_alternatives || criteria->alternatives.empty()) {
    return FindFor(all, *criteria);
  }
  Match match;
  for (const SubsetCriteria& alternative : criteria->alternatives) {
    match = FindFor(all, Merge(alternative, {criteria->values, {}}));
    if (match.hosts != nullptr) break;
  }
  return match;
}

SubsetIndex::Match SubsetIndex::FindFor(const HostSet& all, const SubsetCriteria& criteria) const {
  const SubsetSelector* const selector = SelectorFor(criteria);
  if (selector != nullptr) {
    const bool is_exact = selector->keys.size() == criteria.values.size();
    const HostSet* const found = Of(KeyOf(is_exact ? criteria : Only(criteria, selector->keys)));
    if (found != nullptr) return {found, false};
  }
  return FallBack(all, selector, criteria);
}

// The selector of just these keys; where more are allowed, the one that leaves out fewest.
const SubsetSelector* SubsetIndex::SelectorFor(const SubsetCriteria& criteria) const {
  const SubsetSelector* best = nullptr;
  if (criteria.values.empty()) return best;
  for (const SubsetSelector& selector : config_->selectors) {
    if (selector.keys.size() > criteria.values.size()) continue;
    if (selector.keys.size() < criteria.values.size() && !config_->allows_more_keys) continue;
    const auto is_named = [&](const std::string& key) { return ValueOf(criteria, key) != nullptr; };
    if (!std::all_of(selector.keys.begin(), selector.keys.end(), is_named)) continue;
    if (best == nullptr || selector.keys.size() > best->keys.size()) best = &selector;
  }
  return best;
}

SubsetIndex::Match SubsetIndex::FallBack(const HostSet& all, const SubsetSelector* selector,
                                         const SubsetCriteria& criteria) const {
  SubsetFallback fallback = SubsetFallback::kAsCluster;
  if (selector != nullptr) fallback = selector->fallback;
  if (fallback == SubsetFallback::kFewerKeys) {
    // Fewer each time, so this ends.
    Match match = FindFor(all, Only(criteria, selector->fallback_keys));
    match.is_fallback = true;
    return match;
  }
  if (fallback == SubsetFallback::kAsCluster) fallback = config_->fallback;
  const HostSet* hosts = nullptr;
  if (fallback == SubsetFallback::kAnyHost) hosts = &all;
  if (fallback == SubsetFallback::kDefaultSubset) hosts = default_set_.get();
  if (hosts == nullptr && config_->panics_to_any) hosts = &all;
  return {hosts, true};
}

}  // namespace weir::balancing
