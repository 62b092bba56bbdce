// TLS towards hosts, as one version of the configuration and its secrets has it. Immutable but for
// the sessions it keeps; replaced as a whole, sessions too, when a secret changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/net/transport_factory.h"
#include "source/tls/session_cache.h"
#include "source/tls/tls_context.h"

namespace weir::tls {

// What does not change with the secrets.
struct ClientSettings {
  static constexpr uint32_t kDefaultMaxSessions = 8;

  TlsParameters parameters;
  std::vector<std::string> alpn;
  std::string server_name;               // sni; empty: each connection's
  bool prefers_host_name = false;        // auto_host_sni: each connection's first
  bool checks_server_name_only = false;  // auto_sni_san_validation
  uint32_t max_sessions = kDefaultMaxSessions;
  std::shared_ptr<KeyLog> key_log;
};

struct ClientSecrets {
  std::shared_ptr<const Certificate> certificate;  // null: none is shown
  std::shared_ptr<const TrustMaterial> trust;
};

// What one connection asks of its server.
struct ClientIdentity {
  std::string server_name;    // SNI; empty: none is sent
  std::string expected_name;  // the certificate must be for it; empty: what the configuration says
  bool is_enough = false;     // see ExpectedName
};

class ClientContext final : public TlsContext {
 public:
  // Fails where a server could not be told from any other: see TrustMaterial::has_anchor.
  static absl::StatusOr<std::unique_ptr<const ClientContext>> Create(
      const ClientSettings& settings, const ClientSecrets& secrets,
      std::shared_ptr<stats::Group<TlsStats>> stats);

  // An error when the certificate's names could be compared with nothing.
  absl::StatusOr<ClientIdentity> IdentityFor(const net::ClientTransportOptions& options) const;
  // Null: the library could not.
  SslPtr NewSsl(const ClientIdentity& identity, const net::ClientTransportOptions& options) const;
  SessionCache& sessions() const { return *sessions_; }
  static std::string SessionKey(const ClientIdentity& identity);

 private:
  ClientContext(const ClientSettings& settings, std::shared_ptr<stats::Group<TlsStats>> stats);
  absl::Status Build(const ClientSecrets& secrets);

  const ClientSettings settings_;
  const std::unique_ptr<SessionCache> sessions_;
  std::string alpn_;
  SslCtxPtr ctx_;
};

}  // namespace weir::tls
