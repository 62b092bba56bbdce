// Whether a connection's first bytes are an HTTP request, and of which version: by HTTP/2's preface
// (RFC 9113 §3.4) or the version at the end of an HTTP/1 request line (RFC 9112 §3). Pure function;
// nothing is checked beyond what telling protocols apart needs.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::extensions::http_inspector {

enum class Guess { kNeedMore, kHttp10, kHttp11, kHttp2, kNotHttp };

// A request line that is longer is none that this looks at.
inline constexpr size_t kMaxRequestLineBytes = 16 * 1024;

Guess GuessRequest(std::string_view bytes);

}  // namespace weir::extensions::http_inspector
