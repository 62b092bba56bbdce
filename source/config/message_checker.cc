#include "source/config/message_checker.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "source/config/envoy_fields.h"
#include "source/config/harmless_fields.h"
#include "source/config/message_plan.h"
#include "source/config/type_urls.h"

namespace weir::config {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;
using Kind = FieldPlan::Kind;

std::string NamesOf(const OneofDescriptor& oneof) {
  std::vector<std::string> names;
  for (int i = 0; i < oneof.field_count(); ++i) {
    names.push_back(absl::StrCat("`", oneof.field(i)->name(), "`"));
  }
  return absl::StrJoin(names, ", ");
}

// Whether something was wrong with what might have been a member of the oneof: one of its members,
// or a field that does not exist here. Then "one must be set" would be noise.
bool MemberHasFault(const Faults& faults, const std::string& path, const OneofDescriptor& oneof) {
  for (const Fault& fault : faults.faults()) {
    std::string_view rest = fault.path;
    if (rest.substr(0, path.size()) != path) continue;
    rest.remove_prefix(path.size());
    if (!path.empty()) {
      if (rest.empty() || rest.front() != '.') continue;
      rest.remove_prefix(1);
    }
    const std::string name(rest.substr(0, rest.find_first_of(".[")));
    const FieldDescriptor* field = oneof.containing_type()->FindFieldByName(name);
    if (field == nullptr || field->containing_oneof() == &oneof) return true;
  }
  return false;
}

absl::int128 IntegerOf(const Message& message, const Reflection& reflection, const FieldPlan& plan,
                       int index) {
  switch (plan.scalar_type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return index < 0 ? reflection.GetInt32(message, plan.scalar)
                       : reflection.GetRepeatedInt32(message, plan.scalar, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return index < 0 ? reflection.GetInt64(message, plan.scalar)
                       : reflection.GetRepeatedInt64(message, plan.scalar, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return index < 0 ? reflection.GetUInt32(message, plan.scalar)
                       : reflection.GetRepeatedUInt32(message, plan.scalar, index);
    default:
      return index < 0 ? reflection.GetUInt64(message, plan.scalar)
                       : reflection.GetRepeatedUInt64(message, plan.scalar, index);
  }
}

const std::string& StringOf(const Message& message, const Reflection& reflection,
                            const FieldDescriptor* field, int index, std::string& scratch) {
  return index < 0 ? reflection.GetStringReference(message, field, &scratch)
                   : reflection.GetRepeatedStringReference(message, field, index, &scratch);
}

// Messages of the generated types, whatever class they come as.
template <class Proto>
const Proto& As(const Message& message, Proto& scratch) {
  if (const auto* same = google::protobuf::DynamicCastToGenerated<Proto>(&message)) return *same;
  scratch.ParseFromString(message.SerializeAsString());
  return scratch;
}

}  // namespace

void MessageChecker::Check(const Message& message, const FieldPath& path) {
  CheckPlan(Subject(message), PlanOf(*message.GetDescriptor()), path);
}

void MessageChecker::Report(const FieldPath& path, std::string text) {
  if (text.empty()) return;
  const std::string place = path.ToString();
  if (place.empty() ? !faults_.ok() && faults_.faults().back().text == text
                    : faults_.HasFaultIn(place)) {
    return;
  }
  faults_.Add(place, std::move(text));
}

void MessageChecker::CheckPlan(const Subject& subject, const MessagePlan& plan,
                               const FieldPath& path) {
  CheckUnknownFields(subject, path);
  CheckOneofs(subject, plan, path);
  for (const FieldPlan& field : plan.fields) {
    CheckField(subject, field, FieldPath(&path, field.field->name()));
  }
}

void MessageChecker::CheckUnknownFields(const Subject& subject, const FieldPath& path) {
  const auto& unknown = subject.reflection.GetUnknownFields(subject.message);
  if (unknown.empty()) return;
  const auto& type = *subject.message.GetDescriptor();
  absl::flat_hash_set<int> seen;
  for (int i = 0; i < unknown.field_count(); ++i) {
    const int number = unknown.field(i).number();
    if (!seen.insert(number).second) continue;
    if (const FieldDescriptor* field = type.FindFieldByNumber(number)) {
      Report(FieldPath(&path, field->name()), "is not encoded as its type demands");
      continue;
    }
    const std::string_view name = envoy_fields::NameOf(type.full_name(), number);
    if (name.empty()) {
      faults_.Add(path.ToString(), absl::StrCat("holds field number ", number, ", which ",
                                                type.name(), " has not in any API known here"));
      continue;
    }
    const FieldPath place(&path, name);
    if (options_.allow_unsupported || IsHarmlessField(type.full_name(), name)) {
      faults_.AddIgnored(place.ToString(), "known to Envoy, not implemented by Weir: ignored");
    } else {
      Report(place, "known to Envoy, not implemented by Weir");
    }
  }
}

void MessageChecker::CheckOneofs(const Subject& subject, const MessagePlan& plan,
                                 const FieldPath& path) {
  for (const OneofDescriptor* oneof : plan.required_oneofs) {
    if (subject.reflection.HasOneof(subject.message, oneof)) continue;
    const std::string place = path.ToString();
    if (MemberHasFault(faults_, faults_.PathOf(place), *oneof)) continue;
    const bool is_single = oneof->field_count() == 1;
    faults_.Add(place, absl::StrCat(is_single ? "" : "one of ", NamesOf(*oneof), " must be set"));
  }
}

void MessageChecker::CheckField(const Subject& subject, const FieldPlan& plan,
                                const FieldPath& path) {
  if (plan.is_map) return CheckMap(subject, plan, path);
  if (plan.is_repeated) return CheckRepeated(subject, plan, path);
  if (plan.has_presence && !subject.reflection.HasField(subject.message, plan.field)) {
    if (plan.is_required && plan.field->containing_oneof() == nullptr) Report(path, "must be set");
    return;
  }
  if (plan.kind == Kind::kScalar) return Report(path, CheckScalar(subject, plan, -1));
  CheckMessageValue(subject.reflection.GetMessage(subject.message, plan.field), plan, path);
}

void MessageChecker::CheckRepeated(const Subject& subject, const FieldPlan& plan,
                                   const FieldPath& path) {
  const int size = subject.reflection.FieldSize(subject.message, plan.field);
  if (plan.rules != nullptr && plan.rules->has_repeated()) {
    const validate::RepeatedRules& rules = plan.rules->repeated();
    const auto count = static_cast<uint64_t>(size);
    if (rules.has_min_items() && count < rules.min_items()) {
      Report(path, absl::StrCat("must have at least ", rules.min_items(),
                                rules.min_items() == 1 ? " item" : " items"));
    }
    if (rules.has_max_items() && count > rules.max_items()) {
      Report(path, absl::StrCat("has ", size, " items, may have at most ", rules.max_items()));
    }
    if (rules.unique()) CheckUnique(subject, plan, path);
  }
  for (int i = 0; i < size; ++i) {
    const FieldPath item(&path, static_cast<size_t>(i));
    if (plan.kind == Kind::kScalar) {
      Report(item, CheckScalar(subject, plan, i));
    } else {
      CheckMessageValue(subject.reflection.GetRepeatedMessage(subject.message, plan.field, i), plan,
                        item);
    }
  }
}

void MessageChecker::CheckUnique(const Subject& subject, const FieldPlan& plan,
                                 const FieldPath& path) {
  if (plan.scalar_type != FieldDescriptor::CPPTYPE_STRING) return;
  const auto& [message, reflection] = subject;
  absl::flat_hash_set<std::string> seen;
  std::string scratch;
  for (int i = 0; i < reflection.FieldSize(message, plan.field); ++i) {
    if (seen.insert(StringOf(message, reflection, plan.field, i, scratch)).second) continue;
    Report(FieldPath(&path, static_cast<size_t>(i)), "is there twice");
  }
}

void MessageChecker::CheckMap(const Subject& subject, const FieldPlan& plan,
                              const FieldPath& path) {
  const auto& [message, reflection] = subject;
  const auto* key_field = plan.field->message_type()->map_key();
  const auto* value_field = plan.field->message_type()->map_value();
  for (int i = 0; i < reflection.FieldSize(message, plan.field); ++i) {
    const Subject entry(reflection.GetRepeatedMessage(message, plan.field, i));
    std::string key;
    if (key_field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      key = entry.reflection.GetString(entry.message, key_field);
    }
    const FieldPath place = FieldPath::OfKey(&path, key);
    const std::string fault = plan.key.CheckString(key);
    if (!fault.empty()) Report(place, absl::StrCat("the key ", fault));
    if (plan.kind == Kind::kScalar) {
      Report(place, CheckScalar(entry, plan, -1));
    } else {
      CheckMessageValue(entry.reflection.GetMessage(entry.message, value_field), plan, place);
    }
  }
}

std::string MessageChecker::CheckScalar(const Subject& subject, const FieldPlan& plan, int index) {
  const auto& [message, reflection] = subject;
  const FieldDescriptor* const field = plan.scalar;
  std::string scratch;
  switch (plan.scalar_type) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return plan.value.CheckDouble(index < 0
                                        ? reflection.GetDouble(message, field)
                                        : reflection.GetRepeatedDouble(message, field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return plan.value.CheckDouble(index < 0 ? reflection.GetFloat(message, field)
                                              : reflection.GetRepeatedFloat(message, field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return plan.value.CheckEnum(
          *field->enum_type(), index < 0 ? reflection.GetEnumValue(message, field)
                                         : reflection.GetRepeatedEnumValue(message, field, index));
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& value = StringOf(message, reflection, field, index, scratch);
      return field->type() == FieldDescriptor::TYPE_BYTES ? plan.value.CheckBytes(value)
                                                          : plan.value.CheckString(value);
    }
    default:
      return CheckInteger(IntegerOf(message, reflection, plan, index), plan.range);
  }
}

void MessageChecker::CheckMessageValue(const Message& value, const FieldPlan& plan,
                                       const FieldPath& path) {
  switch (plan.kind) {
    case Kind::kWrapper:
      return Report(path, CheckScalar(Subject(value), plan, -1));
    case Kind::kDuration: {
      google::protobuf::Duration scratch;
      return Report(path, plan.value.CheckDuration(As(value, scratch)));
    }
    case Kind::kAny:
      if (options_.enters_any) CheckAny(value, path);
      return;
    default:
      return CheckPlan(Subject(value), *plan.content, path);
  }
}

void MessageChecker::CheckAny(const Message& any, const FieldPath& path) {
  google::protobuf::Any scratch;
  const google::protobuf::Any& packed = As(any, scratch);
  const auto* type = FindMessageType(TypeNameOf(packed.type_url()));
  if (type == nullptr) return;
  const auto content = NewMessage(*type);
  if (content->ParseFromString(packed.value())) Check(*content, path);
}

}  // namespace weir::config
