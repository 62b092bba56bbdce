// Tested by test/filter/log_format_test.cc

#include "source/filter/log_format_parser.h"

#include <cmath>
#include <map>
#include <utility>

#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/base/json_string.h"
#include "source/base/strings.h"
#include "source/routing/field_parser.h"

namespace weir::filter {

namespace {

using config::Faults;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxFormatBytes = 64 * 1024;
// Far deeper than any log reads well, and shallow enough for the stack.
constexpr int kMaxDepth = 32;

JsonTemplate Literal(std::string json) {
  JsonTemplate out;
  out.literal = std::move(json);
  return out;
}

std::string Number(double value) {
  if (std::trunc(value) == value && std::abs(value) < 9e15) {
    return base::StrCat(static_cast<int64_t>(value));
  }
  return std::isfinite(value) ? base::StrCat(value) : std::string("null");
}

std::string QuotedKey(std::string_view key) { return base::JsonString(key) + ":"; }

std::shared_ptr<const SubstitutionFormat> ParseFormat(const std::string& text,
                                                      std::string_view field, Faults& faults) {
  auto format = SubstitutionFormat::Compile(text);
  if (format.ok()) return *std::move(format);
  faults.Add(field, std::string(format.status().message()));
  return nullptr;
}

JsonTemplate ParseValue(const Value& proto, int depth, Faults& faults);

JsonTemplate ParseObject(const Struct& proto, int depth, Faults& faults) {
  JsonTemplate out;
  out.kind = JsonTemplate::Kind::kObject;
  // A map has no order; lines should have one.
  std::map<std::string, const Value*> sorted;
  for (const auto& [key, value] : proto.fields()) sorted.emplace(key, &value);
  for (const auto& [key, value] : sorted) {
    Faults::Scope scope(faults, key);
    out.keys.push_back(QuotedKey(key));
    out.members.push_back(ParseValue(*value, depth, faults));
  }
  return out;
}

JsonTemplate ParseList(const google::protobuf::ListValue& proto, int depth, Faults& faults) {
  JsonTemplate out;
  out.kind = JsonTemplate::Kind::kList;
  for (int i = 0; i < proto.values_size(); ++i) {
    Faults::Scope scope(faults, base::StrCat("[", i, "]"));
    out.members.push_back(ParseValue(proto.values(i), depth, faults));
  }
  return out;
}

JsonTemplate ParseValue(const Value& proto, int depth, Faults& faults) {
  if (depth > kMaxDepth) {
    faults.Add("", base::StrCat("is nested more than ", kMaxDepth, " deep"));
    return Literal("null");
  }
  switch (proto.kind_case()) {
    case Value::kStructValue:
      return ParseObject(proto.struct_value(), depth + 1, faults);
    case Value::kListValue:
      return ParseList(proto.list_value(), depth + 1, faults);
    case Value::kNumberValue:
      return Literal(Number(proto.number_value()));
    case Value::kBoolValue:
      return Literal(proto.bool_value() ? "true" : "false");
    case Value::kStringValue: {
      JsonTemplate out;
      out.kind = JsonTemplate::Kind::kFormat;
      out.format = ParseFormat(proto.string_value(), "", faults);
      return out;
    }
    default:
      return Literal("null");
  }
}

}  // namespace

std::shared_ptr<const LogFormat> ParseTextFormat(const std::string& text, std::string_view field,
                                                 bool omits_empty, Faults& faults) {
  auto format = ParseFormat(text, field, faults);
  return format == nullptr ? nullptr : std::make_shared<LogFormat>(std::move(format), omits_empty);
}

std::shared_ptr<const LogFormat> ParseJsonFormat(const Struct& proto, std::string_view field,
                                                 bool omits_empty, Faults& faults) {
  const size_t faults_before = faults.faults().size();
  Faults::Scope scope(faults, field);
  JsonTemplate object = ParseObject(proto, 0, faults);
  if (faults.faults().size() != faults_before) return nullptr;
  return std::make_shared<LogFormat>(std::move(object), omits_empty);
}

std::shared_ptr<const LogFormat> ParseLogFormat(
    const envoy::config::core::v3::SubstitutionFormatString& proto, Faults& faults) {
  using Proto = envoy::config::core::v3::SubstitutionFormatString;
  switch (proto.format_case()) {
    case Proto::kTextFormat:
      return ParseTextFormat(proto.text_format(), "text_format", proto.omit_empty_values(), faults);
    case Proto::kJsonFormat:
      return ParseJsonFormat(proto.json_format(), "json_format", proto.omit_empty_values(), faults);
    case Proto::kTextFormatSource: {
      const size_t faults_before = faults.faults().size();
      Faults::Scope scope(faults, "text_format_source");
      const std::string text =
          routing::ParseDataSource(proto.text_format_source(), kMaxFormatBytes, faults);
      if (faults.faults().size() != faults_before) return nullptr;
      return ParseTextFormat(text, "", proto.omit_empty_values(), faults);
    }
    case Proto::FORMAT_NOT_SET:
      break;
  }
  faults.Add("", "one of text_format, json_format, text_format_source is required");
  return nullptr;
}

}  // namespace weir::filter
