// Scalars as people write them in YAML and JSON → numbers, switches, lengths of time, and back.
// They read as Envoy reads them: 0x1f and 0644 without quotes are hexadecimal and octal, "yes" and
// "on" without quotes are true. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace weir::config {

enum class NumberFault { kNone, kNotNumber, kNotWhole, kTooLarge };

struct ParsedInteger {
  NumberFault fault = NumberFault::kNone;
  absl::int128 value = 0;  // within -2^64 to 2^64
};
// `is_quoted` text is decimal only. "1e3" and "2.0" are whole.
ParsedInteger ParseInteger(std::string_view text, bool is_quoted);

// Finite numbers only.
std::optional<double> ParseDouble(std::string_view text);
// The shortest text that reads back as the same number.
std::string FormatDouble(double value);
std::string FormatInteger(absl::int128 value);

std::optional<bool> ParseBool(std::string_view text, bool is_quoted);

// "1.5s", up to nine decimals, within the protobuf type's ±315,576,000,000 s.
std::optional<google::protobuf::Duration> ParseDuration(std::string_view text);
// With 0, 3, 6 or 9 decimals: "0.250s".
std::string FormatDuration(const google::protobuf::Duration& duration);
// In range, and seconds and nanos not of opposite sign.
bool IsValidDuration(const google::protobuf::Duration& duration);
// Negative, zero or positive as a < b, a = b, a > b.
int CompareDurations(const google::protobuf::Duration& a, const google::protobuf::Duration& b);

// RFC 3339, "2026-01-02T03:04:05.678Z".
std::optional<google::protobuf::Timestamp> ParseTimestamp(std::string_view text);
std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace weir::config
