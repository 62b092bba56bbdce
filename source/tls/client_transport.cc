// Tested by test/tls/client_context_test.cc
#include "source/tls/client_transport.h"

#include <utility>

#include "source/base/strings.h"
#include "source/tls/context_builder.h"
#include "source/tls/status_fault.h"
#include "source/tls/tls_socket.h"

namespace weir::tls {
namespace {

struct FactoryStats {
  stats::Counter upstream_context_secrets_not_ready;
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(FactoryStats, upstream_context_secrets_not_ready)};
};

using Builder = ContextBuilder<ClientContext>;

class Factory final : public net::ClientTransportFactory {
 public:
  Factory(std::shared_ptr<Builder> builder, std::shared_ptr<stats::Group<FactoryStats>> stats)
      : builder_(std::move(builder)), stats_(std::move(stats)) {}

  absl::StatusOr<std::unique_ptr<net::TransportSocket>> Create(
      const net::ClientTransportOptions& options) const override {
    std::shared_ptr<const ClientContext> context = builder_->context();
    if (context == nullptr) {
      stats_->Here().upstream_context_secrets_not_ready.Add();
      return absl::UnavailableError("a secret of the TLS context has not arrived");
    }
    auto identity = context->IdentityFor(options);
    if (!identity.ok()) return identity.status();
    SslPtr ssl = context->NewSsl(*identity, options);
    if (ssl == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("no TLS connection can be made: ", TakeLibraryErrors()));
    }
    return std::make_unique<TlsSocket>(std::move(ssl), std::move(context),
                                       std::make_unique<ClientIdentity>(*std::move(identity)));
  }
  bool is_settled() const override { return builder_->is_settled(); }
  bool is_secure() const override { return true; }

 private:
  const std::shared_ptr<Builder> builder_;
  const std::shared_ptr<stats::Group<FactoryStats>> stats_;
};

// The secrets that are there; without a value: one is missing.
std::optional<ClientSecrets> Gather(const ClientTransportConfig& config) {
  ClientSecrets secrets;
  if (config.certificate != nullptr) {
    secrets.certificate = config.certificate->value();
    if (secrets.certificate == nullptr) return std::nullopt;
  }
  bool is_ready = true;
  secrets.trust = CombinedTrust(config.validation, config.more_validation, &is_ready);
  if (!is_ready) return std::nullopt;
  return secrets;
}

ContextCertificates Listed(const ClientContext& context, const ClientSecrets& secrets) {
  ContextCertificates list;
  if (secrets.certificate != nullptr) list.cert_chain = secrets.certificate->Details();
  list.ca_cert = context.verifier()->Details();
  return list;
}

}  // namespace

std::shared_ptr<const net::ClientTransportFactory> CreateClientTransport(
    ClientTransportConfig config, SecretManager& secrets, stats::Store& stats,
    std::string_view stat_prefix, config::Faults& faults) {
  auto counters = AddTaggedGroup<TlsStats>(stats, stat_prefix, "ssl");
  auto factory_counters =
      AddTaggedGroup<FactoryStats>(stats, stat_prefix, "client_ssl_socket_factory");
  const auto shared = std::make_shared<const ClientTransportConfig>(std::move(config));
  auto builder =
      MakeOnMain(secrets.main(),
                 std::make_unique<Builder>(
                     secrets, std::string(stat_prefix),
                     [shared, counters]() -> absl::StatusOr<Builder::Built> {
                       const std::optional<ClientSecrets> gathered = Gather(*shared);
                       if (!gathered) return Builder::Built();
                       auto context = ClientContext::Create(shared->settings, *gathered, counters);
                       if (!context.ok()) return context.status();
                       ContextCertificates list = Listed(**context, *gathered);
                       return Builder::Built{*std::move(context), std::move(list)};
                     },
                     [shared] {
                       return IsSettled(shared->certificate) && IsSettled(shared->validation) &&
                              IsSettled(shared->more_validation);
                     }));
  if (const absl::Status status = builder->Refresh(); !status.ok()) {
    AddFault(status, faults);
    return nullptr;
  }
  if (shared->certificate != nullptr) shared->certificate->AddUser(builder);
  for (const auto& part : {shared->validation, shared->more_validation}) {
    if (part != nullptr) part->AddUser(builder);
  }
  return std::make_shared<Factory>(std::move(builder), std::move(factory_counters));
}

}  // namespace weir::tls
