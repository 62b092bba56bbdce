#include "source/filter/log_escape.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace weir::filter {

namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsPlainJson(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f &&
         c != '"' && c != '\\';
}

// Takes the tail out of `out` into memory that is kept from call to call.
std::string_view TakeTail(size_t begin, std::string& out) {
  thread_local std::string tail;
  tail.assign(out, begin);
  out.resize(begin);
  return tail;
}

// How many bytes the UTF-8 sequence at the front has; 0 when it is none (RFC 3629 §4).
size_t SequenceBytes(std::string_view text) {
  const auto at = [&](size_t i) -> uint8_t { return i < text.size() ? text[i] : 0; };
  const auto continues = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
  const uint8_t first = at(0);
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool is_overlong = first == 0xe0 && at(1) < 0xa0;
    const bool is_surrogate = first == 0xed && at(1) >= 0xa0;
    return !is_overlong && !is_surrogate && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool is_overlong = first == 0xf0 && at(1) < 0x90;
    const bool is_too_large = first == 0xf4 && at(1) >= 0x90;
    return !is_overlong && !is_too_large && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void AppendJsonByte(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      const auto byte = static_cast<uint8_t>(c);
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
  }
}

}  // namespace

void EscapeControls(size_t begin, std::string& out) {
  const auto tail_begin = out.begin() + static_cast<std::ptrdiff_t>(begin);
  if (std::none_of(tail_begin, out.end(), IsControl)) return;
  for (const char c : TakeTail(begin, out)) {
    if (!IsControl(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

void EscapeJson(size_t begin, std::string& out) {
  const auto tail_begin = out.begin() + static_cast<std::ptrdiff_t>(begin);
  if (std::all_of(tail_begin, out.end(), IsPlainJson)) return;
  std::string_view tail = TakeTail(begin, out);
  while (!tail.empty()) {
    size_t size = IsPlainJson(tail[0]) ? 1 : SequenceBytes(tail);
    if (size > 0) {
      out += tail.substr(0, size);
    } else {
      AppendJsonByte(tail[0], out);
      size = 1;
    }
    tail.remove_prefix(size);
  }
}

}  // namespace weir::filter
