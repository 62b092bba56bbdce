// Host and authority (RFC 3986 §3.2, RFC 9110 §7.2): which are valid, and their one canonical form,
// which is what is routed, authorised and forwarded.
//
// Stricter than the RFC where nobody gains from its latitude: no userinfo, no percent-encoding, no
// comma, no IPvFuture, no zone, no empty host; a port is a number up to 65535.
// Pure functions: no state, no thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::http {

struct Authority {
  std::string_view text;  // canonical; empty when the authority is invalid
  std::string_view host;  // `text` without the port
  bool has_port = false;

  explicit operator bool() const { return !text.empty(); }
};

// Brings [begin, begin + size) into canonical form in place: letters lower-cased, one trailing dot
// of the name removed, the colon of an empty port removed.
Authority CanonicalizeAuthority(char* begin, size_t size);

}  // namespace weir::http
