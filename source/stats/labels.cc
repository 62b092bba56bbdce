#include "source/stats/labels.h"

#include <cstring>

namespace weir::stats {
namespace {

// `prefix` without the first occurrence of `segments` (one or more, between dots).
std::string WithoutSegments(std::string prefix, std::string_view segments) {
  if (segments.empty()) return prefix;
  for (size_t at = prefix.find(segments); at != std::string::npos;
       at = prefix.find(segments, at + 1)) {
    const size_t end = at + segments.size();
    const bool starts_segment = at == 0 || prefix[at - 1] == '.';
    const bool ends_segment = end == prefix.size() || prefix[end] == '.';
    if (!starts_segment || !ends_segment) continue;
    // One dot goes with it, unless nothing else is there.
    if (at > 0) return prefix.erase(at - 1, segments.size() + 1);
    return prefix.erase(0, end < prefix.size() ? end + 1 : end);
  }
  return prefix;
}

std::string DeriveTagless(std::string_view prefix, const std::vector<Tag>& tags) {
  std::string tagless(prefix);
  for (const Tag& tag : tags) tagless = WithoutSegments(std::move(tagless), tag.value);
  return tagless;
}

std::unique_ptr<char[]> Pack(const std::vector<std::string_view>& pieces) {
  size_t text_bytes = 0;
  for (std::string_view piece : pieces) text_bytes += piece.size();
  const size_t table_bytes = (pieces.size() + 1) * sizeof(uint32_t);
  std::unique_ptr<char[]> block(new char[table_bytes + text_bytes]);
  auto* table = reinterpret_cast<uint32_t*>(block.get());
  *table++ = static_cast<uint32_t>(pieces.size());
  char* const text = block.get() + table_bytes;
  size_t end = 0;
  for (std::string_view piece : pieces) {
    end += piece.copy(text + end, piece.size());
    *table++ = static_cast<uint32_t>(end);
  }
  return block;
}

std::unique_ptr<char[]> PackLabels(std::string_view prefix, const std::vector<Tag>& tags,
                                   std::string_view tagless_prefix) {
  std::string derived;
  if (tagless_prefix.empty()) tagless_prefix = derived = DeriveTagless(prefix, tags);
  std::vector<std::string_view> pieces = {prefix, tagless_prefix};
  for (const Tag& tag : tags) {
    pieces.push_back(tag.name);
    pieces.push_back(tag.value);
  }
  return Pack(pieces);
}

}  // namespace

Labels::Labels(std::string_view prefix, const std::vector<Tag>& tags,
               std::string_view tagless_prefix)
    : block_(PackLabels(prefix, tags, tagless_prefix)) {}

std::string_view Labels::Piece(size_t index) const {
  const size_t begin = index == 0 ? 0 : ends()[index - 1];
  const char* text = reinterpret_cast<const char*>(ends() + header()->piece_count);
  return {text + begin, ends()[index] - begin};
}

}  // namespace weir::stats
