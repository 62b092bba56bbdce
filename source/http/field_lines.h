// Reads the field lines of a head that HeadScanner has found complete, lower-casing the names in
// place. The scanner's promises (every line ends with CRLF, the last one is empty, no control bytes
// but HTAB) are what makes this loop short.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/field_syntax.h"
#include "source/http/message_fault.h"

namespace weir::http {

// One field: views into the text that is read, which may be written to.
struct FieldLine {
  char* name;
  char* value;
  uint32_t name_size;
  uint32_t value_size;
  bool has_underscore;

  std::string_view name_view() const { return {name, name_size}; }
  std::string_view value_view() const { return {value, value_size}; }
};

enum class FieldLineResult : uint8_t { kField, kEnd, kFolded, kInvalidName };

// Reads the line at `cursor` and moves it behind. `end` is the end of the head.
inline FieldLineResult ReadFieldLine(char*& cursor, const char* end, FieldLine& line) {
  char* p = cursor;
  uint8_t seen = 0;
  for (;; ++p) {
    const uint8_t lower = kTokenTable[static_cast<uint8_t>(*p)];
    if (lower == 0) break;
    seen |= lower;
    *p = static_cast<char>(lower & ~kUnderscoreBit);
  }
  if (*p != ':' || p == cursor) {
    if (p != cursor) return FieldLineResult::kInvalidName;
    if (*p == '\r') return FieldLineResult::kEnd;
    return IsOws(*p) ? FieldLineResult::kFolded : FieldLineResult::kInvalidName;
  }
  line.name = cursor;
  line.name_size = static_cast<uint32_t>(p - cursor);
  line.has_underscore = (seen & kUnderscoreBit) != 0;
  ++p;
  while (IsOws(*p)) ++p;
  line.value = p;
  char* line_end = const_cast<char*>(FindControl(p, end));
  cursor = line_end + 2;
  while (line_end != p && IsOws(line_end[-1])) --line_end;
  line.value_size = static_cast<uint32_t>(line_end - p);
  return FieldLineResult::kField;
}

// Calls fields.AddField(FieldLine&), which returns a MessageFault, for each line.
template <class Fields>
MessageFault ReadFieldLines(char* cursor, const char* end, Fields& fields) {
  for (;;) {
    FieldLine line;
    switch (ReadFieldLine(cursor, end, line)) {
      case FieldLineResult::kField:
        if (const MessageFault fault = fields.AddField(line)) return fault;
        break;
      case FieldLineResult::kEnd:
        return fault::kNone;
      case FieldLineResult::kFolded:
        return fault::kFoldedField;
      case FieldLineResult::kInvalidName:
        return fault::kInvalidFieldName;
    }
  }
}

}  // namespace weir::http
