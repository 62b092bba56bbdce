// The part of WebSocket that only HTTP/1 has: the key a client sends and the Accept that proves the
// server has read it (RFC 6455 §1.3). HTTP/2's extended CONNECT knows neither (RFC 8441 §5), so
// whoever stands between the two makes up what is missing on HTTP/1's side:
//
//   HTTP/2 → HTTP/1   the HTTP/1 client sends a key of its own, and keeps the Accept to itself
//   HTTP/1 → HTTP/2   the HTTP/1 server answers the key that it was sent; it goes no further
//   HTTP/1 → HTTP/1   both pass through
//
// Pure functions but for the random key.
#pragma once

#include <string_view>

#include "source/base/arena.h"

namespace weir::http {

inline constexpr std::string_view kWebSocketProtocol = "websocket";  // RequestHead::upgrade
inline constexpr std::string_view kWebSocketKey = "sec-websocket-key";
inline constexpr std::string_view kWebSocketAccept = "sec-websocket-accept";
inline constexpr std::string_view kWebSocketVersion = "sec-websocket-version";

// The key of a request that is ours alone.
std::string_view MakeWebSocketKey(base::Arena& arena);
// The Accept that answers `key`.
std::string_view AnswerWebSocketKey(std::string_view key, base::Arena& arena);

}  // namespace weir::http
