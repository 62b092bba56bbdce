#include "source/stats/labels.h"

#include <new>
#include <string>

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

}  // namespace

const Labels::Block* Labels::Pack(const std::vector<std::string_view>& pieces) {
  size_t text_bytes = 0;
  for (std::string_view piece : pieces) text_bytes += piece.size();
  const size_t table_bytes = pieces.size() * sizeof(uint32_t);
  void* const memory = ::operator new(sizeof(Block) + table_bytes + text_bytes);
  auto* const block = new (memory) Block{{1}, static_cast<uint32_t>(pieces.size())};
  auto* table = reinterpret_cast<uint32_t*>(block + 1);
  char* const text = reinterpret_cast<char*>(table) + table_bytes;
  size_t end = 0;
  for (std::string_view piece : pieces) {
    end += piece.copy(text + end, piece.size());
    *table++ = static_cast<uint32_t>(end);
  }
  return block;
}

Labels::Labels(std::string_view prefix, const std::vector<Tag>& tags,
               std::string_view tagless_prefix) {
  std::string derived;
  if (tagless_prefix.empty()) tagless_prefix = derived = DeriveTagless(prefix, tags);
  std::vector<std::string_view> pieces = {prefix, tagless_prefix};
  for (const Tag& tag : tags) {
    pieces.push_back(tag.name);
    pieces.push_back(tag.value);
  }
  block_ = Pack(pieces);
}

Labels::~Labels() {
  if (block_->uses.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  block_->~Block();
  ::operator delete(const_cast<Block*>(block_));
}

std::string_view Labels::Piece(size_t index) const {
  const size_t begin = index == 0 ? 0 : ends()[index - 1];
  const char* text = reinterpret_cast<const char*>(ends() + block_->piece_count);
  return {text + begin, ends()[index] - begin};
}

}  // namespace weir::stats
