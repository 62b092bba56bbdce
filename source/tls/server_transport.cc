// Tested by test/tls/secret_manager_test.cc
#include "source/tls/server_transport.h"

#include <utility>

#include "source/base/strings.h"
#include "source/tls/context_builder.h"
#include "source/tls/status_fault.h"
#include "source/tls/tls_socket.h"

namespace weir::tls {
namespace {

struct FactoryStats {
  stats::Counter downstream_context_secrets_not_ready;
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(FactoryStats, downstream_context_secrets_not_ready)};
};

using Builder = ContextBuilder<ServerContext>;

class Factory final : public net::ServerTransportFactory {
 public:
  Factory(std::shared_ptr<Builder> builder, std::shared_ptr<stats::Group<FactoryStats>> stats)
      : builder_(std::move(builder)), stats_(std::move(stats)) {}

  absl::StatusOr<std::unique_ptr<net::TransportSocket>> Create() const override {
    std::shared_ptr<const ServerContext> context = builder_->context();
    if (context == nullptr) {
      stats_->Here().downstream_context_secrets_not_ready.Add();
      return absl::UnavailableError("a secret of the TLS context has not arrived");
    }
    SslPtr ssl = context->NewSsl();
    if (ssl == nullptr) return absl::ResourceExhaustedError(TakeLibraryErrors());
    return std::make_unique<TlsSocket>(std::move(ssl), std::move(context), nullptr);
  }
  bool is_settled() const override { return builder_->is_settled(); }
  bool is_secure() const override { return true; }

 private:
  const std::shared_ptr<Builder> builder_;
  const std::shared_ptr<stats::Group<FactoryStats>> stats_;
};

// The secrets that are there; without a value: one is missing.
absl::StatusOr<std::optional<ServerSecrets>> Gather(const ServerTransportConfig& config,
                                                    std::shared_ptr<TicketKeyRing> own_keys) {
  ServerSecrets secrets;
  for (const auto& certificate : config.certificates) {
    if (certificate->value() == nullptr) return std::nullopt;
    secrets.certificates.push_back(certificate->value());
  }
  bool is_ready = true;
  secrets.trust = CombinedTrust(config.validation, config.more_validation, &is_ready);
  if (!is_ready) return std::nullopt;
  const bool can_tell = secrets.trust != nullptr &&
                        (secrets.trust->has_anchor() || secrets.trust->config.accepts_untrusted);
  if (!can_tell && config.settings.requires_client_certificate) {
    return absl::InvalidArgumentError(
        "require_client_certificate: nothing says which clients to trust: validation_context needs "
        "trusted_ca, system_root_certs, verify_certificate_hash or verify_certificate_spki");
  }
  const bool means_something = secrets.trust != nullptr && (!secrets.trust->config.names.empty() ||
                                                            !secrets.trust->crl_pem.empty());
  if (!can_tell && means_something) {
    return absl::InvalidArgumentError(
        "common_tls_context.validation_context: names and revocation lists mean nothing without "
        "trusted_ca");
  }
  // A context that names nobody asks for nothing.
  if (!can_tell) secrets.trust = nullptr;
  secrets.tickets = std::move(own_keys);
  if (config.ticket_keys == nullptr) return secrets;
  if (config.ticket_keys->value() == nullptr) return std::nullopt;
  secrets.tickets = std::make_shared<TicketKeyRing>(config.ticket_keys->value());
  return secrets;
}

ContextCertificates Listed(const ServerContext& context) {
  ContextCertificates list;
  for (const auto& certificate : context.selector().certificates()) {
    for (CertificateDetails& details : certificate->Details()) {
      list.cert_chain.push_back(std::move(details));
    }
  }
  if (context.verifier() != nullptr) list.ca_cert = context.verifier()->Details();
  return list;
}

}  // namespace

std::shared_ptr<const net::ServerTransportFactory> CreateServerTransport(
    ServerTransportConfig config, SecretManager& secrets, stats::Store& stats,
    std::string_view stat_prefix, config::Faults& faults) {
  auto counters = AddTaggedGroup<TlsStats>(stats, stat_prefix, "ssl");
  auto factory_counters =
      AddTaggedGroup<FactoryStats>(stats, stat_prefix, "server_ssl_socket_factory");
  // Tickets outlive a change of the certificate; whether they are taken is the context's decision.
  std::shared_ptr<TicketKeyRing> own_keys;
  if (config.settings.tickets == ServerSettings::Tickets::kOwnKeys) {
    own_keys = std::make_shared<TicketKeyRing>(secrets.main().clock());
  }
  const auto shared = std::make_shared<const ServerTransportConfig>(std::move(config));
  auto builder =
      MakeOnMain(secrets.main(),
                 std::make_unique<Builder>(
                     secrets, std::string(stat_prefix),
                     [shared, counters, own_keys]() -> absl::StatusOr<Builder::Built> {
                       auto gathered = Gather(*shared, own_keys);
                       if (!gathered.ok()) return gathered.status();
                       if (!gathered->has_value()) return Builder::Built();
                       auto context = ServerContext::Create(shared->settings, **gathered, counters);
                       if (!context.ok()) return context.status();
                       ContextCertificates list = Listed(**context);
                       return Builder::Built{*std::move(context), std::move(list)};
                     },
                     [shared] {
                       for (const auto& certificate : shared->certificates) {
                         if (!IsSettled(certificate)) return false;
                       }
                       return IsSettled(shared->validation) && IsSettled(shared->more_validation) &&
                              IsSettled(shared->ticket_keys);
                     }));
  if (const absl::Status status = builder->Refresh(); !status.ok()) {
    AddFault(status, faults);
    return nullptr;
  }
  for (const auto& certificate : shared->certificates) certificate->AddUser(builder);
  for (const auto& part : {shared->validation, shared->more_validation}) {
    if (part != nullptr) part->AddUser(builder);
  }
  if (shared->ticket_keys != nullptr) shared->ticket_keys->AddUser(builder);
  return std::make_shared<Factory>(std::move(builder), std::move(factory_counters));
}

}  // namespace weir::tls
