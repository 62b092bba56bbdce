#include "source/http/head_scanner.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "source/http/field_syntax.h"

namespace weir::http {

void HeadScanner::Start(bool has_start_line) {
  position_ = line_start_ = start_line_size_ = 0;
  lines_ = has_start_line ? 0 : 1;
}

// Where the next line ends and the one behind it begins, or why it does not.
HeadScanner::Result HeadScanner::FindLineEnd(std::string_view bytes, size_t limit,
                                             Result over_limit) {
  const char* const begin = bytes.data();
  const char* const end = begin + std::min(bytes.size(), limit);
  const char* const found = FindControl(begin + position_, end, begin);
  if (end - found >= 2 && found[0] == '\r' && found[1] == '\n') {
    position_ = static_cast<uint32_t>(found - begin) + 2;
    return Result::kComplete;
  }
  const bool may_become_crlf = found == end || (*found == '\r' && end - found == 1);
  if (!may_become_crlf) return Result::kControlByte;
  position_ = static_cast<uint32_t>(found - begin);  // a CR is looked at again
  return bytes.size() >= limit ? over_limit : Result::kMore;
}

HeadScanner::Result HeadScanner::ScanStartLine(std::string_view bytes, const Limits& limits) {
  const bool is_own_limit = limits.max_start_line_bytes < limits.max_bytes;
  const Result result =
      is_own_limit ? FindLineEnd(bytes, limits.max_start_line_bytes, Result::kStartLineTooLong)
                   : FindLineEnd(bytes, limits.max_bytes, Result::kTooLarge);
  if (result != Result::kComplete) return result;
  if (position_ == 2) return Result::kControlByte;
  start_line_size_ = position_ - 2;
  line_start_ = position_;
  lines_ = 1;
  return Result::kStartLine;
}

// The common case at vector speed: whole lines, one after the other. kMore when the rest needs the
// closer look of FindLineEnd.
HeadScanner::Result HeadScanner::ScanWholeLines(std::string_view bytes, const Limits& limits) {
#ifdef __SSE2__
  const char* const begin = bytes.data();
  const char* const end = begin + std::min<size_t>(bytes.size(), limits.max_bytes);
  if (end - begin < 16) return Result::kMore;
  const char* p = begin + position_;  // everything before it was looked at
  const char* line = begin + line_start_;
  uint32_t lines = lines_;
  Result result = Result::kMore;
  while (p != end && result == Result::kMore) {
    const ptrdiff_t left = end - p;
    unsigned mask = left >= 16 ? ControlMask(p) : ControlMask(end - 16) >> (16 - left);
    const char* const block = p;
    p = left >= 16 ? p + 16 : end;
    while (mask != 0) {
      const int at = std::countr_zero(mask);
      const char* const found = block + at;
      if (end - found < 2 || found[0] != '\r' || found[1] != '\n') {
        position_ = static_cast<uint32_t>(found - begin);
        line_start_ = static_cast<uint32_t>(line - begin);
        lines_ = lines;
        return Result::kMore;
      }
      const bool is_empty = found == line;
      line = found + 2;
      if (is_empty || lines++ > limits.max_fields) {
        result = is_empty ? Result::kComplete : Result::kTooManyFields;
        p = line;
        break;
      }
      if (line > p) p = line;
      mask &= ~(3u << at);
    }
  }
  position_ = static_cast<uint32_t>(p - begin);
  line_start_ = static_cast<uint32_t>(line - begin);
  lines_ = lines;
  return result;
#else
  return Result::kMore;
#endif
}

HeadScanner::Result HeadScanner::Scan(std::string_view bytes, const Limits& limits) {
  if (lines_ == 0) return ScanStartLine(bytes, limits);
  if (const Result result = ScanWholeLines(bytes, limits); result != Result::kMore) return result;
  for (;;) {
    const Result result = FindLineEnd(bytes, limits.max_bytes, Result::kTooLarge);
    if (result != Result::kComplete) return result;
    if (position_ == line_start_ + 2) return Result::kComplete;
    line_start_ = position_;
    if (lines_++ > limits.max_fields) return Result::kTooManyFields;
  }
}

}  // namespace weir::http
