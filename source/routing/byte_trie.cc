#include "source/routing/byte_trie.h"

#include <algorithm>

namespace weir::routing {

ByteTrie::ByteTrie(std::vector<Entry> entries) {
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end());
  nodes_.emplace_back();
  first_bytes_.push_back('\0');  // the root has no label
  // Breadth first, so that siblings get neighbouring nodes.
  std::vector<Range> open = {{0, 0, entries.size(), 0}};
  for (size_t next = 0; next < open.size(); ++next) {
    Range range = open[next];
    if (entries[range.begin].first.size() == range.depth) {
      nodes_[range.node].value = entries[range.begin++].second;
    }
    nodes_[range.node].first_child = static_cast<uint32_t>(nodes_.size());
    while (range.begin < range.end) {
      const char first = entries[range.begin].first[range.depth];
      size_t end = range.begin + 1;
      while (end < range.end && entries[end].first[range.depth] == first) ++end;
      ++nodes_[range.node].child_count;
      AddChild(entries, {0, range.begin, end, range.depth}, open);
      range.begin = end;
    }
  }
}

void ByteTrie::AddChild(const std::vector<Entry>& entries, Range range, std::vector<Range>& open) {
  // Sorted: what the first and the last share, all share.
  const std::string& first = entries[range.begin].first;
  const std::string& last = entries[range.end - 1].first;
  const size_t most = std::min(first.size(), last.size());
  size_t depth = range.depth;
  while (depth < most && first[depth] == last[depth]) ++depth;

  Node node;
  node.label = static_cast<uint32_t>(labels_.size());
  node.label_size = static_cast<uint32_t>(depth - range.depth);
  labels_.append(first, range.depth, node.label_size);
  first_bytes_.push_back(first[range.depth]);
  open.push_back({static_cast<uint32_t>(nodes_.size()), range.begin, range.end, depth});
  nodes_.push_back(node);
}

}  // namespace weir::routing
