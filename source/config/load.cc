#include "source/config/load.h"

#include <climits>

#include "google/protobuf/descriptor.h"
#include "source/base/strings.h"
#include "source/config/message_checker.h"
#include "source/config/message_reader.h"
#include "source/config/text_document.h"
#include "source/config/type_urls.h"

namespace weir::config {

namespace {

using google::protobuf::Any;
using google::protobuf::Message;

// Remembers how many faults there were, so that a caller's earlier ones do not count.
class NewFaults {
 public:
  explicit NewFaults(const Faults& faults) : faults_(faults), before_(faults.faults().size()) {}
  bool none() const { return faults_.faults().size() == before_ && before_ < Faults::kMaxKept; }

 private:
  const Faults& faults_;
  const size_t before_;
};

// False when the text could not be read at all; faults inside it leave their fields unset.
bool ReadText(std::string_view text, Message& into, Faults& faults, const LoadOptions& options) {
  const int index = faults.source_map().AddDocument(options.source_name);
  const auto document = TextDocument::Parse(text, faults, index);
  if (document == nullptr) return false;
  faults.source_map().Attach(index, document);
  if (document->root().kind == TextNode::Kind::kNull) {
    faults.AddAt({1, 1, index}, "", "is empty");
    return false;
  }
  MessageReader(faults, {options.allow_unsupported, false}).Read(document->root(), into, {});
  return true;
}

void Validate(const Message& message, Faults& faults, const LoadOptions& options) {
  MessageChecker(faults, {options.allow_unsupported, true}).Check(message, {});
}

bool IsSameType(const Message& into, std::string_view type_url) {
  return TypeNameOf(type_url) == into.GetDescriptor()->full_name();
}

void AddWrongType(const Message& into, std::string_view type_url, Faults& faults) {
  const std::string_view name = TypeNameOf(type_url);
  faults.Add("", FindMessageType(name) == nullptr
                     ? ExplainUnknownType(type_url)
                     : base::StrCat("is of type `", name, "`, must be `",
                                    into.GetDescriptor()->full_name(), "`"));
}

// As ParseFromString().
bool Parse(std::string_view bytes, Message& into, Faults& faults) {
  if (bytes.size() <= INT_MAX &&
      into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return true;
  }
  faults.Add("", base::StrCat("its bytes are not a ", into.GetDescriptor()->full_name()));
  return false;
}

}  // namespace

bool LoadText(std::string_view text, Message& into, Faults& faults, const LoadOptions& options) {
  const NewFaults fresh(faults);
  if (ReadText(text, into, faults, options)) Validate(into, faults, options);
  return fresh.none();
}

bool MergeText(std::string_view text, Message& into, Faults& faults, const LoadOptions& options) {
  const NewFaults fresh(faults);
  const std::unique_ptr<Message> overlay(into.New());
  if (!ReadText(text, *overlay, faults, options)) return false;
  into.MergeFrom(*overlay);
  Validate(into, faults, options);
  return fresh.none();
}

bool Unpack(const Any& any, Message& into, Faults& faults, const LoadOptions& options) {
  const NewFaults fresh(faults);
  TypedStructContent content;
  if (!IsTypedStruct(TypeNameOf(any.type_url())) || IsSameType(into, any.type_url())) {
    if (!IsSameType(into, any.type_url())) {
      AddWrongType(into, any.type_url(), faults);
    } else {
      Parse(any.value(), into, faults);
    }
  } else if (!UnpackTypedStruct(any, content)) {
    faults.Add("", "its bytes are not a TypedStruct");
  } else if (!IsSameType(into, content.type_url)) {
    AddWrongType(into, content.type_url, faults);
  } else {
    into.Clear();
    const TextDocument document = TextDocument::FromStruct(content.value);
    MessageReader(faults, {options.allow_unsupported, true}).Read(document.root(), into, {});
  }
  if (fresh.none()) CheckMessage(into, faults, options);
  return fresh.none();
}

bool Decode(std::string_view bytes, Message& into, Faults& faults, const LoadOptions& options) {
  return Parse(bytes, into, faults) && CheckMessage(into, faults, options);
}

bool CheckMessage(const Message& message, Faults& faults, const LoadOptions& options) {
  const NewFaults fresh(faults);
  MessageChecker(faults, {options.allow_unsupported, false}).Check(message, {});
  return fresh.none();
}

std::string TypeUrlOf(const Any& any) {
  TypedStructContent content;
  return UnpackTypedStruct(any, content) ? content.type_url : any.type_url();
}

}  // namespace weir::config
