#include "source/config/message_reader.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/base/strings.h"
#include "source/config/envoy_fields.h"
#include "source/config/harmless_fields.h"
#include "source/config/suggest.h"
#include "source/config/type_urls.h"
#include "source/config/value_rules.h"
#include "source/config/well_known_reader.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = TextNode::Kind;

const FieldDescriptor* FindField(const Descriptor& type, const std::string& key) {
  if (const auto* field = type.FindFieldByName(key)) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == key) return type.field(i);
  }
  return nullptr;
}

std::vector<std::string_view> FieldNamesOf(const Descriptor& type) {
  std::vector<std::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

bool SaysOptional(const TextNode& node, const Descriptor& type) {
  if (type.FindFieldByName("is_optional") == nullptr) return false;
  for (const std::string_view key : {"is_optional", "isOptional"}) {
    const TextNode* value = node.FindKey(key);
    if (value != nullptr && value->text == "true") return true;
  }
  return false;
}

bool IsWrapper(const Descriptor& type) {
  return type.file()->name() == "google/protobuf/wrappers.proto";
}

// A message whose JSON form is not a map of its fields.
bool HasOwnForm(const Descriptor& type) {
  return IsWellKnown(type) || IsWrapper(type) ||
         type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY;
}

const validate::FieldRules* ItemRulesOf(const FieldDescriptor& field) {
  const validate::FieldRules* rules = RulesOf(field);
  return rules != nullptr && rules->repeated().has_items() ? &rules->repeated().items() : nullptr;
}

}  // namespace

void MessageReader::Read(const TextNode& node, Message& into, const FieldPath& path) {
  const Descriptor& type = *into.GetDescriptor();
  if (IsWellKnown(type)) {
    std::string fault = ReadWellKnown(node, into);
    if (!fault.empty()) Fail(path, std::move(fault));
    return;
  }
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY) return ReadAny(node, into, path);
  if (IsWrapper(type)) return ReadWrapper(node, into, nullptr, path);
  if (node.kind != Kind::kMap) {
    Fail(path, "must be a map of fields");
    return;
  }
  const bool outer_is_optional = is_optional_;
  is_optional_ = SaysOptional(node, type);
  ReadFields(node, into, path);
  is_optional_ = outer_is_optional;
}

void MessageReader::ReadFields(const TextNode& node, Message& into, const FieldPath& path) {
  absl::flat_hash_map<const FieldDescriptor*, Position> seen;
  absl::flat_hash_map<const google::protobuf::OneofDescriptor*, const FieldDescriptor*> chosen;
  for (const TextNode::Entry& entry : node.entries) {
    const FieldDescriptor* field = FindField(*into.GetDescriptor(), entry.key);
    if (field == nullptr) {
      ReportUnknown(entry, into, path);
      continue;
    }
    const FieldPath place(&path, field->name());
    const auto [first, is_new] = seen.try_emplace(field, entry.position);
    if (!is_new) {
      const Position before = first->second;
      faults_.AddAt(entry.position, place.ToString(),
                    before.line == 0 ? std::string("is there twice")
                                     : absl::StrCat("is there twice, first at ", before.line, ":",
                                                    before.column));
      continue;
    }
    const bool takes_null = field->message_type() != nullptr &&
                            field->message_type()->full_name() == "google.protobuf.Value";
    if (entry.value->kind == Kind::kNull && !takes_null) continue;
    if (const auto* oneof = field->real_containing_oneof()) {
      const auto [other, is_first] = chosen.try_emplace(oneof, field);
      if (!is_first) {
        Fail(place, absl::StrCat("cannot be set together with `", other->second->name(), "`"));
        continue;
      }
    }
    ReadField(*entry.value, into, *field, place);
  }
}

void MessageReader::ReportUnknown(const TextNode::Entry& entry, const Message& into,
                                  const FieldPath& path) {
  const Descriptor& type = *into.GetDescriptor();
  const std::string name = ToSnakeCase(entry.key);
  const FieldPath place(&path, entry.key);
  if (!envoy_fields::HasMember(type.full_name(), name)) {
    faults_.AddAt(entry.position, place.ToString(),
                  absl::StrCat("unknown field", DidYouMean(name, FieldNamesOf(type))));
    return;
  }
  const bool is_harmless = options_.is_dynamic && IsHarmlessField(type.full_name(), name);
  if (options_.allow_unsupported || is_harmless) {
    faults_.AddIgnored(place.ToString(), "known to Envoy, not implemented by Weir: ignored");
  } else {
    Fail(place, "known to Envoy, not implemented by Weir");
  }
}

void MessageReader::ReadField(const TextNode& node, Message& into, const Field& field,
                              const FieldPath& path) {
  if (field.is_map()) return ReadMap(node, into, field, path);
  if (field.is_repeated()) return ReadList(node, into, field, path);
  if (field.message_type() == nullptr) {
    ReadScalar(node, {into, field, RulesOf(field)}, path);
    return;
  }
  Message& content = *into.GetReflection()->MutableMessage(&into, &field);
  if (IsWrapper(*field.message_type())) return ReadWrapper(node, content, RulesOf(field), path);
  Read(node, content, path);
}

