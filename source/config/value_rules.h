// The (validate.rules) of one field, ready to judge values: what is wrong with a value, in words.
// Immutable once made; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "validate/validate.pb.h"

namespace re2 {
class RE2;
}

namespace weir::config {

// Both ends are inside.
struct IntegerRange {
  absl::int128 min;
  absl::int128 max;
};

// What a field of that type may hold by type and by `rules` (null: by type alone).
IntegerRange RangeOf(google::protobuf::FieldDescriptor::CppType type,
                     const validate::FieldRules* rules);
// "" when `value` is in the range, else "value 70000 is out of range (0 to 65535)".
std::string CheckInteger(absl::int128 value, const IntegerRange& range);

// The rules beside a field, or null.
const validate::FieldRules* RulesOf(const google::protobuf::FieldDescriptor& field);

// Each Check… answers "" when all is well. `rules` may be null and must outlive the object.
class ValueRules {
 public:
  explicit ValueRules(const validate::FieldRules* rules);
  ~ValueRules();
  ValueRules(ValueRules&&) noexcept;

  const validate::FieldRules* rules() const { return rules_; }
  std::string CheckDouble(double value) const;
  std::string CheckString(std::string_view value) const;
  std::string CheckBytes(std::string_view value) const;
  // An enum may hold only values that are declared.
  std::string CheckEnum(const google::protobuf::EnumDescriptor& type, int number) const;
  // Valid and, unless a rule says otherwise, not negative.
  std::string CheckDuration(const google::protobuf::Duration& value) const;

 private:
  const validate::FieldRules* rules_;
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace weir::config
