// The transport socket factory of a filter chain: builds a ServerContext from its settings and the
// secrets that are there, again whenever one of them changes, and makes sockets of the newest.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "source/config/faults.h"
#include "source/net/transport_factory.h"
#include "source/stats/stats.h"
#include "source/tls/secret.h"
#include "source/tls/secret_manager.h"
#include "source/tls/server_context.h"

namespace weir::tls {

struct ServerTransportConfig {
  ServerSettings settings = {};
  std::vector<std::shared_ptr<Secret<Certificate>>> certificates = {};  // one at least
  // Whom to let in; both: the second completes the first; none: clients are not asked.
  std::shared_ptr<Secret<TrustMaterial>> validation = {}, more_validation = {};
  std::shared_ptr<Secret<TicketKeys>> ticket_keys = {};  // with Tickets::kGivenKeys
};

// Main thread; the factory may end on any. Null exactly when it added faults. One that lacks a
// secret makes no sockets until it has come, and counts
// PREFIX.server_ssl_socket_factory.downstream_context_secrets_not_ready.
std::shared_ptr<const net::ServerTransportFactory> CreateServerTransport(
    ServerTransportConfig config, SecretManager& secrets, stats::Store& stats,
    std::string_view stat_prefix, config::Faults& faults);

}  // namespace weir::tls
