#include "source/stats/series_walk.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::stats {
namespace {

// Whether a.b comes after c.d, without joining them in the common cases.
bool JoinedIsAfter(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
  const size_t shared = std::min(a.size(), c.size());
  if (const int order = a.substr(0, shared).compare(c.substr(0, shared)); order != 0) {
    return order > 0;
  }
  if (a.size() == c.size()) return b > d;
  const std::string rest_ab = base::StrCat(a.substr(shared), ".", b);
  const std::string rest_cd = base::StrCat(c.substr(shared), ".", d);
  return rest_ab > rest_cd;
}

}  // namespace

SeriesWalk::SeriesWalk(std::vector<std::shared_ptr<const AnyGroup>> groups,
                       const Selection& selection, bool wants_histograms)
    : groups_(std::move(groups)), selection_(selection), wants_histograms_(wants_histograms) {
  heap_.reserve(groups_.size());
  for (const auto& group : groups_) {
    if (selection.used_only && !group->is_used()) continue;
    const SortedMetrics& metrics = Sorted(group->metrics());
    if (!metrics.empty()) {
      heap_.push_back({group.get(), metrics.data(), metrics.data() + metrics.size()});
    }
  }
  std::make_heap(heap_.begin(), heap_.end(), IsAfter);
}

bool SeriesWalk::IsAfter(const Cursor& a, const Cursor& b) {
  return JoinedIsAfter(a.group->prefix(), a.metric()->name, b.group->prefix(), b.metric()->name);
}

bool SeriesWalk::IsWanted(const Metric& metric) const {
  if ((metric.kind == Kind::kHistogram) != wants_histograms_) return false;
  return !selection_.kind.has_value() || *selection_.kind == metric.kind;
}

const SeriesWalk::SortedMetrics& SeriesWalk::Sorted(absl::Span<const Metric> metrics) {
  std::unique_ptr<SortedMetrics>& sorted = sorted_[metrics.data()];
  if (sorted == nullptr) {
    sorted = std::make_unique<SortedMetrics>();
    for (const Metric& metric : metrics) {
      if (IsWanted(metric)) sorted->push_back(&metric);
    }
    std::sort(sorted->begin(), sorted->end(),
              [](const Metric* a, const Metric* b) { return a->name < b->name; });
  }
  return *sorted;
}

bool SeriesWalk::Next() {
  while (true) {
    if (is_started_ && !heap_.empty()) Advance();
    is_started_ = true;
    if (heap_.empty() || selection_.is_over()) return false;
    current_ = heap_.front();
    name_.assign(current_.group->prefix());
    base::StrAppend(&name_, ".", current_.metric()->name);
    if (!selection_.accepts || selection_.accepts(name_)) return true;
  }
}

void SeriesWalk::Advance() {
  Cursor& top = heap_.front();
  const bool is_exhausted = ++top.next == top.end;
  // A group's series mostly follow one another: then the heap need not be touched.
  if (!is_exhausted && TopIsInOrder()) return;
  // pop_heap compares the other cursors only: it moves the top away before it looks.
  std::pop_heap(heap_.begin(), heap_.end(), IsAfter);
  if (is_exhausted) {
    heap_.pop_back();
  } else {
    std::push_heap(heap_.begin(), heap_.end(), IsAfter);
  }
}

bool SeriesWalk::TopIsInOrder() const {
  const size_t children_end = std::min<size_t>(heap_.size(), 3);
  for (size_t i = 1; i < children_end; ++i) {
    if (IsAfter(heap_[0], heap_[i])) return false;
  }
  return true;
}

}  // namespace weir::stats
