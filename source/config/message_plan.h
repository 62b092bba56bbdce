// What there is to check in messages of one type: only the fields that have rules, or that hold
// messages, enums or durations. Made once for each type from its descriptor and kept for ever, so
// the descriptor must live as long as the process: generated ones do. Immutable, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "source/config/value_rules.h"

namespace weir::config {

struct MessagePlan;

struct FieldPlan {
  enum class Kind { kScalar, kWrapper, kDuration, kAny, kMessage };

  FieldPlan(const google::protobuf::FieldDescriptor* field, const validate::FieldRules* rules);

  const google::protobuf::FieldDescriptor* field;
  Kind kind;  // of the field, its items or its map's values
  // Asked of the descriptor once: its answers are behind a lock-free but slow check each time.
  bool is_map, is_repeated, has_presence;
  // What a kScalar or a kWrapper holds: the field itself, its map's values, the wrapper's own.
  const google::protobuf::FieldDescriptor* scalar;
  google::protobuf::FieldDescriptor::CppType scalar_type;
  bool is_required;
  const validate::FieldRules* rules;  // null: none
  IntegerRange range;                 // integers, also in wrappers
  ValueRules value;                   // of the value, or of each item
  ValueRules key;                     // of a map's keys
  const MessagePlan* content = nullptr;
};

struct MessagePlan {
  std::vector<FieldPlan> fields;
  std::vector<const google::protobuf::OneofDescriptor*> required_oneofs;
};

const MessagePlan& PlanOf(const google::protobuf::Descriptor& type);

}  // namespace weir::config
