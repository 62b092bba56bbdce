// Makes values that came from peers safe inside a line of a log. Works on the tail of a line that
// is being built, and touches it only when there is something to do. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace weir::filter {

// Control bytes of out[begin..] become \xNN, so that a value stays on its line.
void EscapeControls(size_t begin, std::string& out);

}  // namespace weir::filter
