#include "source/base/json_string.h"

#include <algorithm>
#include <cstdint>

#include "source/base/utf8.h"

namespace weir::base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f &&
         c != '"' && c != '\\';
}

void AppendEscaped(char c, std::string& out) {
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

std::string JsonString(std::string_view text) {
  std::string quoted = "\"";
  quoted += text;
  EscapeJson(1, quoted);
  quoted += '"';
  return quoted;
}

void EscapeJson(size_t begin, std::string& out) {
  if (std::all_of(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), IsPlain)) return;
  thread_local std::string tail;  // keeps its memory from call to call
  tail.assign(out, begin);
  out.resize(begin);
  for (std::string_view rest = tail; !rest.empty();) {
    const char first = rest[0];
    const bool is_multibyte = static_cast<unsigned char>(first) >= 0x80;
    const size_t whole = is_multibyte ? Utf8CharacterBytes(rest) : size_t{IsPlain(first)};
    if (whole > 0) {
      out += rest.substr(0, whole);
    } else {
      AppendEscaped(first, out);
    }
    rest.remove_prefix(std::max<size_t>(whole, 1));
  }
}

}  // namespace weir::base
