#include "source/http/head_scanner.h"

#include <algorithm>

#include "source/http/field_syntax.h"

namespace weir::http {

void HeadScanner::Start(bool has_start_line) {
  position_ = line_start_ = start_line_size_ = 0;
  lines_ = has_start_line ? 0 : 1;
}

HeadScanner::Result HeadScanner::OnLine(size_t line_size, const Limits& limits) {
  if (lines_ == 0) {
    if (line_size == 0) return Result::kControlByte;
    lines_ = 1;
    start_line_size_ = static_cast<uint32_t>(line_size);
    return Result::kStartLine;
  }
  if (line_size == 0) return Result::kComplete;
  return lines_++ == limits.max_fields + 1 ? Result::kTooManyFields : Result::kMore;
}

HeadScanner::Result HeadScanner::Scan(std::string_view bytes, const Limits& limits) {
  const char* const begin = bytes.data();
  for (;;) {
    const bool in_start_line = lines_ == 0;
    const size_t limit =
        in_start_line ? std::min(limits.max_start_line_bytes, limits.max_bytes) : limits.max_bytes;
    const Result over =
        in_start_line && limit < limits.max_bytes ? Result::kStartLineTooLong : Result::kTooLarge;
    const char* const end = begin + std::min(bytes.size(), limit);
    const char* const found = FindControl(begin + position_, end);
    if (found != end && *found != '\r') return Result::kControlByte;
    if (end - found < 2) {
      // A CR that may still become a CRLF is looked at again.
      position_ = static_cast<uint32_t>(found - begin);
      return bytes.size() >= limit ? over : Result::kMore;
    }
    if (found[1] != '\n') return Result::kControlByte;
    const auto line_end = static_cast<uint32_t>(found - begin);
    const Result result = OnLine(line_end - line_start_, limits);
    position_ = line_start_ = line_end + 2;
    if (result != Result::kMore) return result;
  }
}

}  // namespace weir::http
