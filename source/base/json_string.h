// JSON strings (RFC 8259 §7) of any bytes: no way out of the string, no control byte, no invalid
// UTF-8; a byte that is not UTF-8 is taken for Latin-1, as field values may be. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::base {

// Quotes included.
std::string JsonString(std::string_view text);
// out[begin..] becomes the inside of a string. Touches it only when there is something to do.
void EscapeJson(size_t begin, std::string& out);

}  // namespace weir::base
