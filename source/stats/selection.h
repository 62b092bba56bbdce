// Which series a report shows, and where its text goes.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/stats/stats.h"

namespace weir::stats {

struct Selection {
  // Only counters that are not zero, histograms with records, gauges of groups in use.
  bool used_only = false;
  // Only this kind.
  std::optional<Kind> kind;
  // Asked with the full name, e.g. "cluster.web.upstream_rq_total"; none: all.
  std::function<bool(std::string_view name)> accepts;
  // Becomes true, on any thread, when nobody wants the report any more: it ends where it is. Null:
  // it never does.
  const std::atomic<bool>* is_abandoned = nullptr;

  bool is_over() const {
    return is_abandoned != nullptr && is_abandoned->load(std::memory_order_relaxed);
  }
};

// A predicate for Selection::accepts: names that have `text` in them.
inline std::function<bool(std::string_view)> Contains(std::string text) {
  return [text = std::move(text)](std::string_view name) {
    return name.find(text) != std::string_view::npos;
  };
}

// Receives a report piece by piece, in order; a piece is valid during the call only.
using Sink = absl::FunctionRef<void(std::string_view)>;

}  // namespace weir::stats
