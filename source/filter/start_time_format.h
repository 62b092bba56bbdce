// The argument of %START_TIME(...)%: strftime's conversions in UTC, and Envoy's fractions of a
// second, %1f to %9f (%f is %9f). Without an argument ISO 8601 with milliseconds. Immutable,
// thread-safe, allocates nothing but what the output needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::filter {

class StartTimeFormat {
 public:
  static constexpr size_t kMaxFormatBytes = 128;

  // `format` has kMaxFormatBytes at most; empty is the default.
  explicit StartTimeFormat(std::string_view format = {});

  void AppendTo(int64_t wall_us, std::string& out) const;

 private:
  std::string format_;  // empty: the default
};

}  // namespace weir::filter
