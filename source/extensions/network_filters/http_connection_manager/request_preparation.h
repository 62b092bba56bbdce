// What happens to every request's head before a filter sees it: the path is made canonical, claims
// that only a trusted peer may make are removed, and the request is given its identity
// (x-request-id, x-forwarded-for, x-forwarded-proto). One immutable view for everybody after that:
// route, filters and upstream see the same (docs/configuration.md, "Trust").
#pragma once

#include <string_view>

#include "source/base/random.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/stream_info.h"
#include "source/http/message.h"

namespace weir::extensions::http_connection_manager {

// Why the request is answered here; status 0 means it goes on.
struct Refusal {
  int status = 0;
  std::string_view details;
  std::string_view location;  // for a redirect to the canonical path
  explicit operator bool() const { return status != 0; }
};

// Edits `head`. `remote` receives the client's address and must outlive the stream.
Refusal PrepareRequest(const HcmConfig& config, const filter::ConnectionInfo& connection,
                       base::Random& random, http::RequestHead& head, net::Address& remote);

// A random (version 4) UUID, RFC 9562 §5.4, into the arena.
std::string_view MakeRequestId(base::Random& random, base::Arena& arena);

}  // namespace weir::extensions::http_connection_manager
