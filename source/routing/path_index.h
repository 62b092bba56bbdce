// The routes of one virtual host, found by path. A request meets few of them: those of its exact
// path, those of each prefix it begins with, and those that only a regular expression can judge.
// Each of these lists is in configuration order, so merging them yields the candidates in that
// order, and the first whose other conditions hold is the first match of the configuration.
//
// Exact paths are in a hash table, prefixes in a radix tree, once as they are and once without
// case; path_separated_prefix P is the exact path P or the prefix "P/". Immutable once built,
// thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "source/http/message.h"
#include "source/routing/byte_trie.h"
#include "source/routing/folded_text.h"
#include "source/routing/request_matcher.h"
#include "source/routing/route.h"

namespace weir::routing {

// What a route asks of the path without query. kAny: only its conditions decide.
struct PathPattern {
  enum class Kind : uint8_t { kExact, kPrefix, kSeparatedPrefix, kAny };
  Kind kind = Kind::kPrefix;
  bool ignores_case = false;
  std::string text;
};

class PathIndex {
 public:
  struct Entry {
    PathPattern pattern;
    RequestConditions conditions;
    Route route;
  };

  // `entries` in configuration order. Routes stay where they are as long as the index does.
  explicit PathIndex(std::vector<Entry> entries);
  PathIndex(const PathIndex&) = delete;
  PathIndex& operator=(const PathIndex&) = delete;

  const std::vector<Entry>& entries() const { return entries_; }

  // The first match in configuration order; null when there is none, or no path (CONNECT).
  const Route* Find(const http::RequestHead& head, uint64_t random) const;

 private:
  // Positions in order_, as long as the list has entries.
  struct Cursor {
    const uint32_t* next;
    const uint32_t* end;
  };
  using Cursors = absl::InlinedVector<Cursor, 32>;

  // One look-up structure for texts with case, one for those without.
  template <bool kFold>
  struct Lookup {
    absl::flat_hash_map<std::string, uint32_t, TextHash<kFold>, TextEqual<kFold>> exact;
    ByteTrie prefixes;
  };
  struct Building;

  template <bool kFold>
  void AddCursors(const Lookup<kFold>& lookup, std::string_view path, Cursors& cursors) const;
  void AddCursor(uint32_t list, Cursors& cursors) const;
  template <bool kFold>
  Lookup<kFold> BuildLookup(Building& building);
  uint32_t AddList(const std::vector<uint32_t>& orders);
  void AddRoute(const Entry& entry, uint32_t order, Building& building) const;

  std::vector<Entry> entries_;
  // All lists one after the other: list i is order_[list_begin_[i]] to order_[list_begin_[i + 1]].
  std::vector<uint32_t> order_;
  std::vector<uint32_t> list_begin_;
  Lookup<false> cased_;
  std::unique_ptr<const Lookup<true>> folded_;  // null, as nearly always: nothing is without case
  uint32_t any_list_ = 0;
};

}  // namespace weir::routing
