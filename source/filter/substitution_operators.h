// The command operators that a SubstitutionFormat knows: name, arguments, and where the value
// comes from. Values are raw here; the format makes them safe. Immutable, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/filter/start_time_format.h"
#include "source/filter/stream_info.h"
#include "source/http/header_map.h"

namespace weir::filter {

// A header to look up, or none.
struct HeaderKey {
  std::string name;  // lower case; pseudo headers begin with ':'
  http::HeaderId id = http::HeaderId::kOther;
};

// What stands in the parentheses of an operator, and behind them.
struct OperatorArguments {
  HeaderKey header, alternative;  // the second is asked when the first is not there
  StartTimeFormat time;
  enum class GrpcFormat : uint8_t { kCamel, kSnake, kNumber } grpc = GrpcFormat::kCamel;
  size_t max_bytes = 4096;
};

// Appends the value; false when there is none.
using OperatorValue = bool (*)(const StreamInfo& info, const OperatorArguments& arguments,
                               std::string& out);

struct Operator {
  enum class Argument : uint8_t { kNone, kHeader, kTime, kGrpcFormat };
  enum class Type : uint8_t { kText, kNumber };  // of the value, in JSON

  std::string_view name;
  Argument argument;
  Type type;
  OperatorValue value;
};

// Null when there is none of that name.
const Operator* FindOperator(std::string_view name);
// All names, sorted, for error texts.
std::vector<std::string_view> OperatorNames();

}  // namespace weir::filter
