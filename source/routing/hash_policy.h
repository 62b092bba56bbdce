// What of a request says which host it belongs to, for the policies that balance by hash: plain
// immutable data of a route, and the hash that it makes of one request. Source:
// envoy.config.route.v3.RouteAction.HashPolicy. The values are those of Envoy, so that in a mixed
// fleet a key lands on the same host through any proxy. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "source/config/regex.h"
#include "source/http/cookie.h"
#include "source/http/message.h"
#include "source/net/address.h"

namespace weir::routing {

struct HashPolicy {
  // kNone: looks at something that is never there.
  enum class Kind : uint8_t { kNone, kHeader, kCookie, kSourceIp, kQueryParameter };

  Kind kind = Kind::kNone;
  // Nothing behind it is asked once there is a hash.
  bool is_terminal = false;
  http::HeaderId id = http::HeaderId::kOther;  // kHeader: of `name`
  std::string name;                            // of the header (lower case), cookie or parameter
  // kHeader: changes each value before it is hashed; null: nothing does.
  std::shared_ptr<const config::Regex> regex;
  std::string substitution;
  // kCookie: given to clients that have none; null: they are not.
  std::shared_ptr<const http::CookieTemplate> new_cookie;
};

// Makes up the value of a cookie for a client that has none, and sees to it that the client gets
// it.
using CookieMaker = absl::FunctionRef<std::string_view(const http::CookieTemplate& cookie)>;

// None when the request has nothing of what the policies look at: then any host will do. `client`
// is its address as far as it is trusted; null: not known.
std::optional<uint64_t> HashRequest(absl::Span<const HashPolicy> policies,
                                    const http::RequestHead& head, const net::Address* client,
                                    CookieMaker make_cookie);

// Of the IP address alone: connections of one client go together. None for a pipe.
std::optional<uint64_t> HashOfClient(const net::Address* client);

}  // namespace weir::routing
