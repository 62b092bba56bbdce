// Whatever a message holds, its JSON reads back as the same message.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "source/config/load.h"
#include "source/config/message_reader.h"
#include "source/config/text_document.h"
#include "source/config/value_rules.h"

namespace weir::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 8;

// Letters that need care in JSON and YAML, and characters of every length.
std::string RandomText() {
  const std::vector<std::string> pieces = {"a",  "Z",  "0", " ", "-", ":", "#", "'", "\"",  "\\",
                                           "\n", "\t", "{", "*", "<", "é", "€", "😀", "\x01"};
  std::string text;
  const int length = *rc::gen::inRange(0, 8);
  for (int i = 0; i < length; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

void FillRandomly(Message& message, int depth);

void FillValue(google::protobuf::Value& value, int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 6 : 4)) {
    case 0:
      return value.set_null_value(google::protobuf::NULL_VALUE);
    case 1:
      return value.set_bool_value(*rc::gen::arbitrary<bool>());
    case 2:
      return value.set_number_value(*rc::gen::inRange(-1000000, 1000000) / 64.0);
    case 3:
      return value.set_string_value(RandomText());
    case 4:
      return FillValue(*value.mutable_list_value()->add_values(), depth - 1);
    default:
      return FillValue((*value.mutable_struct_value()->mutable_fields())[RandomText()], depth - 1);
  }
}

using Rules = validate::FieldRules;

void SetScalar(Message& message, const FieldDescriptor& field, const Rules* rules);

void FillContent(Message& content, int depth, const Rules* rules = nullptr) {
  const std::string& name = content.GetDescriptor()->full_name();
  if (name == "google.protobuf.Duration") {
    auto& duration = dynamic_cast<google::protobuf::Duration&>(content);
    duration.set_seconds(*rc::gen::inRange(0, 100000));
    duration.set_nanos(*rc::gen::inRange(0, 1000000000));
  } else if (name == "google.protobuf.Any") {
    envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proxy;
    if (depth > 0) FillRandomly(proxy, depth - 1);
    dynamic_cast<google::protobuf::Any&>(content).PackFrom(proxy);
  } else if (name == "google.protobuf.Struct") {
    auto& fields = *dynamic_cast<google::protobuf::Struct&>(content).mutable_fields();
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) FillValue(fields[RandomText()], 2);
  } else if (content.GetDescriptor()->file()->name() == "google/protobuf/wrappers.proto") {
    SetScalar(content, *content.GetDescriptor()->field(0), rules);
  } else {
    FillRandomly(content, depth - 1);
  }
}

// Within the rules: what they refuse is not read.
uint64_t RandomNumber(const FieldDescriptor& field, const Rules* rules) {
  const IntegerRange range = RangeOf(field.cpp_type(), rules);
  const absl::int128 value = *rc::gen::arbitrary<uint32_t>();
  return static_cast<uint64_t>(std::clamp(value, range.min, range.max));
}

void SetScalar(Message& message, const FieldDescriptor& field, const Rules* rules) {
  const Reflection& reflection = *message.GetReflection();
  const bool adds = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = static_cast<uint32_t>(RandomNumber(field, rules));
      return adds ? reflection.AddUInt32(&message, &field, value)
                  : reflection.SetUInt32(&message, &field, value);
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, &field, RandomNumber(field, rules));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, *rc::gen::arbitrary<int32_t>());
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, *rc::gen::arbitrary<int64_t>());
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, *rc::gen::arbitrary<bool>());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, *rc::gen::arbitrary<double>());
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value =
          field.enum_type()->value(*rc::gen::inRange(0, field.enum_type()->value_count()));
      return adds ? reflection.AddEnum(&message, &field, value)
                  : reflection.SetEnum(&message, &field, value);
    }
    default: {
      std::string text = RandomText();
      return adds ? reflection.AddString(&message, &field, std::move(text))
                  : reflection.SetString(&message, &field, std::move(text));
    }
  }
}

void FillMap(Message& message, const FieldDescriptor& field, int depth) {
  Message& entry = *message.GetReflection()->AddMessage(&message, &field);
  const FieldDescriptor& value = *field.message_type()->map_value();
  SetScalar(entry, *field.message_type()->map_key(), nullptr);
  FillContent(*entry.GetReflection()->MutableMessage(&entry, &value), depth);
}

// Is not shown, and so does not come back.
bool IsKey(const FieldDescriptor& field) {
  const std::string& name = field.full_name();
  return name.ends_with(".TlsCertificate.private_key") ||
         name.ends_with(".TlsCertificate.password") || name.ends_with(".TlsSessionTicketKeys.keys");
}

void FillRandomly(Message& message, int depth) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (*rc::gen::inRange(0, 3) != 0 || IsKey(field)) continue;
    if (field.message_type() == nullptr) {
      const Rules* rules = RulesOf(field);
      const bool has_items = rules != nullptr && rules->repeated().has_items();
      SetScalar(message, field, has_items ? &rules->repeated().items() : rules);
    } else if (depth == 0) {
      continue;
    } else if (field.is_map()) {
      FillMap(message, field, depth);
    } else if (field.is_repeated()) {
      FillContent(*reflection.AddMessage(&message, &field), depth);
    } else {
      FillContent(*reflection.MutableMessage(&message, &field), depth, RulesOf(field));
    }
  }
}

// Reading alone: random values break the rules that LoadText enforces as well.
template <class Proto>
void CheckRoundTrip() {
  Proto message;
  FillRandomly(message, kMaxDepth);
  const std::string json = ToJson(message, *rc::gen::arbitrary<bool>());
  Faults faults;
  const auto document = TextDocument::Parse(json, faults);
  Proto parsed;
  if (document != nullptr) MessageReader(faults, {}).Read(document->root(), parsed, {});
  if (!faults.ok()) RC_FAIL(faults.ToString() + "\n" + json);
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  if (!differencer.Compare(message, parsed)) RC_FAIL(difference + "\n" + json);
  RC_ASSERT(ToJson(parsed) == ToJson(message));
}

TEST(RoundTrip, Bootstrap) {
  EXPECT_TRUE(rc::check("bootstrap", CheckRoundTrip<envoy::config::bootstrap::v3::Bootstrap>));
}

TEST(RoundTrip, HttpConnectionManager) {
  using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
  EXPECT_TRUE(rc::check("http_connection_manager", CheckRoundTrip<HttpConnectionManager>));
}

TEST(RoundTrip, RouteConfiguration) {
  EXPECT_TRUE(rc::check("route", CheckRoundTrip<envoy::config::route::v3::RouteConfiguration>));
}

}  // namespace
}  // namespace weir::config
