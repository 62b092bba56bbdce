#include "source/config/json_writer.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "source/base/strings.h"
#include "source/base/utf8.h"
#include "source/config/load.h"
#include "source/config/redaction.h"
#include "source/config/scalar_text.h"
#include "source/config/type_urls.h"

namespace weir::config {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Numbers in text: JSON's own would lose digits of 64-bit integers.
std::string QuoteInteger(absl::int128 value) {
  return absl::StrCat("\"", FormatInteger(value), "\"");
}

// JSON has no numbers for these.
std::string NumberText(double value) {
  const std::string text = FormatDouble(value);
  const bool is_number = text.find_first_of("NI") == std::string::npos;
  return is_number ? text : absl::StrCat("\"", text, "\"");
}

bool IsWrapper(const Descriptor& type) {
  return type.file()->name() == "google/protobuf/wrappers.proto";
}

// The text of a map's key, which in JSON is always a string.
std::string KeyText(const Message& entry, const FieldDescriptor& field) {
  const auto& reflection = *entry.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(entry, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(entry, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(entry, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(entry, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(entry, &field));
    default:
      return absl::StrCat(reflection.GetUInt64(entry, &field));
  }
}

}  // namespace

void JsonWriter::Open(char bracket) {
  out_ += bracket;
  ++depth_;
  is_first_ = true;
}

void JsonWriter::Close(char bracket) {
  --depth_;
  if (!is_first_ && is_pretty_) {
    out_ += '\n';
    out_.append(depth_, ' ');
  }
  out_ += bracket;
  is_first_ = false;
}

void JsonWriter::Separate() {
  if (!is_first_) out_ += ',';
  is_first_ = false;
  if (!is_pretty_) return;
  out_ += '\n';
  out_.append(depth_, ' ');
}

void JsonWriter::WriteKey(std::string_view key) {
  Separate();
  WriteString(key);
  out_ += is_pretty_ ? ": " : ":";
}

// Escapes what JSON must, and < and > so that a browser that takes it for HTML finds no tags.
void JsonWriter::WriteString(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte >= 0x80) {
      // Bytes that are not UTF-8 become the replacement character.
      const size_t end = std::min(text.find_first_of("\"\\<>"), text.size());
      const size_t valid = base::ValidUtf8Length(text.substr(0, end));
      size_t taken = 0;
      while (taken < valid && static_cast<unsigned char>(text[taken]) >= 0x80) ++taken;
      base::StrAppend(&out_, taken == 0 ? std::string_view("\\ufffd") : text.substr(0, taken));
      text.remove_prefix(std::max<size_t>(taken, 1));
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out_ += '\\';
      out_ += text.front();
    } else if (byte == '\n') {
      out_ += "\\n";
    } else if (byte == '\r') {
      out_ += "\\r";
    } else if (byte == '\t') {
      out_ += "\\t";
    } else if (byte < 0x20 || byte == 0x7F || byte == '<' || byte == '>') {
      out_ += absl::StrFormat("\\u%04x", byte);
    } else {
      out_ += text.front();
    }
    text.remove_prefix(1);
  }
  out_ += '"';
}

void JsonWriter::WriteMessage(const Message& message) {
  if (WriteOwnForm(message)) return;
  Open('{');
  WriteFields(message);
  Close('}');
}

bool JsonWriter::WriteOwnForm(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (IsWrapper(type)) {
    WriteValue(message, *type.field(0), -1);
    return true;
  }
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      WriteAny(message);
      return true;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      WriteString(FormatDuration(*DynamicCastToGenerated<google::protobuf::Duration>(&message)));
      return true;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      WriteString(FormatTimestamp(*DynamicCastToGenerated<google::protobuf::Timestamp>(&message)));
      return true;
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      WriteMap(message, *type.FindFieldByName("fields"));
      return true;
    case Descriptor::WELLKNOWNTYPE_LISTVALUE: {
      const Field& values = *type.FindFieldByName("values");
      Open('[');
      for (int i = 0; i < message.GetReflection()->FieldSize(message, &values); ++i) {
        Separate();
        WriteValue(message, values, i);
      }
      Close(']');
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_VALUE: {
      const Field* kind =
          message.GetReflection()->GetOneofFieldDescriptor(message, type.oneof_decl(0));
      if (kind == nullptr || kind->cpp_type() == Field::CPPTYPE_ENUM) {
        out_ += "null";
      } else {
        WriteValue(message, *kind, -1);
      }
      return true;
    }
    default:
      return false;
  }
}

void JsonWriter::WriteFields(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const Field& field = *type.field(i);
    const bool is_set = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                            : reflection.HasField(message, &field);
    if (is_set) WriteField(message, field);
  }
}

