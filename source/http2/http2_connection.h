// HTTP/2 (RFC 9113) over nghttp2, behind the same contract as HTTP/1 (http/codec.h): who makes the
// connections. nghttp2's own header stays inside this folder.
#pragma once

#include <memory>
#include <string_view>

#include "source/http/codec.h"
#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"

namespace weir::http2 {

// What a client says first (RFC 9113 §3.4): prior knowledge.
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// `handler`, `options` and `stats` (the worker's own) outlive the connection. Settings are written
// at once. A client's requests have the scheme of its own transport, `is_secure` or not, whatever
// their downstream's was: a server may refuse any other (RFC 9113 §8.3.1, RFC 9110 §7.4).
std::unique_ptr<http::ServerConnection> CreateServer(http::ServerConnectionHandler& handler,
                                                     const Options& options, Stats& stats);
std::unique_ptr<http::ClientConnection> CreateClient(http::ClientConnectionHandler& handler,
                                                     const Options& options, Stats& stats,
                                                     bool is_secure);

}  // namespace weir::http2
