#include "source/config/well_known_reader.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "source/config/scalar_text.h"
#include "source/config/suggest.h"

namespace weir::config {

namespace {

using google::protobuf::Descriptor;
using Kind = TextNode::Kind;

// Numbers that a double holds exactly; greater ones stay text.
constexpr int64_t kMaxExactInteger = int64_t{1} << 53;

template <class Proto>
Proto& As(google::protobuf::Message& message) {
  return *google::protobuf::DynamicCastToGenerated<Proto>(&message);
}

// {seconds: 1, nanos: 500000000}
std::string ReadDurationParts(const TextNode& node, google::protobuf::Duration& into) {
  for (const TextNode::Entry& entry : node.entries) {
    const bool is_seconds = entry.key == "seconds";
    if (!is_seconds && entry.key != "nanos") {
      return absl::StrCat("unknown field ", Quote(entry.key),
                          "; a duration has `seconds` and `nanos`");
    }
    const ParsedInteger number = ParseInteger(entry.value->text, entry.value->is_quoted);
    if (entry.value->kind != Kind::kScalar || number.fault != NumberFault::kNone ||
        number.value != absl::int128(static_cast<int64_t>(number.value))) {
      return absl::StrCat("`", entry.key, "` must be a whole number");
    }
    const auto value = static_cast<int64_t>(number.value);
    if (is_seconds) {
      into.set_seconds(value);
    } else if (value > -1000000000 && value < 1000000000) {
      into.set_nanos(static_cast<int32_t>(value));
    } else {
      return absl::StrCat("`nanos` ", value, " is out of range (0 to 999999999)");
    }
  }
  return IsValidDuration(into) ? "" : "is not a valid duration";
}

// "10" was meant as seconds, "250ms" and "5m" as what other tools take.
std::string SuggestDuration(const std::string& text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"us", 1e-6}, {"ms", 1e-3}, {"m", 60},
                             {"min", 60},  {"h", 3600},  {"", 1}};
  const size_t digits_end = text.find_last_of("0123456789") + 1;
  const std::optional<double> number = ParseDouble(text.substr(0, digits_end));
  if (!number || *number < 0 || *number > 1e9) return {};
  for (const Unit& unit : kUnits) {
    if (text.substr(digits_end) != unit.name) continue;
    return absl::StrCat(" (did you mean `", FormatDouble(*number * unit.seconds), "s`?)");
  }
  return {};
}

std::string ReadDuration(const TextNode& node, google::protobuf::Duration& into) {
  if (node.kind == Kind::kMap) return ReadDurationParts(node, into);
  if (node.kind != Kind::kScalar) return "must be a duration such as \"1.5s\"";
  const auto parsed = ParseDuration(node.text);
  if (!parsed) {
    return absl::StrCat(Quote(node.text), " is not a duration such as \"1.5s\"",
                        SuggestDuration(node.text));
  }
  into = *parsed;
  return {};
}

std::string ReadTimestamp(const TextNode& node, google::protobuf::Timestamp& into) {
  const auto parsed = node.kind == Kind::kScalar ? ParseTimestamp(node.text) : std::nullopt;
  if (!parsed) return "must be a time such as \"2026-01-02T03:04:05Z\"";
  into = *parsed;
  return {};
}

std::string ReadListValue(const TextNode& node, google::protobuf::ListValue& into) {
  if (node.kind != Kind::kList) return "must be a list";
  for (const TextNode* item : node.items) {
    std::string fault = ReadValue(*item, *into.add_values());
    if (!fault.empty()) return fault;
  }
  return {};
}

void ReadPlainScalar(const std::string& text, google::protobuf::Value& into) {
  if (const auto flag = ParseBool(text, false)) return into.set_bool_value(*flag);
  const ParsedInteger integer = ParseInteger(text, false);
  if (integer.fault == NumberFault::kNone) {
    const bool is_exact = integer.value <= kMaxExactInteger && integer.value >= -kMaxExactInteger;
    if (!is_exact) return into.set_string_value(text);
    return into.set_number_value(static_cast<double>(integer.value));
  }
  if (const auto number = ParseDouble(text)) return into.set_number_value(*number);
  into.set_string_value(text);
}

}  // namespace

bool IsWellKnown(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DURATION:
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return true;
    default:
      return false;
  }
}

std::string ReadWellKnown(const TextNode& node, google::protobuf::Message& into) {
  switch (into.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return ReadDuration(node, As<google::protobuf::Duration>(into));
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return ReadTimestamp(node, As<google::protobuf::Timestamp>(into));
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return ReadStruct(node, As<google::protobuf::Struct>(into));
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return ReadListValue(node, As<google::protobuf::ListValue>(into));
    default:
      return ReadValue(node, As<google::protobuf::Value>(into));
  }
}

std::string ReadStruct(const TextNode& node, google::protobuf::Struct& into) {
  if (node.kind != Kind::kMap) return "must be a map";
  for (const TextNode::Entry& entry : node.entries) {
    const auto [field, is_new] = into.mutable_fields()->insert({entry.key, {}});
    if (!is_new) return absl::StrCat("the key ", Quote(entry.key), " is there twice");
    std::string fault = ReadValue(*entry.value, field->second);
    if (!fault.empty()) return fault;
  }
  return {};
}

std::string ReadValue(const TextNode& node, google::protobuf::Value& into) {
  switch (node.kind) {
    case Kind::kNull:
      into.set_null_value(google::protobuf::NULL_VALUE);
      return {};
    case Kind::kMap:
      return ReadStruct(node, *into.mutable_struct_value());
    case Kind::kList:
      return ReadListValue(node, *into.mutable_list_value());
    case Kind::kScalar:
      break;
  }
  if (node.is_quoted) {
    into.set_string_value(node.text);
  } else {
    ReadPlainScalar(node.text, into);
  }
  return {};
}

}  // namespace weir::config