void JsonWriter::WriteField(const Message& message, const Field& field) {
  WriteKey(field.name());
  if (IsSecretField(field)) {
    is_secret_ = true;
    WriteContent(message, field);
    is_secret_ = false;
  } else {
    WriteContent(message, field);
  }
}

void JsonWriter::WriteContent(const Message& message, const Field& field) {
  if (field.is_map()) return WriteMap(message, field);
  if (!field.is_repeated()) return WriteValue(message, field, -1);
  Open('[');
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    Separate();
    WriteValue(message, field, i);
  }
  Close(']');
}

void JsonWriter::WriteMap(const Message& message, const Field& field) {
  const auto& reflection = *message.GetReflection();
  const Field& key = *field.message_type()->map_key();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    entries.emplace_back(KeyText(entry, key), &entry);
  }
  std::sort(entries.begin(), entries.end());
  Open('{');
  for (const auto& [text, entry] : entries) {
    WriteKey(text);
    WriteValue(*entry, *field.message_type()->map_value(), -1);
  }
  Close('}');
}

void JsonWriter::WriteValue(const Message& message, const Field& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool is_one = index < 0;
  switch (field.cpp_type()) {
    case Field::CPPTYPE_BOOL:
      out_ += (is_one ? reflection.GetBool(message, &field)
                      : reflection.GetRepeatedBool(message, &field, index))
                  ? "true"
                  : "false";
      break;
    case Field::CPPTYPE_INT32:
      absl::StrAppend(&out_, is_one ? reflection.GetInt32(message, &field)
                                    : reflection.GetRepeatedInt32(message, &field, index));
      break;
    case Field::CPPTYPE_UINT32:
      absl::StrAppend(&out_, is_one ? reflection.GetUInt32(message, &field)
                                    : reflection.GetRepeatedUInt32(message, &field, index));
      break;
    case Field::CPPTYPE_INT64:
      out_ += QuoteInteger(is_one ? reflection.GetInt64(message, &field)
                                  : reflection.GetRepeatedInt64(message, &field, index));
      break;
    case Field::CPPTYPE_UINT64:
      out_ += QuoteInteger(is_one ? reflection.GetUInt64(message, &field)
                                  : reflection.GetRepeatedUInt64(message, &field, index));
      break;
    case Field::CPPTYPE_DOUBLE:
      out_ += NumberText(is_one ? reflection.GetDouble(message, &field)
                                : reflection.GetRepeatedDouble(message, &field, index));
      break;
    case Field::CPPTYPE_FLOAT:
      out_ += NumberText(is_one ? reflection.GetFloat(message, &field)
                                : reflection.GetRepeatedFloat(message, &field, index));
      break;
    case Field::CPPTYPE_ENUM:
      WriteEnum(message, field, index);
      break;
    case Field::CPPTYPE_STRING: {
      if (is_secret_ && field.name().rfind("inline_", 0) == 0) return WriteString(kRedacted);
      const std::string text = is_one ? reflection.GetString(message, &field)
                                      : reflection.GetRepeatedString(message, &field, index);
      WriteString(field.type() == Field::TYPE_BYTES ? absl::Base64Escape(text) : text);
      break;
    }
    case Field::CPPTYPE_MESSAGE:
      WriteMessage(is_one ? reflection.GetMessage(message, &field)
                          : reflection.GetRepeatedMessage(message, &field, index));
      break;
  }
}

void JsonWriter::WriteEnum(const Message& message, const Field& field, int index) {
  const auto& reflection = *message.GetReflection();
  const int number = index < 0 ? reflection.GetEnumValue(message, &field)
                               : reflection.GetRepeatedEnumValue(message, &field, index);
  const auto* value = field.enum_type()->FindValueByNumber(number);
  if (value != nullptr) return WriteString(value->name());
  absl::StrAppend(&out_, number);
}

void JsonWriter::WriteAny(const Message& message) {
  const auto& any = *DynamicCastToGenerated<google::protobuf::Any>(&message);
  Open('{');
  if (!any.type_url().empty()) {
    WriteKey("@type");
    WriteString(any.type_url());
  }
  const Descriptor* type = FindMessageType(TypeNameOf(any.type_url()));
  const auto content = type == nullptr ? nullptr : NewMessage(*type);
  if (content == nullptr || !content->ParseFromString(any.value())) {
    if (!any.value().empty()) {
      WriteKey("value");
      WriteString(absl::Base64Escape(any.value()));
    }
  } else if (type->well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    WriteKey("value");
    WriteMessage(*content);
  } else {
    // Its value is JSON already, in which no field says what it is.
    if (IsTypedStruct(type->full_name())) Redact(*content);
    WriteFields(*content);
  }
  Close('}');
}

std::string ToJson(const Message& message, bool pretty) {
  JsonWriter writer(pretty);
  writer.WriteMessage(message);
  return writer.Take();
}

}  // namespace weir::config
