// Where a session is kept: in a cookie or in a header. Immutable settings, and how heads are read
// and written by them. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "source/balancing/host.h"
#include "source/http/cookie.h"
#include "source/http/message.h"
#include "source/net/address.h"

namespace weir::extensions::stateful_session {

// envoy.extensions.http.stateful_session: one of the two.
struct SessionState {
  std::shared_ptr<const http::CookieTemplate> cookie;  // null: a header
  int64_t ttl_s = 0;                                   // of the cookie; 0: till the browser closes
  std::string path;    // requests under it have sessions; empty or "/": all
  std::string header;  // lower case
};

// Whether requests of that path have sessions at all.
bool HasSession(const SessionState& state, std::string_view path);

// The host that the request's session belongs to.
std::optional<net::Address> ReadHost(const SessionState& state, const http::RequestHead& head,
                                     int64_t now_s);

// From now on the session belongs to `host`.
void WriteHost(const SessionState& state, const balancing::Host& host, int64_t now_s,
               http::HeaderMap& response);

}  // namespace weir::extensions::stateful_session
