#include "source/routing/path_index.h"

#include <algorithm>

namespace weir::routing {

namespace {

struct SplitPath {
  std::string_view path, query;
};

SplitPath Split(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

// Text → the routes that have it, in configuration order.
using Lists = absl::flat_hash_map<std::string, std::vector<uint32_t>>;

void Append(std::vector<uint32_t>& list, uint32_t order, const std::vector<bool>& is_final) {
  // Behind a route that takes whatever meets the list, no other is reached.
  if (list.empty() || !is_final[list.back()]) list.push_back(order);
}

}  // namespace

struct PathIndex::Building {
  struct Keys {
    Lists exact, prefixes;
    bool has_any() const { return !exact.empty() || !prefixes.empty(); }
  };
  Keys cased, folded;
  std::vector<uint32_t> any;
  std::vector<bool> is_final;  // by order: the route has no conditions but its path
};

PathIndex::PathIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  Building building;
  for (uint32_t order = 0; order < entries_.size(); ++order) {
    building.is_final.push_back(entries_[order].conditions.empty());
    AddRoute(entries_[order], order, building);
  }
  list_begin_.push_back(0);
  any_list_ = AddList(building.any);
  cased_ = BuildLookup<false>(building);
  if (building.folded.has_any()) {
    folded_ = std::make_unique<const Lookup<true>>(BuildLookup<true>(building));
  }
  order_.shrink_to_fit();
  list_begin_.shrink_to_fit();
}

void PathIndex::AddRoute(const Entry& entry, uint32_t order, Building& building) const {
  const PathPattern& pattern = entry.pattern;
  const std::string text = pattern.ignores_case ? Folded(pattern.text) : pattern.text;
  Building::Keys& keys = pattern.ignores_case ? building.folded : building.cased;
  const auto append = [&](std::vector<uint32_t>& list) { Append(list, order, building.is_final); };
  switch (pattern.kind) {
    case PathPattern::Kind::kExact:
      return append(keys.exact[text]);
    case PathPattern::Kind::kPrefix:
      return append(keys.prefixes[text]);
    case PathPattern::Kind::kSeparatedPrefix:
      append(keys.exact[text]);
      return append(keys.prefixes[text + "/"]);
    case PathPattern::Kind::kAny:
      return append(building.any);
  }
}

uint32_t PathIndex::AddList(const std::vector<uint32_t>& orders) {
  order_.insert(order_.end(), orders.begin(), orders.end());
  list_begin_.push_back(static_cast<uint32_t>(order_.size()));
  return static_cast<uint32_t>(list_begin_.size() - 2);
}

template <bool kFold>
PathIndex::Lookup<kFold> PathIndex::BuildLookup(Building& building) {
  Lookup<kFold> lookup;
  Building::Keys& keys = kFold ? building.folded : building.cased;
  lookup.exact.reserve(keys.exact.size());
  for (const auto& [text, orders] : keys.exact) lookup.exact.emplace(text, AddList(orders));
  std::vector<ByteTrie::Entry> prefixes;
  for (const auto& [text, orders] : keys.prefixes) prefixes.emplace_back(text, AddList(orders));
  lookup.prefixes = ByteTrie(std::move(prefixes));
  return lookup;
}

void PathIndex::AddCursor(uint32_t list, Cursors& cursors) const {
  const uint32_t* orders = order_.data();
  cursors.push_back({orders + list_begin_[list], orders + list_begin_[list + 1]});
}

template <bool kFold>
void PathIndex::AddCursors(const Lookup<kFold>& lookup, std::string_view path,
                           Cursors& cursors) const {
  if (!lookup.exact.empty()) {
    if (const auto found = lookup.exact.find(path); found != lookup.exact.end()) {
      AddCursor(found->second, cursors);
    }
  }
  using Text = std::conditional_t<kFold, FoldedText, ForwardText>;
  lookup.prefixes.Walk(Text{path}, [&](uint32_t list, size_t) { AddCursor(list, cursors); });
}

const Route* PathIndex::Find(const http::RequestHead& head, uint64_t random) const {
  if (head.path.empty()) return nullptr;
  const SplitPath target = Split(head.path);
  Cursors cursors;
  AddCursors(cased_, target.path, cursors);
  if (folded_ != nullptr) AddCursors(*folded_, target.path, cursors);
  if (list_begin_[any_list_ + 1] > list_begin_[any_list_]) AddCursor(any_list_, cursors);

  while (!cursors.empty()) {
    auto first = cursors.begin();
    for (auto it = first + 1; it != cursors.end(); ++it) {
      if (*it->next < *first->next) first = it;
    }
    const Entry& entry = entries_[*first->next];
    if (entry.conditions.Match(head, target.path, target.query, random)) return &entry.route;
    if (++first->next == first->end) {
      *first = cursors.back();
      cursors.pop_back();
    }
  }
  return nullptr;
}

}  // namespace weir::routing
