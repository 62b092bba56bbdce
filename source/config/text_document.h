// YAML (and so JSON) as a tree of maps, lists and scalars with their places, read once.
//
// Text comes from people and may be hostile: it is bounded in depth and in what aliases expand to,
// must be UTF-8 without a byte order mark, and a mistake is a fault with line and column. The only
// file that knows yaml-cpp is text_document.cc; its exceptions end there. Immutable once read.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "source/config/faults.h"

namespace weir::config {

struct TextNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string key;
    Position position;  // of the key
    const TextNode* value;
  };

  const TextNode* FindKey(std::string_view key) const;

  Kind kind = Kind::kNull;
  bool is_quoted = false;  // a scalar in quotes or tagged !!str: text, whatever it looks like
  Position position;
  std::string text;                    // scalars
  std::vector<const TextNode*> items;  // lists
  std::vector<Entry> entries;          // maps, in the order of the text; a key may stand twice
};

class TextDocument {
 public:
  static constexpr int kMaxDepth = 100;
  // Values that all aliases together may stand for, counting repeats.
  static constexpr size_t kMaxAliasedValues = 100000;

  // Null when a fault was added. An empty text is a null root.
  // `index` is what the source map gave for it.
  static std::shared_ptr<const TextDocument> Parse(std::string_view text, Faults& faults,
                                                   int index = 0);
  // The same shape, without places.
  static TextDocument FromStruct(const google::protobuf::Struct& value);

  const TextNode& root() const { return *root_; }

  struct Place {
    Position position;
    size_t matched_length = 0;  // of the path
  };
  // Where `path`, or its longest part that is here, stands: the key for a field, else the item.
  Place Find(std::string_view path) const;

 private:
  friend class TreeBuilder;

  const TextNode* AddStruct(const google::protobuf::Struct& value);
  const TextNode* AddValue(const google::protobuf::Value& value);

  std::deque<TextNode> nodes_;  // addresses stay
  const TextNode* root_ = nullptr;
};

// "maxConnections" → "max_connections". What is snake_case stays.
std::string ToSnakeCase(std::string_view name);

}  // namespace weir::config
