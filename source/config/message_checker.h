// Walks a message and everything inside it: enforces the rules beside the fields, refuses enum
// values and durations that nobody declared or that make no sense, and reports what the wire held
// beyond the declared fields. One walk; what there is to check is worked out once for each type.
//
// Dynamic configuration may hold fields that Weir lacks when ignoring them is harmless
// (harmless_fields.h). Not thread-safe; the plans behind it are shared and are.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "source/config/faults.h"
#include "source/config/field_path.h"

namespace weir::config {

struct MessagePlan;
struct FieldPlan;

struct CheckOptions {
  bool allow_unsupported = false;
  // Look into each Any whose type is linked into this process. Without it its user does, by Unpack.
  bool enters_any = false;
};

class MessageChecker {
 public:
  MessageChecker(Faults& faults, CheckOptions options) : faults_(faults), options_(options) {}

  void Check(const google::protobuf::Message& message, const FieldPath& path);

 private:
  // A message and its reflection, which takes longer to ask for than most checks do.
  struct Subject {
    explicit Subject(const google::protobuf::Message& m)
        : message(m), reflection(*m.GetReflection()) {}
    const google::protobuf::Message& message;
    const google::protobuf::Reflection& reflection;
  };

  void CheckPlan(const Subject& subject, const MessagePlan& plan, const FieldPath& path);
  void CheckUnknownFields(const Subject& subject, const FieldPath& path);
  void CheckOneofs(const Subject& subject, const MessagePlan& plan, const FieldPath& path);
  void CheckField(const Subject& subject, const FieldPlan& plan, const FieldPath& path);
  void CheckRepeated(const Subject& subject, const FieldPlan& plan, const FieldPath& path);
  void CheckUnique(const Subject& subject, const FieldPlan& plan, const FieldPath& path);
  void CheckMap(const Subject& subject, const FieldPlan& plan, const FieldPath& path);
  // What is wrong with one scalar; `index` is -1 for a singular field.
  static std::string CheckScalar(const Subject& subject, const FieldPlan& plan, int index);
  void CheckMessageValue(const google::protobuf::Message& value, const FieldPlan& plan,
                         const FieldPath& path);
  void CheckAny(const google::protobuf::Message& any, const FieldPath& path);
  // Nothing when `text` is empty, or when a fault was found there before.
  void Report(const FieldPath& path, std::string text);

  Faults& faults_;
  const CheckOptions options_;
};

}  // namespace weir::config
