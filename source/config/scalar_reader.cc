// MessageReader's part for scalars: text → a field's number, switch, enum value, text or bytes.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/strings.h"
#include "source/config/envoy_fields.h"
#include "source/config/message_reader.h"
#include "source/config/scalar_text.h"
#include "source/config/suggest.h"
#include "source/config/value_rules.h"

namespace weir::config {

namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = TextNode::Kind;

const EnumValueDescriptor* FindEnumValue(const EnumDescriptor& type, const std::string& name) {
  if (const auto* value = type.FindValueByName(name)) return value;
  for (int i = 0; i < type.value_count(); ++i) {
    if (absl::EqualsIgnoreCase(type.value(i)->name(), name)) return type.value(i);
  }
  return nullptr;
}

std::vector<std::string_view> EnumNamesOf(const EnumDescriptor& type) {
  std::vector<std::string_view> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

std::string ExplainUnknownEnum(const EnumDescriptor& type, const std::string& text) {
  if (envoy_fields::HasMember(type.full_name(), text)) {
    return absl::StrCat(Quote(text), " is known to Envoy, not implemented by Weir");
  }
  std::vector<std::string> names;
  for (const std::string_view name : EnumNamesOf(type)) names.emplace_back(name);
  return absl::StrCat(Quote(text), " is not one of ", absl::StrJoin(names, ", "),
                      DidYouMean(absl::AsciiStrToUpper(text), EnumNamesOf(type)));
}

void StoreInteger(Message& message, const FieldDescriptor& field, absl::int128 value) {
  const auto& reflection = *message.GetReflection();
  const bool adds = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = static_cast<int32_t>(value);
      return adds ? reflection.AddInt32(&message, &field, number)
                  : reflection.SetInt32(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto number = static_cast<int64_t>(value);
      return adds ? reflection.AddInt64(&message, &field, number)
                  : reflection.SetInt64(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto number = static_cast<uint32_t>(value);
      return adds ? reflection.AddUInt32(&message, &field, number)
                  : reflection.SetUInt32(&message, &field, number);
    }
    default: {
      const auto number = static_cast<uint64_t>(value);
      return adds ? reflection.AddUInt64(&message, &field, number)
                  : reflection.SetUInt64(&message, &field, number);
    }
  }
}

// base64 with the usual or the URL-safe letters, padded or not.
bool DecodeBase64(const std::string& text, std::string& bytes) {
  return absl::Base64Unescape(text, &bytes) || absl::WebSafeBase64Unescape(text, &bytes);
}

}  // namespace

bool MessageReader::ReadScalar(const TextNode& node, const Slot& slot, const FieldPath& path) {
  if (node.kind != Kind::kScalar) {
    return Fail(path, node.kind == Kind::kNull   ? "must not be null"
                      : node.kind == Kind::kList ? "must be one value, not a list"
                                                 : "must be one value, not a map");
  }
  switch (slot.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadBool(node, slot, path);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ReadDouble(node, slot, path);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, slot, path);
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadString(node, slot, path);
    default:
      return ReadInteger(node, slot, path);
  }
}

bool MessageReader::ReadInteger(const TextNode& node, const Slot& slot, const FieldPath& path) {
  const ParsedInteger parsed = ParseInteger(node.text, node.is_quoted);
  const IntegerRange range = RangeOf(slot.field.cpp_type(), slot.rules);
  switch (parsed.fault) {
    case NumberFault::kNotNumber:
      return Fail(path, absl::StrCat(Quote(node.text), " is not a number"));
    case NumberFault::kNotWhole:
      return Fail(path, absl::StrCat(node.text, " is not a whole number"));
    case NumberFault::kTooLarge:
      return Fail(path,
                  absl::StrCat("value ", node.text.substr(0, 64), " is out of range (",
                               FormatInteger(range.min), " to ", FormatInteger(range.max), ")"));
    case NumberFault::kNone:
      break;
  }
  std::string fault = CheckInteger(parsed.value, range);
  if (!fault.empty()) return Fail(path, std::move(fault));
  StoreInteger(slot.message, slot.field, parsed.value);
  return true;
}

bool MessageReader::ReadDouble(const TextNode& node, const Slot& slot, const FieldPath& path) {
  const std::optional<double> value = ParseDouble(node.text);
  if (!value) return Fail(path, absl::StrCat(Quote(node.text), " is not a finite number"));
  const auto& reflection = *slot.message.GetReflection();
  const bool adds = slot.field.is_repeated();
  if (slot.field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
    const auto number = static_cast<float>(*value);
    adds ? reflection.AddFloat(&slot.message, &slot.field, number)
         : reflection.SetFloat(&slot.message, &slot.field, number);
  } else {
    adds ? reflection.AddDouble(&slot.message, &slot.field, *value)
         : reflection.SetDouble(&slot.message, &slot.field, *value);
  }
  return true;
}

bool MessageReader::ReadBool(const TextNode& node, const Slot& slot, const FieldPath& path) {
  const std::optional<bool> value = ParseBool(node.text, node.is_quoted);
  if (!value) return Fail(path, absl::StrCat(Quote(node.text), " is not true or false"));
  const auto& reflection = *slot.message.GetReflection();
  slot.field.is_repeated() ? reflection.AddBool(&slot.message, &slot.field, *value)
                           : reflection.SetBool(&slot.message, &slot.field, *value);
  return true;
}

bool MessageReader::ReadEnum(const TextNode& node, const Slot& slot, const FieldPath& path) {
  const EnumDescriptor& type = *slot.field.enum_type();
  const EnumValueDescriptor* value = FindEnumValue(type, node.text);
  int number = 0;
  if (value == nullptr && absl::SimpleAtoi(node.text, &number)) {
    value = type.FindValueByNumber(number);
    if (value == nullptr) {
      return Fail(path, ValueRules(nullptr).CheckEnum(type, number));
    }
  }
  if (value == nullptr) return Fail(path, ExplainUnknownEnum(type, node.text));
  const auto& reflection = *slot.message.GetReflection();
  slot.field.is_repeated() ? reflection.AddEnum(&slot.message, &slot.field, value)
                           : reflection.SetEnum(&slot.message, &slot.field, value);
  return true;
}

bool MessageReader::ReadString(const TextNode& node, const Slot& slot, const FieldPath& path) {
  std::string value = node.text;
  if (slot.field.type() == FieldDescriptor::TYPE_BYTES && !DecodeBase64(node.text, value)) {
    return Fail(path, absl::StrCat(Quote(node.text), " is not base64"));
  }
  const auto& reflection = *slot.message.GetReflection();
  slot.field.is_repeated() ? reflection.AddString(&slot.message, &slot.field, std::move(value))
                           : reflection.SetString(&slot.message, &slot.field, std::move(value));
  return true;
}

}  // namespace weir::config
