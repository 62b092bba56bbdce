// Visits every selected series of a store in order of full name, holding a few bytes a group and
// nothing a series: the groups, each sorted, are merged through a heap.
//
//   SeriesWalk walk(store.Groups(), selection);
//   while (walk.Next()) Use(walk.group(), walk.metric(), walk.name());
//
// One thread. Keeps the groups alive while it lasts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/stats/selection.h"
#include "source/stats/stats.h"

namespace weir::stats {

class SeriesWalk {
 public:
  // Walks either the histograms or everything else. `selection` outlives the walk; its used_only
  // hides unused groups here, and otherwise is the reader's, who knows the values.
  SeriesWalk(std::vector<std::shared_ptr<const AnyGroup>> groups, const Selection& selection,
             bool wants_histograms);

  // Steps to the next series; false after the last.
  bool Next();
  const AnyGroup& group() const { return *current_.group; }
  const Metric& metric() const { return *current_.metric(); }
  // "PREFIX.FIELD", until the next step.
  std::string_view name() const { return name_; }

 private:
  struct Cursor {
    const AnyGroup* group;
    const Metric* const* next;  // into the metrics of the group in order of name
    const Metric* const* end;
    const Metric* metric() const { return *next; }
  };
  using SortedMetrics = std::vector<const Metric*>;

  // Orders a heap with the least name on top.
  static bool IsAfter(const Cursor& a, const Cursor& b);
  const SortedMetrics& Sorted(absl::Span<const Metric> metrics);
  // Moves the top of the heap one metric on.
  void Advance();
  bool TopIsInOrder() const;
  bool IsWanted(const Metric& metric) const;

  const std::vector<std::shared_ptr<const AnyGroup>> groups_;
  const Selection& selection_;
  const bool wants_histograms_;
  absl::flat_hash_map<const Metric*, std::unique_ptr<SortedMetrics>> sorted_;
  std::vector<Cursor> heap_;
  bool is_started_ = false;
  Cursor current_{};
  std::string name_;
};

}  // namespace weir::stats
