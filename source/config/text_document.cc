#include "source/config/text_document.h"

#include <charconv>
#include <limits>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "source/base/strings.h"
#include "source/base/utf8.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace weir::config {

using Kind = TextNode::Kind;

// Turns yaml-cpp's events into nodes. After a mistake it only remembers that one.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(TextDocument& document, int index) : document_(document), index_(index) {}

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  Position error_position() const { return error_position_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Insert(Kind::kNull, mark, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Kind::kList, mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Kind::kMap, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    TextNode* node;
    size_t anchor_index;
    size_t value_count = 1;  // of the subtree, aliases expanded
    int height = 1;
    bool has_key = false;
    bool drops_value = false;  // the key is tagged !ignore, as Envoy allows
  };
  struct Anchor {
    const TextNode* node = nullptr;  // null while it is still open
    size_t value_count = 0;
    int height = 0;
  };

  Position PositionOf(const YAML::Mark& mark) const {
    return {mark.line + 1, mark.column + 1, index_};
  }
  void Fail(const YAML::Mark& mark, std::string error) {
    if (failed()) return;
    error_ = std::move(error);
    error_position_ = PositionOf(mark);
  }
  Anchor& AnchorAt(size_t index) {
    if (anchors_.size() <= index) anchors_.resize(index + 1);
    return anchors_[index];
  }
  TextNode* NewNode(Kind kind, const YAML::Mark& mark);
  TextNode* Insert(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void Open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void Close();
  // Puts a finished or opened node where the innermost frame expects one.
  bool Attach(const TextNode* node, const YAML::Mark& mark);
  bool TakesKey() const {
    return !frames_.empty() && frames_.back().node->kind == Kind::kMap && !frames_.back().has_key;
  }

  TextDocument& document_;
  const int index_;
  std::vector<Frame> frames_;
  std::vector<Anchor> anchors_;
  size_t aliased_value_count_ = 0;
  std::string error_;
  Position error_position_;
};

TextNode* TreeBuilder::NewNode(Kind kind, const YAML::Mark& mark) {
  TextNode& node = document_.nodes_.emplace_back();
  node.kind = kind;
  node.position = PositionOf(mark);
  return &node;
}

bool TreeBuilder::Attach(const TextNode* node, const YAML::Mark& mark) {
  if (frames_.empty()) {
    document_.root_ = node;
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.node->kind == Kind::kList) {
    frame.node->items.push_back(node);
    return true;
  }
  if (!frame.has_key) {
    Fail(mark, "a key must be plain text");
    return false;
  }
  frame.has_key = false;
  if (frame.drops_value) {
    frame.node->entries.pop_back();
  } else {
    frame.node->entries.back().value = node;
  }
  frame.drops_value = false;
  return true;
}

TextNode* TreeBuilder::Insert(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (failed()) return nullptr;
  TextNode* node = NewNode(kind, mark);
  if (!Attach(node, mark)) return nullptr;
  if (anchor != 0) AnchorAt(anchor) = {node, 1, 1};
  if (!frames_.empty()) ++frames_.back().value_count;
  return node;
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  if (failed()) return;
  if (TakesKey()) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.drops_value = tag == "!ignore";
    frame.node->entries.push_back({value, PositionOf(mark), nullptr});
    if (anchor != 0) {
      TextNode* node = NewNode(Kind::kScalar, mark);
      node->text = value;
      AnchorAt(anchor) = {node, 1, 1};
    }
    return;
  }
  if (TextNode* node = Insert(Kind::kScalar, mark, anchor)) {
    node->text = value;
    node->is_quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
  }
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (failed()) return;
  const Anchor target = AnchorAt(anchor);
  if (target.node == nullptr) return Fail(mark, "an alias stands inside what it stands for");
  if (TakesKey()) return Fail(mark, "a key must be plain text");
  aliased_value_count_ += target.value_count;
  if (aliased_value_count_ > TextDocument::kMaxAliasedValues) {
    return Fail(mark, absl::StrCat("aliases stand for more than ", TextDocument::kMaxAliasedValues,
                                   " values in all"));
  }
  if (static_cast<int>(frames_.size()) + target.height > TextDocument::kMaxDepth) {
    return Fail(mark, absl::StrCat("nested more than ", TextDocument::kMaxDepth, " deep"));
  }
  if (!Attach(target.node, mark) || frames_.empty()) return;
  Frame& frame = frames_.back();
  frame.value_count += target.value_count;
  frame.height = std::max(frame.height, target.height + 1);
}

