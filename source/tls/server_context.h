// TLS towards clients, as one version of the configuration and its secrets has it: an SSL_CTX for
// each certificate, the choice among them, tickets, whom to let in. Immutable but for the ticket
// keys; replaced as a whole when a secret changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/tls/certificate_selector.h"
#include "source/tls/client_hello.h"
#include "source/tls/ticket_keys.h"
#include "source/tls/tls_context.h"

namespace weir::tls {

// What does not change with the secrets.
struct ServerSettings {
  enum class Tickets : uint8_t { kOwnKeys, kGivenKeys, kOff };

  TlsParameters parameters;
  std::vector<std::string> alpn;  // in the order of preference
  bool requires_client_certificate = false;
  Tickets tickets = Tickets::kOwnKeys;
  bool keeps_sessions = true;     // for TLS 1.2 clients that take no tickets
  int64_t session_timeout_s = 0;  // 0: the library's
  OcspPolicy ocsp_policy = OcspPolicy::kLenient;
  bool scans_all_certificates = false;
  bool prefers_client_ciphers = false;
  std::shared_ptr<KeyLog> key_log;
};

struct ServerSecrets {
  CertificateSelector::Certificates certificates;
  std::shared_ptr<const TrustMaterial> trust;  // null: clients are not asked who they are
  std::shared_ptr<TicketKeyRing> tickets;      // null: no tickets
};

class ServerContext final : public TlsContext {
 public:
  static absl::StatusOr<std::unique_ptr<const ServerContext>> Create(
      const ServerSettings& settings, const ServerSecrets& secrets,
      std::shared_ptr<stats::Group<TlsStats>> stats);

  SslPtr NewSsl() const;
  TicketKeyRing* tickets() const { return secrets_.tickets.get(); }
  const CertificateSelector& selector() const { return selector_; }
  // The protocols as encoded, of which one may be chosen with the suite that was; empty: none.
  const std::string& AlpnFor(const SSL* ssl) const;

  // The ClientHello has come: chooses the certificate. False: none will do.
  bool OnClientHello(SSL* ssl, LibraryHello hello) const;

 private:
  ServerContext(const ServerSettings& settings, const ServerSecrets& secrets,
                std::shared_ptr<stats::Group<TlsStats>> stats);
  absl::Status Build(const ServerSettings& settings);
  absl::Status ConfigureSessions(SSL_CTX* ctx, const ServerSettings& settings) const;
  void ConfigureCallbacks(SSL_CTX* ctx) const;
  void ConfigureClients(SSL_CTX* ctx, const ServerSettings& settings) const;
  std::string SessionContext(const ServerSettings& settings) const;

  const ServerSecrets secrets_;
  const CertificateSelector selector_;
  const bool allows_tls13_;
  std::string alpn_, alpn_without_http2_;
  std::vector<SslCtxPtr> ctxs_;  // as the certificates
};

}  // namespace weir::tls
