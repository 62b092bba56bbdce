#include "source/config/scalar_text.h"

#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "source/base/strings.h"

namespace weir::config {

namespace {

constexpr int64_t kMaxDurationSeconds = 315576000000;
// Years 1 to 9999.
constexpr int64_t kMinTimestampSeconds = -62135596800;
constexpr int64_t kMaxTimestampSeconds = 253402300799;

ParsedInteger ParseDigits(std::string_view digits, int radix, bool is_negative) {
  uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, magnitude, radix);
  if (result.ptr != end || digits.empty()) return {NumberFault::kNotNumber};
  if (result.ec == std::errc::result_out_of_range) return {NumberFault::kTooLarge};
  const absl::int128 value(magnitude);
  return {NumberFault::kNone, is_negative ? -value : value};
}

// "1e3" or "2.0".
ParsedInteger ParseWholeFloat(std::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod(base::ToAbsl(text), &value) || std::isnan(value)) {
    return {NumberFault::kNotNumber};
  }
  if (std::abs(value) >= 18446744073709551616.0) return {NumberFault::kTooLarge};
  if (value != std::trunc(value)) return {NumberFault::kNotWhole};
  return {NumberFault::kNone, absl::int128(value)};
}

// "" for none, else a dot and 3, 6 or 9 digits.
std::string FormatNanos(int32_t nanos) {
  if (nanos == 0) return {};
  if (nanos % 1000000 == 0) return absl::StrFormat(".%03d", nanos / 1000000);
  if (nanos % 1000 == 0) return absl::StrFormat(".%06d", nanos / 1000);
  return absl::StrFormat(".%09d", nanos);
}

// The digits after a dot, one to nine of them.
std::optional<int32_t> ParseNanos(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  int32_t nanos = 0;
  for (size_t i = 0; i < 9; ++i) {
    const char digit = i < digits.size() ? digits[i] : '0';
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    nanos = nanos * 10 + (digit - '0');
  }
  return nanos;
}

}  // namespace

ParsedInteger ParseInteger(std::string_view text, bool is_quoted) {
  std::string_view digits = text;
  const bool is_negative = !digits.empty() && digits.front() == '-';
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  if (!is_quoted && digits.size() > 1 && digits.front() == '0') {
    const char mark = digits[1];
    if (mark == 'x' || mark == 'X') return ParseDigits(digits.substr(2), 16, is_negative);
    if (mark == 'o') return ParseDigits(digits.substr(2), 8, is_negative);
    if (absl::ascii_isdigit(static_cast<unsigned char>(mark))) {
      return ParseDigits(digits.substr(1), 8, is_negative);
    }
  }
  const ParsedInteger parsed = ParseDigits(digits, 10, is_negative);
  return parsed.fault == NumberFault::kNotNumber ? ParseWholeFloat(text) : parsed;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod(base::ToAbsl(text), &value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string FormatDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

std::string FormatInteger(absl::int128 value) {
  const bool is_negative = value < 0;
  const absl::int128 magnitude = is_negative ? -value : value;
  return absl::StrCat(is_negative ? "-" : "", static_cast<uint64_t>(magnitude));
}

std::optional<bool> ParseBool(std::string_view text, bool is_quoted) {
  const std::string lower = absl::AsciiStrToLower(base::ToAbsl(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  if (is_quoted) return std::nullopt;
  if (lower == "yes" || lower == "on" || lower == "y") return true;
  if (lower == "no" || lower == "off" || lower == "n") return false;
  return std::nullopt;
}

std::optional<google::protobuf::Duration> ParseDuration(std::string_view text) {
  if (text.size() < 2 || text.back() != 's') return std::nullopt;
  text.remove_suffix(1);
  const bool is_negative = text.front() == '-';
  if (is_negative) text.remove_prefix(1);
  const size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  int64_t seconds = 0;
  const auto result = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  if (whole.empty() || whole.front() == '-' || result.ec != std::errc() ||
      result.ptr != whole.data() + whole.size()) {
    return std::nullopt;
  }
  std::optional<int32_t> nanos = 0;
  if (dot != std::string_view::npos) nanos = ParseNanos(text.substr(dot + 1));
  if (!nanos) return std::nullopt;
  google::protobuf::Duration duration;
  duration.set_seconds(is_negative ? -seconds : seconds);
  duration.set_nanos(is_negative ? -*nanos : *nanos);
  if (!IsValidDuration(duration)) return std::nullopt;
  return duration;
}

std::string FormatDuration(const google::protobuf::Duration& duration) {
  const bool is_negative = duration.seconds() < 0 || duration.nanos() < 0;
  const auto seconds = static_cast<uint64_t>(duration.seconds());
  return absl::StrCat(is_negative ? "-" : "", duration.seconds() < 0 ? 0 - seconds : seconds,
                      FormatNanos(std::abs(duration.nanos())), "s");
}

bool IsValidDuration(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds) return false;
  if (nanos <= -1000000000 || nanos >= 1000000000) return false;
  return !(seconds > 0 && nanos < 0) && !(seconds < 0 && nanos > 0);
}

int CompareDurations(const google::protobuf::Duration& a, const google::protobuf::Duration& b) {
  if (a.seconds() != b.seconds()) return a.seconds() < b.seconds() ? -1 : 1;
  if (a.nanos() != b.nanos()) return a.nanos() < b.nanos() ? -1 : 1;
  return 0;
}

std::optional<google::protobuf::Timestamp> ParseTimestamp(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, base::ToAbsl(text), &time, &error)) return std::nullopt;
  const int64_t seconds = absl::ToUnixSeconds(time);
  if (seconds < kMinTimestampSeconds || seconds > kMaxTimestampSeconds) return std::nullopt;
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::StrCat(
      absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixSeconds(timestamp.seconds()),
                       absl::UTCTimeZone()),
      FormatNanos(timestamp.nanos()), "Z");
}

}  // namespace weir::config
