// Who makes the transport sockets of connections: one factory for each transport_socket of the
// configuration, immutable, shared by all workers. No factory (a null pointer) means plaintext.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "source/net/transport_socket.h"

namespace weir::net {

class ServerTransportFactory {
 public:
  virtual ~ServerTransportFactory() = default;
  // Any worker. Fails while a secret has not arrived: the connection is closed.
  virtual absl::StatusOr<std::unique_ptr<TransportSocket>> Create() const = 0;
  // Main thread. Every secret has arrived, or is not waited for any longer.
  virtual bool is_settled() const { return true; }
  // What filter chains, x-forwarded-proto and redirects call https.
  virtual bool is_secure() const = 0;
};

// What one connection adds to its cluster's settings.
struct ClientTransportOptions {
  // SNI where the settings name none (auto_sni); empty: none.
  std::string_view server_name;
  // One more name that the peer's certificate must have (auto_san_validation); empty: none.
  std::string_view verified_name;
  // In the order of preference; empty: as the settings say.
  absl::Span<const std::string_view> alpn;
  // The name of the endpoint, for settings that go by it (auto_host_sni); empty: it has none.
  std::string_view host_name;
};

class ClientTransportFactory {
 public:
  virtual ~ClientTransportFactory() = default;
  // Any worker. Fails while a secret has not arrived, or when trust could not be established.
  virtual absl::StatusOr<std::unique_ptr<TransportSocket>> Create(
      const ClientTransportOptions& options) const = 0;
  // Main thread. Every secret has arrived, or is not waited for any longer.
  virtual bool is_settled() const { return true; }
  virtual bool is_secure() const = 0;
};

}  // namespace weir::net
