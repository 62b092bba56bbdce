// The transport socket factory of a cluster: builds a ClientContext from its settings and the
// secrets that are there, again whenever one of them changes, and makes sockets of the newest.
#pragma once

#include <memory>
#include <string_view>

#include "source/config/faults.h"
#include "source/net/transport_factory.h"
#include "source/stats/stats.h"
#include "source/tls/client_context.h"
#include "source/tls/secret.h"
#include "source/tls/secret_manager.h"

namespace weir::tls {

struct ClientTransportConfig {
  ClientSettings settings = {};
  std::shared_ptr<Secret<Certificate>> certificate;  // null: none is shown
  std::shared_ptr<Secret<TrustMaterial>> validation,
      more_validation;  // the second completes the first
};

// Main thread; the factory may end on any. Null exactly when it added faults. One that lacks a
// secret makes no sockets until it has come, and counts
// PREFIX.client_ssl_socket_factory.upstream_context_secrets_not_ready.
std::shared_ptr<const net::ClientTransportFactory> CreateClientTransport(
    ClientTransportConfig config, SecretManager& secrets, stats::Store& stats,
    std::string_view stat_prefix, config::Faults& faults);

}  // namespace weir::tls