void MessageReader::ReadWrapper(const TextNode& node, Message& into,
                                const validate::FieldRules* rules, const FieldPath& path) {
  ReadScalar(node, {into, *into.GetDescriptor()->field(0), rules}, path);
}

void MessageReader::ReadList(const TextNode& node, Message& into, const Field& field,
                             const FieldPath& path) {
  if (node.kind != Kind::kList) {
    Fail(path, "must be a list");
    return;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const FieldPath item(&path, i);
    if (field.message_type() == nullptr) {
      ReadScalar(*node.items[i], {into, field, ItemRulesOf(field)}, item);
    } else {
      Read(*node.items[i], *into.GetReflection()->AddMessage(&into, &field), item);
    }
  }
}

void MessageReader::ReadMap(const TextNode& node, Message& into, const Field& field,
                            const FieldPath& path) {
  if (node.kind != Kind::kMap) {
    Fail(path, "must be a map");
    return;
  }
  const Field& key_field = *field.message_type()->map_key();
  const Field& value_field = *field.message_type()->map_value();
  absl::flat_hash_set<std::string> seen;
  for (const TextNode::Entry& entry : node.entries) {
    const FieldPath place = FieldPath::OfKey(&path, entry.key);
    if (!seen.insert(entry.key).second) {
      faults_.AddAt(entry.position, place.ToString(), "is there twice");
      continue;
    }
    TextNode key;
    key.kind = Kind::kScalar;
    key.is_quoted = true;
    key.text = entry.key;
    Message& pair = *into.GetReflection()->AddMessage(&into, &field);
    if (ReadScalar(key, {pair, key_field, nullptr}, place)) {
      ReadField(*entry.value, pair, value_field, place);
    }
  }
}

// Any ---------------------------------------------------------------------------------------------

void MessageReader::ReadAny(const TextNode& node, Message& any, const FieldPath& path) {
  if (node.kind != Kind::kMap) {
    Fail(path, "must be a map with \"@type\"");
    return;
  }
  const TextNode* type = node.FindKey("@type");
  if (type == nullptr || type->kind != Kind::kScalar) {
    Fail(path, "must have \"@type\", such as \"type.googleapis.com/envoy...\"");
    return;
  }
  if (!IsTypedStruct(TypeNameOf(type->text))) {
    TextNode rest;
    rest.kind = Kind::kMap;
    rest.position = node.position;
    for (const TextNode::Entry& entry : node.entries) {
      if (entry.value != type) rest.entries.push_back(entry);
    }
    return PackAny(rest, type->text, any, path);
  }
  const TextNode* type_url = node.FindKey("type_url");
  if (type_url == nullptr) type_url = node.FindKey("typeUrl");
  if (type_url == nullptr || type_url->kind != Kind::kScalar) {
    Fail(path, "must have `type_url`: the type of what `value` holds");
    return;
  }
  TextNode empty;
  empty.kind = Kind::kMap;
  const TextNode* value = node.FindKey("value");
  const bool has_value = value != nullptr && value->kind != Kind::kNull;
  PackAny(has_value ? *value : empty, type_url->text, any, path);
}

void MessageReader::PackAny(const TextNode& node, const std::string& type_url, Message& any,
                            const FieldPath& path) {
  const Descriptor* type = FindMessageType(TypeNameOf(type_url));
  if (type == nullptr) return KeepUnknownType(node, type_url, any, path);
  const auto content = NewMessage(*type);
  if (HasOwnForm(*type) && node.FindKey("value") != nullptr) {
    Read(*node.FindKey("value"), *content, path);
  } else {
    Read(node, *content, path);
  }
  auto& packed = *google::protobuf::DynamicCastToGenerated<google::protobuf::Any>(&any);
  packed.set_type_url(type_url);
  content->SerializeToString(packed.mutable_value());
}

// What is optional stays visible as a TypedStruct; everything else has to be known.
void MessageReader::KeepUnknownType(const TextNode& node, const std::string& type_url, Message& any,
                                    const FieldPath& path) {
  std::string reason = ExplainUnknownType(type_url);
  if (!is_optional_ || TypeNameOf(type_url).empty()) {
    Fail(path, std::move(reason));
    return;
  }
  xds::type::v3::TypedStruct content;
  content.set_type_url(type_url);
  std::string fault = ReadStruct(node, *content.mutable_value());
  if (!fault.empty()) {
    Fail(path, std::move(fault));
    return;
  }
  google::protobuf::DynamicCastToGenerated<google::protobuf::Any>(&any)->PackFrom(content);
  faults_.AddIgnored(path.ToString(), absl::StrCat(reason, ": ignored, it is optional"));
}

}  // namespace weir::config
