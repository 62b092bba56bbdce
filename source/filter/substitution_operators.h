// The operators a SubstitutionFormat knows: name, arguments, and how the value is got.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/filter/stream_info.h"
#include "source/http/header_map.h"

namespace weir::filter {

// What stands in the parentheses of an operator.
struct OperatorArguments {
  std::string main;         // lower-case header name, or a time format
  std::string alternative;  // after '?': asked when the first has no value
  size_t max_bytes = 4096;  // after ':'
};

// Appends the value; false when there is none.
using OperatorValue = bool (*)(const StreamInfo& info, const OperatorArguments& arguments,
                               std::string& out);

struct Operator {
  enum class Argument : uint8_t { kNone, kHeader, kTime };

  std::string_view name;
  Argument argument = Argument::kNone;
  OperatorValue value = nullptr;
  bool is_number = false;
};

// Null when there is none of that name.
const Operator* FindOperator(std::string_view name);
// All names, sorted, for error texts.
std::vector<std::string> OperatorNames();

}  // namespace weir::filter
