// Whether text is UTF-8, and how much of it. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::base {

// Bytes of the character (RFC 3629) that `text`, which is not empty, begins with; 0 when it begins
// with none.
size_t Utf8CharacterBytes(std::string_view text);
// Length of the longest valid UTF-8 beginning of `text` that ends on a character (RFC 3629).
size_t ValidUtf8Length(std::string_view text);
// Characters in `text`; a byte that is not UTF-8 counts as one.
size_t CountCharacters(std::string_view text);

}  // namespace weir::base
