#include "source/config/message_plan.h"

#include <deque>
#include <mutex>
#include <shared_mutex>

#include "absl/container/flat_hash_map.h"

namespace weir::config {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Kind = FieldPlan::Kind;

// The field that says what a value is: a map's values have one of their own.
const FieldDescriptor* ValueFieldOf(const FieldDescriptor* field) {
  return field->is_map() ? field->message_type()->map_value() : field;
}

Kind KindOf(const FieldDescriptor* field) {
  const Descriptor* type = ValueFieldOf(field)->message_type();
  if (type == nullptr) return Kind::kScalar;
  switch (type->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return Kind::kDuration;
    case Descriptor::WELLKNOWNTYPE_ANY:
      return Kind::kAny;
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return Kind::kWrapper;
    default:
      return Kind::kMessage;
  }
}

bool IsRequired(const validate::FieldRules* rules) {
  return rules != nullptr &&
         (rules->message().required() || rules->any().required() || rules->duration().required());
}

const validate::FieldRules* ValueRulesOf(const FieldDescriptor* field,
                                         const validate::FieldRules* rules) {
  if (rules == nullptr || !field->is_repeated()) return rules;
  return rules->repeated().has_items() ? &rules->repeated().items() : nullptr;
}

const validate::FieldRules* KeyRulesOf(const validate::FieldRules* rules) {
  return rules != nullptr && rules->map().has_keys() ? &rules->map().keys() : nullptr;
}

const FieldDescriptor* ScalarOf(const FieldDescriptor* field, Kind kind) {
  const FieldDescriptor* value = ValueFieldOf(field);
  return kind == Kind::kWrapper ? value->message_type()->field(0) : value;
}

// Whether a value of the field could be wrong at all.
bool HasChecks(const FieldPlan& plan) {
  if (plan.rules != nullptr || plan.kind == Kind::kMessage || plan.kind == Kind::kAny ||
      plan.kind == Kind::kDuration) {
    return true;
  }
  return plan.scalar_type == FieldDescriptor::CPPTYPE_ENUM ||
         plan.scalar_type == FieldDescriptor::CPPTYPE_DOUBLE;
}

class Plans {
 public:
  const MessagePlan& Of(const Descriptor& type) {
    {
      std::shared_lock<std::shared_mutex> lock(mutex_);
      const auto found = plans_.find(&type);
      if (found != plans_.end()) return *found->second;
    }
    std::unique_lock<std::shared_mutex> lock(mutex_);
    return Build(type);
  }

 private:
  // With mutex_ held. Types may hold each other: a plan is entered before its fields are looked at.
  const MessagePlan& Build(const Descriptor& type) {
    const auto [entry, is_new] = plans_.try_emplace(&type, nullptr);
    if (!is_new) return *entry->second;
    MessagePlan& plan = storage_.emplace_back();
    entry->second = &plan;
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const auto* oneof = type.oneof_decl(i);
      if (oneof->options().GetExtension(validate::required)) plan.required_oneofs.push_back(oneof);
    }
    // Free-form values have no rules of their own.
    if (type.file()->name() == "google/protobuf/struct.proto") return plan;
    for (int i = 0; i < type.field_count(); ++i) {
      FieldPlan field(type.field(i), RulesOf(*type.field(i)));
      if (!HasChecks(field)) continue;
      if (field.kind == Kind::kMessage) {
        field.content = &Build(*ValueFieldOf(field.field)->message_type());
      }
      plan.fields.push_back(std::move(field));
    }
    return plan;
  }

  std::shared_mutex mutex_;  // of the rest
  absl::flat_hash_map<const Descriptor*, const MessagePlan*> plans_;
  std::deque<MessagePlan> storage_;
};

}  // namespace

FieldPlan::FieldPlan(const FieldDescriptor* f, const validate::FieldRules* r)
    : field(f),
      kind(KindOf(f)),
      is_map(f->is_map()),
      is_repeated(f->is_repeated()),
      has_presence(f->has_presence()),
      scalar(ScalarOf(f, kind)),
      scalar_type(scalar->cpp_type()),
      is_required(IsRequired(r)),
      rules(r),
      range(RangeOf(scalar_type, ValueRulesOf(f, r))),
      value(ValueRulesOf(f, r)),
      key(KeyRulesOf(r)) {}

const MessagePlan& PlanOf(const Descriptor& type) {
  static auto* const plans = new Plans;
  return plans->Of(type);
}

}  // namespace weir::config
