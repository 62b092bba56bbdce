// What is known of one stream (an HTTP request, or a TCP connection that is proxied): plain data
// that filters read and write while it lasts and that access logs, stats and header values read
// when it ends. Times are the loop's monotonic nanoseconds, -1 until they happened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/balancing/host.h"
#include "source/filter/response_flags.h"
#include "source/http/grpc.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/net/address.h"
#include "source/net/transport_socket.h"
#include "source/routing/route.h"

namespace weir::filter {

// What every stream of a connection shares; lives as long as the connection.
struct ConnectionInfo {
  uint64_t id = 0;                 // unique in the process, Envoy's connection ID
  net::Address direct_remote;      // the peer
  net::Address local;              // where it was going, when a listener filter restored that
  std::string direct_remote_text;  // made once a connection: "1.2.3.4:5"
  std::string_view listener_name;
  std::string_view filter_chain_name;
  std::string_view termination_details;
  std::string server_name;  // as a listener filter found it in the TLS hello; see requested_name()
  bool is_secure = false;   // what x-forwarded-proto calls https
  bool is_redirected = false;
  net::TransportSocket* transport = nullptr;  // null: plaintext
  // The names for which its filter chain was chosen (server_names); null: for any.
  std::shared_ptr<const std::vector<std::string>> chain_names;

  // Where it was going before it was redirected here; null: to this proxy.
  const net::Address* original_destination() const { return is_redirected ? &local : nullptr; }
  // Null until the handshake is over, and for plaintext. Made when first asked for.
  const net::SecureInfo* secure() const {
    return transport != nullptr && transport->is_established() ? transport->secure_info() : nullptr;
  }
  // The server name (SNI) that the client asked for; empty: none.
  std::string_view requested_name() const {
    if (!server_name.empty()) return server_name;
    const net::SecureInfo* const info = secure();
    return info == nullptr ? std::string_view() : info->server_name;
  }

  void SetAddresses(const net::Address& peer, const net::Address& own) {
    direct_remote = peer;
    direct_remote_text = peer.ToString();
    local = own;
  }
};

// The host that a request's session belongs to.
struct WantedHost {
  net::Address address;
  bool is_strict = false;         // no other will do
  int status_without_host = 503;  // of a strict one that cannot be had
};

struct StreamInfo {
  const ConnectionInfo* connection = nullptr;
  uint64_t stream_id = 0;  // decides sampling and weighted choices: a random number per request

  int64_t start_wall_us = 0;
  int64_t start_ns = -1;
  int64_t last_downstream_rx_ns = -1;  // request fully received
  int64_t first_upstream_tx_ns = -1;
  int64_t last_upstream_tx_ns = -1;
  int64_t first_upstream_rx_ns = -1;
  int64_t last_upstream_rx_ns = -1;
  int64_t first_downstream_tx_ns = -1;
  int64_t last_downstream_tx_ns = -1;
  int64_t end_ns = -1;

  uint64_t bytes_received = 0;  // body bytes from downstream
  uint64_t bytes_sent = 0;      // body bytes to downstream
  uint64_t upstream_bytes_received = 0, upstream_bytes_sent = 0;

  // HTTP only; null for TCP and for requests refused before a head existed.
  const http::RequestHead* request = nullptr;
  const http::ResponseHead* response = nullptr;
  const http::HeaderMap* response_trailers = nullptr;
  // Of the trailers, from a filter that made something else of them.
  std::optional<http::GrpcStatus> grpc_status;
  http::Version version = http::Version::kHttp11;
  bool is_http = false;
  bool is_health_check = false;  // a probe of this proxy: not counted as traffic

  int response_code = 0;  // 0: none was sent
  // Envoy's style: "via_upstream", "route_not_found", "direct_response", "upstream_reset_before_…".
  // Static text or in the stream's arena.
  std::string_view response_code_details;
  ResponseFlags flags;

  // The client's address after the trust model was applied (x-forwarded-for), else the peer's.
  const net::Address* remote = nullptr;

  const routing::Route* route = nullptr;
  // The choice among the route's weighted clusters, made together with the route; null: it has
  // none.
  const routing::WeightedCluster* weighted_cluster = nullptr;
  std::string_view cluster_name;
  // Of the filter that knows the session, for the router; null: none.
  const WantedHost* wanted_host = nullptr;
  balancing::HostPtr upstream_host;
  net::Address upstream_local;
  uint32_t attempt_count = 0;
  std::string upstream_failure_reason;  // transport's; empty as a rule
  // Of the upstream connection's transport; empty for plaintext. Kept here because the connection
  // may be gone before the log is written.
  std::string_view upstream_tls_version, upstream_tls_cipher;
  std::shared_ptr<const net::CertificateInfo> upstream_peer_certificate, upstream_local_certificate;
  std::optional<http::Version> upstream_version;

  void NoteUpstream(const net::SecureInfo& secure);

  int64_t DurationNs() const { return end_ns < 0 ? -1 : end_ns - start_ns; }
};

}  // namespace weir::filter
