// How HTTP is spoken to the hosts of a cluster, as plain data: made by the parser, immutable,
// shared by all threads. Apart from ClusterConfig, since most clusters have none of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "source/http/http1_options.h"
#include "source/http2/http2_options.h"

namespace weir::upstream {

enum class HttpProtocol : uint8_t {
  kHttp1,
  kHttp2,
  kByAlpn,        // what the host chose in the handshake; HTTP/1 without one
  kByDownstream,  // HTTP/2 for requests that came over it, else HTTP/1
};

struct HttpConfig {
  HttpProtocol protocol = HttpProtocol::kHttp1;
  // SNI is the request's host; the host's certificate must be for the request's host.
  bool auto_sni = false;
  bool auto_san_validation = false;
  std::string host_header;  // where the request has it, names its host; lower case; empty: none
  http::Http1ClientOptions http1;
  http2::Options http2;

  bool wants_names() const { return auto_sni || auto_san_validation; }
  static const HttpConfig& Default();
  // The one object, of all that are in use, that says the same.
  static std::shared_ptr<const HttpConfig> Share(HttpConfig config);

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
  // Of what differs most.
  template <class H>
  friend H AbslHashValue(H h, const HttpConfig& config) {
    return H::combine(std::move(h), config.protocol, config.host_header,
                      config.http1.limits.max_headers, config.http2.max_concurrent_streams,
                      config.http2.initial_stream_window_bytes);
  }
};

}  // namespace weir::upstream
