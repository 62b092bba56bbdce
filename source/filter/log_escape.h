// Makes values that came from peers safe inside a log: no control byte, no way out of a JSON
// string, no invalid UTF-8. Works on the tail of a line that is being built, and touches it only
// when there is something to do. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace weir::filter {

// Control bytes of out[begin..] become \xNN, so that a value stays on its line.
void EscapeControls(size_t begin, std::string& out);

// out[begin..] becomes the inside of a JSON string (RFC 8259 §7). A byte that is not UTF-8 is
// taken for Latin-1, as field values may be.
void EscapeJson(size_t begin, std::string& out);

}  // namespace weir::filter
