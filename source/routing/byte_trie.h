// A radix tree over byte strings that finds every key that is a prefix of a text in one walk:
// path prefixes, and wildcard domains (from the front, or from the back with BackwardText).
//
//   ByteTrie trie({{"/", 0}, {"/api/", 1}});
//   trie.Walk(ForwardText("/api/users"), [](uint32_t value, size_t key_size) { … });  // 0, then 1
//
// The cost of a walk depends on the text and on the branching along it, not on the number of keys.
// Immutable, thread-safe, allocates nothing after construction.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/routing/folded_text.h"

namespace weir::routing {

// The ways a walk can read a text.
struct ForwardText {
  std::string_view bytes;
  char operator[](size_t i) const { return bytes[i]; }
};
struct FoldedText {
  std::string_view bytes;
  char operator[](size_t i) const { return FoldByte(bytes[i]); }
};
struct FoldedBackwardText {
  std::string_view bytes;
  char operator[](size_t i) const { return FoldByte(bytes[bytes.size() - 1 - i]); }
};

class ByteTrie {
 public:
  using Entry = std::pair<std::string, uint32_t>;
  // Values are below kNone.
  static constexpr uint32_t kNone = UINT32_MAX;

  ByteTrie() = default;
  // Keys are unique, in any order.
  explicit ByteTrie(std::vector<Entry> entries);

  bool empty() const { return nodes_.empty(); }

  // Calls visit(value, key size) for each key that `text` begins with, shortest first.
  template <class Text, class Visit>
  void Walk(Text text, Visit&& visit) const {
    if (nodes_.empty()) return;
    size_t at = 0;
    for (const Node* node = &nodes_[0];;) {
      if (node->value != kNone) visit(node->value, at);
      if (at == text.bytes.size() || node->child_count == 0) return;
      const char* firsts = first_bytes_.data() + node->first_child;
      const void* hit =
          std::memchr(firsts, static_cast<unsigned char>(text[at]), node->child_count);
      if (hit == nullptr) return;
      node = &nodes_[node->first_child + (static_cast<const char*>(hit) - firsts)];
      if (node->label_size > text.bytes.size() - at || !LabelFits(*node, text, at)) return;
      at += node->label_size;
    }
  }

 private:
  struct Node {
    uint32_t label = 0;  // where in labels_
    uint32_t label_size = 0;
    uint32_t first_child = 0;
    uint32_t child_count = 0;
    uint32_t value = kNone;
  };
  // The entries [begin, end), all of which begin with the same `depth` bytes, belong below `node`.
  struct Range {
    uint32_t node;
    size_t begin, end, depth;
  };

  template <class Text>
  bool LabelFits(const Node& node, Text text, size_t at) const {
    const char* label = labels_.data() + node.label;
    // The first byte chose the node.
    for (uint32_t i = 1; i < node.label_size; ++i) {
      if (label[i] != text[at + i]) return false;
    }
    return true;
  }
  void AddChild(const std::vector<Entry>& entries, Range range, std::vector<Range>& open);

  std::vector<Node> nodes_;  // children of a node lie next to each other
  std::string first_bytes_;  // of the labels, one a node
  std::string labels_;
};

}  // namespace weir::routing
