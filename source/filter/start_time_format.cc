#include "source/filter/start_time_format.h"

#include <cstdio>
#include <cstring>
#include <ctime>

namespace weir::filter {

namespace {

constexpr size_t kDateBytes = 19;  // "2026-01-31T23:59:59"

// The date of a second, made once for all lines of it.
struct CachedDate {
  int64_t second = INT64_MIN;
  char text[kDateBytes + 1];
};

void PutDigits(int64_t value, int count, char* out) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

void AppendDefault(int64_t second, int64_t micros, std::string& out) {
  thread_local CachedDate cache;
  if (cache.second != second) {
    const auto time = static_cast<time_t>(second);
    std::tm utc;
    gmtime_r(&time, &utc);
    if (std::strftime(cache.text, sizeof cache.text, "%Y-%m-%dT%H:%M:%S", &utc) != kDateBytes) {
      return;  // a year beyond 9999
    }
    cache.second = second;
  }
  char fraction[] = ".000Z";
  PutDigits(micros / 1000, 3, fraction + 1);
  out.append(cache.text, kDateBytes).append(fraction, 5);
}

// strftime's own buffers, on the stack: formats are short, %c and the like yield some 30 bytes.
struct Expansion {
  char format[StartTimeFormat::kMaxFormatBytes * 10];
  size_t size = 0;

  void Add(const char* bytes, size_t count) {
    std::memcpy(format + size, bytes, count);
    size += count;
  }
};

// Puts digits in the place of %f, %1f … %9f and %s, which strftime does not know or, %s, takes for
// local time. At most ten bytes stand for each byte of the format.
void ExpandNumbers(std::string_view format, int64_t second, int64_t micros, Expansion& out) {
  char fraction[9];
  PutDigits(micros * 1000, 9, fraction);
  for (size_t at = 0; at < format.size(); ++at) {
    const bool is_conversion = format[at] == '%' && at + 1 < format.size();
    if (!is_conversion) {
      out.Add(&format[at], 1);
      continue;
    }
    const char kind = format[++at];
    if (kind == 'f') {
      out.Add(fraction, 9);
    } else if (kind >= '1' && kind <= '9' && at + 1 < format.size() && format[at + 1] == 'f') {
      out.Add(fraction, static_cast<size_t>(kind - '0'));
      ++at;
    } else if (kind == 's') {
      char digits[20];
      const int size = std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(second));
      out.Add(digits, static_cast<size_t>(size));
    } else {
      out.Add(&format[at - 1], 2);
    }
  }
  out.format[out.size] = '\0';
}

}  // namespace

StartTimeFormat::StartTimeFormat(std::string_view format)
    : format_(format.substr(0, kMaxFormatBytes)) {}

void StartTimeFormat::AppendTo(int64_t wall_us, std::string& out) const {
  const int64_t second = wall_us / 1'000'000;
  const int64_t micros = wall_us % 1'000'000;
  if (format_.empty()) return AppendDefault(second, micros, out);
  Expansion expansion;
  ExpandNumbers(format_, second, micros, expansion);
  const auto time = static_cast<time_t>(second);
  std::tm utc;
  gmtime_r(&time, &utc);
  char text[4096];
  out.append(text, std::strftime(text, sizeof text, expansion.format, &utc));
}

}  // namespace weir::filter
