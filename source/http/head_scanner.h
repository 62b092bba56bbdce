// Finds the end of a head (or trailer section) as its bytes arrive, and refuses every control byte
// that is not part of a CRLF on the way, so that the parsers behind it need not look for any.
//
// No byte is looked at twice, however small the pieces. Every verdict depends on the bytes up to
// the one that decides it, never on how they were split. One scanner a connection; not thread-safe.
//
//   while ((result = scanner.Scan(bytes, limits)) == kStartLine) check the first line;
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::http {

class HeadScanner {
 public:
  enum class Result : uint8_t {
    kMore,       // not at its end: call again with the same bytes and more behind them
    kStartLine,  // the first line is complete (told once): call again
    kComplete,
    kControlByte,
    kStartLineTooLong,
    kTooLarge,
    kTooManyFields,
  };
  struct Limits {
    uint32_t max_bytes;
    uint32_t max_start_line_bytes;
    uint32_t max_fields;
  };

  // Begins with the next head; a trailer section has no start line.
  void Start(bool has_start_line);
  Result Scan(std::string_view bytes, const Limits& limits);

  // Without its CRLF; known after kStartLine.
  size_t start_line_size() const { return start_line_size_; }
  // With the empty line at its end; known after kComplete.
  size_t size() const { return position_; }
  // Lines behind the start line; known after kComplete.
  uint32_t field_count() const { return lines_ - 1; }
  bool has_begun() const { return position_ > 0; }

 private:
  Result FindLineEnd(std::string_view bytes, size_t limit, Result over_limit);
  Result ScanStartLine(std::string_view bytes, const Limits& limits);
  Result ScanWholeLines(std::string_view bytes, const Limits& limits);

  uint32_t position_ = 0;  // everything before it was looked at
  uint32_t line_start_ = 0;
  uint32_t start_line_size_ = 0;
  uint32_t lines_ = 0;  // complete ones, the start line included
};

}  // namespace weir::http
