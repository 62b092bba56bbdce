#include "source/config/suggest.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "source/base/strings.h"

namespace weir::config {

namespace {
constexpr size_t kMaxComparedLength = 200;
constexpr size_t kMaxQuotedLength = 64;
}  // namespace

size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  const size_t difference = a.size() < b.size() ? b.size() - a.size() : a.size() - b.size();
  if (difference > limit) return limit + 1;
  // Three rows of the usual table: a swap looks two back.
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    size_t smallest = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
      smallest = std::min(smallest, row[j]);
    }
    if (smallest > limit) return limit + 1;
    before.swap(last);
    last.swap(row);
  }
  return std::min(last[b.size()], limit + 1);
}

std::string_view Nearest(std::string_view typed, const std::vector<std::string_view>& known) {
  if (typed.size() > kMaxComparedLength) return {};
  std::string_view best;
  size_t best_distance = std::clamp<size_t>(typed.size() / 3, 1, 4) + 1;
  for (const std::string_view name : known) {
    const size_t distance = EditDistance(typed, name, best_distance - 1);
    if (distance >= best_distance) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

std::string DidYouMean(std::string_view typed, const std::vector<std::string_view>& known) {
  const std::string_view nearest = Nearest(typed, known);
  return nearest.empty() ? std::string() : base::StrCat(" (did you mean `", nearest, "`?)");
}

std::string Quote(std::string_view text) {
  const bool is_long = text.size() > kMaxQuotedLength;
  const std::string_view shown = text.substr(0, kMaxQuotedLength);
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(base::ToAbsl(shown)),
                      is_long ? "\"..." : "\"");
}

}  // namespace weir::config
