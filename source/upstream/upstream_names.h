// The host that a request is for, as TLS to an upstream host uses it (auto_sni,
// auto_san_validation). Pure functions.
#pragma once

#include <string_view>

#include "absl/types/span.h"
#include "source/http/message.h"
#include "source/upstream/http_config.h"

namespace weir::upstream {

inline constexpr size_t kMaxNameBytes = 255;

// The request's host without the port, lower case and without brackets; empty when it has none that
// a certificate could be for. Views `buffer`, of kMaxNameBytes + 8 bytes, or the head.
std::string_view NameOf(const http::RequestHead* head, const HttpConfig& config,
                        absl::Span<char> buffer);
// SNI never holds an IP address (RFC 6066 §3).
bool IsIpAddress(std::string_view name);

}  // namespace weir::upstream
