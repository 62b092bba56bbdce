#include "source/extensions/http_filters/stateful_session/session_state.h"

#include "source/extensions/http_filters/stateful_session/session_token.h"

namespace weir::extensions::stateful_session {

bool HasSession(const SessionState& state, std::string_view path) {
  if (state.path.empty() || state.path == "/") return true;
  if (!path.starts_with(state.path)) return false;
  if (state.path.ends_with('/') || path.size() == state.path.size()) return true;
  const char next = path[state.path.size()];
  return next == '/' || next == '?';
}

std::optional<net::Address> ReadHost(const SessionState& state, const http::RequestHead& head,
                                     int64_t now_s) {
  const std::string_view token = state.cookie != nullptr
                                     ? http::FindCookie(head.headers, state.cookie->name())
                                     : head.headers.Value(state.header);
  return ReadToken(token, now_s);
}

void WriteHost(const SessionState& state, const balancing::Host& host, int64_t now_s,
               http::HeaderMap& response) {
  if (state.cookie == nullptr) {
    response.Set(state.header, WriteToken(host.address_text()));
    return;
  }
  const std::string token =
      WriteTimedToken(host.address_text(), state.ttl_s > 0 ? now_s + state.ttl_s : 0);
  response.Add(http::HeaderId::kSetCookie, state.cookie->Write(token, response.arena()));
}

}  // namespace weir::extensions::stateful_session