void TreeBuilder::Open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (failed()) return;
  if (frames_.size() >= TextDocument::kMaxDepth) {
    return Fail(mark, absl::StrCat("nested more than ", TextDocument::kMaxDepth, " deep"));
  }
  TextNode* node = NewNode(kind, mark);
  if (!Attach(node, mark)) return;
  if (anchor != 0) AnchorAt(anchor) = {};
  frames_.push_back({node, anchor});
}

void TreeBuilder::Close() {
  if (failed()) return;
  const Frame closed = frames_.back();
  frames_.pop_back();
  if (closed.anchor_index != 0) {
    AnchorAt(closed.anchor_index) = {closed.node, closed.value_count, closed.height};
  }
  if (frames_.empty()) return;
  frames_.back().value_count += closed.value_count;
  frames_.back().height = std::max(frames_.back().height, closed.height + 1);
}

namespace {

Position PositionAt(std::string_view text, size_t offset, int index) {
  Position position{1, 1, index};
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
  }
  return position;
}

// What yaml-cpp would take in its own way: UTF-16, other control characters, broken UTF-8.
bool CheckBytes(std::string_view text, Faults& faults, int index) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF" || text.substr(0, 2) == "\xFF\xFE" ||
      text.substr(0, 2) == "\xFE\xFF") {
    faults.AddAt({1, 1, index}, "", "begins with a byte order mark; save it as UTF-8 without one");
    return false;
  }
  const size_t valid = base::ValidUtf8Length(text);
  if (valid < text.size()) {
    faults.AddAt(PositionAt(text, valid, index), "", "is not UTF-8 here");
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      faults.AddAt(PositionAt(text, i, index), "", "holds a control character here");
      return false;
    }
  }
  return true;
}

// JSON writes characters beyond the first 65,536 as two \u escapes, which YAML does not know.
std::string JoinSurrogates(std::string_view text) {
  std::string out(text);
  for (size_t at = out.find("\\u"); at != std::string::npos; at = out.find("\\u", at + 2)) {
    // An even number of backslashes before it are escaped ones.
    size_t first = at;
    while (first > 0 && out[first - 1] == '\\') --first;
    if ((at - first) % 2 != 0 || out.size() < at + 12 || out.compare(at + 6, 2, "\\u") != 0)
      continue;
    uint32_t high = 0, low = 0;
    const char* digits = out.data() + at;
    if (std::from_chars(digits + 2, digits + 6, high, 16).ptr != digits + 6 ||
        std::from_chars(digits + 8, digits + 12, low, 16).ptr != digits + 12) {
      continue;
    }
    if (high < 0xD800 || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) continue;
    const uint32_t code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    out.replace(at, 12, absl::StrCat("\\U", absl::Hex(code, absl::kZeroPad8)));
  }
  return out;
}

bool IsJson(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && (text[start] == '{' || text[start] == '[');
}

// yaml-cpp's complaint about a tab names what it then missed.
std::string ExplainError(std::string_view text, const YAML::Exception& error) {
  for (int line = 0; line < error.mark.line; ++line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const std::string_view indent = text.substr(0, text.find_first_not_of(" \t"));
  if (indent.find('\t') != std::string_view::npos) {
    return "a tab in the indentation; YAML takes spaces";
  }
  return absl::StrCat("is not YAML here: ", error.msg);
}

}  // namespace

const TextNode* TextNode::FindKey(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return entry.value;
  }
  return nullptr;
}

std::shared_ptr<const TextDocument> TextDocument::Parse(std::string_view text, Faults& faults,
                                                        int index) {
  if (!CheckBytes(text, faults, index)) return nullptr;
  auto document = std::make_shared<TextDocument>();
  TreeBuilder builder(*document, index);
  std::istringstream stream(IsJson(text) ? JoinSurrogates(text) : std::string(text));
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (!builder.failed() && parser.HandleNextDocument(builder)) {
      faults.AddAt({1, 1, index}, "", "holds more than one YAML document");
      return nullptr;
    }
  } catch (const YAML::Exception& error) {
    if (!builder.failed()) {
      const bool has_mark = error.mark.line >= 0;
      const Position position{error.mark.line + 1, error.mark.column + 1, index};
      faults.AddAt(has_mark ? position : Position{1, 1, index}, "", ExplainError(text, error));
      return nullptr;
    }
  } catch (const std::exception& error) {
    faults.AddAt({1, 1, index}, "", absl::StrCat("cannot be read: ", error.what()));
    return nullptr;
  }
  if (builder.failed()) {
    faults.AddAt(builder.error_position(), "", builder.error());
    return nullptr;
  }
  if (document->root_ == nullptr) document->root_ = &document->nodes_.emplace_back();
  return document;
}

