// Reads the field lines of a head that HeadScanner has found complete, lower-casing the names in
// place. The scanner's promises (every line ends with CRLF, the last one is empty, no control bytes
// but HTAB) are what makes this loop short.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/field_syntax.h"
#include "source/http/header_map.h"
#include "source/http/message_fault.h"

namespace weir::http {

// Bytes behind a head that may be read, so that it can be looked at 16 bytes at a time.
inline constexpr size_t kHeadReadahead = 16;
static_assert(kHeadReadahead >= kNameReadahead);

// The head in the arena, where it is parsed in place.
inline char* CopyHead(std::string_view bytes, base::Arena& arena) {
  char* const text = arena.AllocateBytes(bytes.size() + kHeadReadahead);
  std::memcpy(text, bytes.data(), bytes.size());
  std::memset(text + bytes.size(), 0, kHeadReadahead);
  return text;
}

// One field. `value` points into the text that is read, which may be written to; `name` too, unless
// it is a well-known one.
struct FieldLine {
  HeaderId id;
  bool has_underscore;
  uint32_t value_size;
  char* value;
  std::string_view name;  // lower case

  std::string_view value_view() const { return {value, value_size}; }
};

enum class FieldLineResult : uint8_t { kField, kEnd, kFolded, kInvalidName };

// The end of the token at `name`, which it lower-cases. Sets has_underscore.
inline char* LowerCaseToken(char* name, bool& has_underscore) {
  uint8_t seen = 0;
  for (;; ++name) {
    const uint8_t lower = kTokenTable[static_cast<uint8_t>(*name)];
    if (lower == 0) break;
    seen |= lower;
    *name = static_cast<char>(lower & ~kUnderscoreBit);
  }
  has_underscore = (seen & kUnderscoreBit) != 0;
  return name;
}

// The first colon of [p, end), or null. Reads up to kHeadReadahead bytes behind `end`.
inline char* FindColon(char* p, const char* end) {
#ifdef __SSE2__
  for (; p < end; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i found = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask == 0) continue;
    p += std::countr_zero(mask);
    return p < end ? p : nullptr;
  }
  return nullptr;
#else
  return static_cast<char*>(std::memchr(p, ':', static_cast<size_t>(end - p)));
#endif
}

// Finds the name at `begin`, up to a colon; its end, or null when there is none.
inline char* ReadFieldName(char* begin, const char* end, FieldLine& line) {
  char* const colon = FindColon(begin, end);
  if (colon != nullptr) {
    // A well-known name is a token by being equal to one.
    line.name = {begin, static_cast<size_t>(colon - begin)};
    line.id = FindHeaderIdIgnoringCase(line.name);
    if (line.id != HeaderId::kOther) {
      line.has_underscore = false;
      return colon;
    }
  }
  char* const name_end = LowerCaseToken(begin, line.has_underscore);
  if (name_end == begin || *name_end != ':') return nullptr;
  line.name = {begin, static_cast<size_t>(name_end - begin)};
  return name_end;
}

// Reads the line at `cursor` and moves it behind. [floor, end) is the head as CopyHead made it.
inline FieldLineResult ReadFieldLine(char*& cursor, const char* floor, const char* end,
                                     FieldLine& line) {
  if (*cursor == '\r') return FieldLineResult::kEnd;
  char* p = ReadFieldName(cursor, end, line);
  if (p == nullptr) {
    return IsOws(*cursor) ? FieldLineResult::kFolded : FieldLineResult::kInvalidName;
  }
  ++p;
  while (IsOws(*p)) ++p;
  line.value = p;
  char* line_end = const_cast<char*>(FindControl(p, end, floor));
  cursor = line_end + 2;
  while (line_end != p && IsOws(line_end[-1])) --line_end;
  line.value_size = static_cast<uint32_t>(line_end - p);
  return FieldLineResult::kField;
}

// Calls fields.AddField(FieldLine&), which returns a MessageFault, for each line from `cursor` on.
template <class Fields>
MessageFault ReadFieldLines(char* cursor, const char* floor, const char* end, Fields& fields) {
  for (;;) {
    FieldLine line;
    switch (ReadFieldLine(cursor, floor, end, line)) {
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
