#include "source/config/redaction.h"

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "source/config/type_urls.h"

namespace weir::config {

namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr std::string_view kTls = "envoy.extensions.transport_sockets.tls.v3.";
// Part of the name of each message that keys come in, so of the bytes around it.
constexpr std::string_view kSockets = "envoy.extensions.transport_sockets.";
// No honest configuration is as deep.
constexpr int kMaxAnyDepth = 32;

bool IsTls(const Descriptor& type) {
  return std::string_view(type.full_name()).substr(0, kTls.size()) == kTls;
}

bool MayHoldKeys(const Any& any) {
  return any.type_url().find(kSockets.data()) != std::string::npos ||
         any.value().find(kSockets.data()) != std::string::npos;
}

// The same fields in JSON, which TypedStruct has.
bool IsSecretKey(std::string_view key) {
  return key == "private_key" || key == "privateKey" || key == "password" || key == "keys";
}
bool IsInlineKey(std::string_view key) {
  return key == "inline_string" || key == "inlineString" || key == "inline_bytes" ||
         key == "inlineBytes";
}

class Redactor {
 public:
  bool Walk(Message& message) {
    if (auto* any = DynamicCastToGenerated<Any>(&message)) return WalkAny(*any);
    if (auto* json = DynamicCastToGenerated<Struct>(&message)) return WalkStruct(*json, false);
    const auto& reflection = *message.GetReflection();
    bool has_changed = false;
    // Fields that are not declared may be further forms of a key.
    if (IsTls(*message.GetDescriptor()) && !reflection.GetUnknownFields(message).empty()) {
      reflection.MutableUnknownFields(&message)->Clear();
      has_changed = true;
    }
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        has_changed |= WalkField(message, *field);
      }
    }
    return has_changed;
  }

 private:
  bool WalkField(Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    const auto handle = [&](Message& content) {
      return IsSecretField(field) ? Hide(content) : Walk(content);
    };
    if (!field.is_repeated()) return handle(*reflection.MutableMessage(&message, &field));
    bool has_changed = false;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      has_changed |= handle(*reflection.MutableRepeatedMessage(&message, &field, i));
    }
    return has_changed;
  }

  // A DataSource.
  static bool Hide(Message& source) {
    const auto& reflection = *source.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(source, &fields);
    bool has_changed = false;
    for (const FieldDescriptor* field : fields) {
      if (!IsInlineKey(field->name())) continue;
      reflection.SetString(&source, field, kRedacted);
      has_changed = true;
    }
    return has_changed;
  }

  bool WalkAny(Any& any) {
    if (!MayHoldKeys(any)) return false;
    const Descriptor* type = FindMessageType(TypeNameOf(any.type_url()));
    const auto content = type == nullptr ? nullptr : NewMessage(*type);
    if (content == nullptr || any_depth_ == kMaxAnyDepth ||
        !content->ParseFromString(any.value())) {
      any.clear_value();
      return true;
    }
    ++any_depth_;
    const bool has_changed = Walk(*content);
    --any_depth_;
    if (has_changed) any.set_value(content->SerializeAsString());
    return has_changed;
  }

  bool WalkStruct(Struct& json, bool is_secret) {
    bool has_changed = false;
    for (auto& [key, value] : *json.mutable_fields()) {
      if (is_secret && IsInlineKey(key)) {
        value.set_string_value(kRedacted);
        has_changed = true;
      } else {
        has_changed |= WalkValue(value, IsSecretKey(key));
      }
    }
    return has_changed;
  }

  bool WalkValue(Value& value, bool is_secret) {
    if (value.has_struct_value()) return WalkStruct(*value.mutable_struct_value(), is_secret);
    bool has_changed = false;
    if (value.has_list_value()) {
      for (Value& item : *value.mutable_list_value()->mutable_values()) {
        has_changed |= WalkValue(item, is_secret);
      }
    }
    return has_changed;
  }

  int any_depth_ = 0;
};

}  // namespace

bool IsSecretField(const FieldDescriptor& field) {
  const std::string_view name = field.full_name();
  if (name.substr(0, kTls.size()) != kTls) return false;
  const std::string_view own = name.substr(kTls.size());
  return own == "TlsCertificate.private_key" || own == "TlsCertificate.password" ||
         own == "TlsSessionTicketKeys.keys";
}

bool Redact(Message& message) { return Redactor().Walk(message); }

}  // namespace weir::config
