// A host's address as a session's cookie or header carries it: base64 of the text, or of a small
// message with the text and the time at which the session ends. As Envoy writes them, so that
// sessions survive a change of the proxy. Tokens come from clients: whatever cannot be read is
// none. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/net/address.h"

namespace weir::extensions::stateful_session {

// Base64 of the address.
std::string WriteToken(std::string_view address);
// Base64 of the message { string address = 1; uint64 expires = 2; }, `expires_s` in seconds of wall
// time; 0: none.
std::string WriteTimedToken(std::string_view address, int64_t expires_s);

// Either form. None when it is no address, or when the session ended before `now_s`.
std::optional<net::Address> ReadToken(std::string_view token, int64_t now_s);

}  // namespace weir::extensions::stateful_session
