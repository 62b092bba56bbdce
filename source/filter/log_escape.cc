#include "source/filter/log_escape.h"

#include <algorithm>
#include <cstdint>

namespace weir::filter {

namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void EscapeControls(size_t begin, std::string& out) {
  const auto tail_begin = out.begin() + static_cast<std::ptrdiff_t>(begin);
  if (std::none_of(tail_begin, out.end(), IsControl)) return;
  thread_local std::string tail;  // keeps its memory from call to call
  tail.assign(out, begin);
  out.resize(begin);
  for (const char c : tail) {
    if (!IsControl(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

}  // namespace weir::filter
