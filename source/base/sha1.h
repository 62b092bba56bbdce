// SHA-1 (RFC 3174), where it proves nothing secret: for the one protocol that asks for it, the
// WebSocket handshake, and to find damage in a file of our own. Not for signatures, passwords or
// anything an attacker gains from forging.
// Pure function: no state, no thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::base {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest Sha1(std::string_view bytes);

}  // namespace weir::base