TextDocument TextDocument::FromStruct(const google::protobuf::Struct& value) {
  TextDocument document;
  document.root_ = document.AddStruct(value);
  return document;
}

const TextNode* TextDocument::AddStruct(const google::protobuf::Struct& value) {
  TextNode& node = nodes_.emplace_back();
  node.kind = Kind::kMap;
  for (const auto& [key, member] : value.fields()) {
    node.entries.push_back({key, Position(), AddValue(member)});
  }
  // The map has no order of its own, and faults should come in the same one each time.
  std::sort(node.entries.begin(), node.entries.end(),
            [](const TextNode::Entry& a, const TextNode::Entry& b) { return a.key < b.key; });
  return &node;
}

const TextNode* TextDocument::AddValue(const google::protobuf::Value& value) {
  if (value.has_struct_value()) return AddStruct(value.struct_value());
  TextNode& node = nodes_.emplace_back();
  switch (value.kind_case()) {
    case google::protobuf::Value::kListValue:
      node.kind = Kind::kList;
      for (const auto& item : value.list_value().values()) node.items.push_back(AddValue(item));
      break;
    case google::protobuf::Value::kStringValue:
      node.kind = Kind::kScalar;
      node.is_quoted = true;
      node.text = value.string_value();
      break;
    case google::protobuf::Value::kBoolValue:
      node.kind = Kind::kScalar;
      node.text = value.bool_value() ? "true" : "false";
      break;
    case google::protobuf::Value::kNumberValue: {
      node.kind = Kind::kScalar;
      char digits[32];
      node.text.assign(digits,
                       std::to_chars(digits, digits + sizeof(digits), value.number_value()).ptr);
      break;
    }
    default:
      break;
  }
  return &node;
}

namespace {

// One step of a path: ".name" or "[key]".
struct Step {
  std::string_view name;
  bool is_bracketed;
};

Step TakeStep(std::string_view& rest) {
  if (rest.front() == '[') {
    const size_t end = std::min(rest.find(']'), rest.size() - 1);
    const Step step{rest.substr(1, end - 1), true};
    rest.remove_prefix(end + 1);
    return step;
  }
  if (rest.front() == '.') rest.remove_prefix(1);
  const Step step{rest.substr(0, rest.find_first_of(".[")), false};
  rest.remove_prefix(step.name.size());
  return step;
}

const TextNode::Entry* FindEntry(const TextNode& node, const Step& step) {
  for (const TextNode::Entry& entry : node.entries) {
    if (entry.key == step.name) return &entry;
    if (!step.is_bracketed && ToSnakeCase(entry.key) == step.name) return &entry;
  }
  // The fields of a TypedStruct stand one level deeper than in the message it becomes.
  const TextNode* type = node.FindKey("@type");
  const TextNode* value = node.FindKey("value");
  if (type == nullptr || value == nullptr) return nullptr;
  return absl::StrContains(type->text, "TypedStruct") ? FindEntry(*value, step) : nullptr;
}

}  // namespace

TextDocument::Place TextDocument::Find(std::string_view path) const {
  Place place{root_->position, 0};
  const TextNode* node = root_;
  std::string_view rest = path;
  while (!rest.empty()) {
    const Step step = TakeStep(rest);
    if (node->kind == Kind::kList && step.is_bracketed) {
      size_t index = 0;
      if (!absl::SimpleAtoi(base::ToAbsl(step.name), &index) || index >= node->items.size()) break;
      node = node->items[index];
      place.position = node->position;
    } else {
      const TextNode::Entry* entry = FindEntry(*node, step);
      if (entry == nullptr) break;
      node = entry->value;
      place.position = entry->position;
    }
    place.matched_length = path.size() - rest.size();
  }
  return place;
}

std::string ToSnakeCase(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) {
      if (!out.empty()) out += '_';
      out += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace weir::config
