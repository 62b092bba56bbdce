// Tested by test/extensions/transport_sockets/tls/tls_factories_test.cc
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/load.h"
#include "source/extensions/transport_sockets/tls/common_tls_parser.h"
#include "source/extensions/transport_sockets/tls/tls_factories.h"
#include "source/tls/client_transport.h"
#include "source/tls/peer_verifier.h"

namespace weir::extensions::tls {
namespace {

namespace proto = envoy::extensions::transport_sockets::tls::v3;
using weir::tls::ClientSettings;
using weir::tls::ClientTransportConfig;
using weir::tls::TrustMaterial;

// Whether a server could be told from any other with what is written here; a part that has not come
// yet is judged when it does.
bool TrustsNobody(const ClientTransportConfig& config) {
  bool has_one = false;
  for (const auto& part : {config.validation, config.more_validation}) {
    if (part == nullptr) continue;
    const TrustMaterial* const trust = part->value().get();
    has_one |= trust == nullptr || trust->has_anchor() || trust->config.accepts_untrusted;
  }
  return !has_one;
}

ClientTransportConfig ParseConfig(const proto::UpstreamTlsContext& in,
                                  weir::tls::SecretManager& secrets, config::Faults& faults) {
  const size_t before = faults.faults().size();
  ClientTransportConfig out;
  CommonTls common = ParseCommonTls(in.common_tls_context(), secrets, faults);
  ClientSettings& settings = out.settings;
  settings.parameters = std::move(common.parameters);
  settings.alpn = std::move(common.alpn);
  settings.key_log = std::move(common.key_log);
  settings.server_name = in.sni();
  settings.prefers_host_name = in.auto_host_sni();
  settings.checks_server_name_only = in.auto_sni_san_validation();
  if (in.has_max_session_keys()) settings.max_sessions = in.max_session_keys().value();
  if (common.certificates.size() > 1) {
    faults.Add("common_tls_context.tls_certificates", "a client shows one certificate at most");
  } else if (!common.certificates.empty()) {
    out.certificate = std::move(common.certificates.front());
  }
  out.validation = std::move(common.validation);
  out.more_validation = std::move(common.more_validation);
  if (in.allow_renegotiation()) {
    faults.Add("allow_renegotiation",
               "renegotiation is not spoken: it has no use and a bad history");
  }
  if (faults.faults().size() == before && TrustsNobody(out)) {
    faults.Add("common_tls_context.validation_context.trusted_ca",
               "is required: without it any server would be believed. system_root_certs: {} trusts "
               "this machine's CAs, verify_certificate_hash or verify_certificate_spki one server, "
               "trust_chain_verification: ACCEPT_UNTRUSTED everybody");
  }
  return out;
}

class UpstreamFactory final : public filter::ClientTransportConfigFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.transport_sockets.tls",
            "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"};
  }
  std::shared_ptr<const net::ClientTransportFactory> Parse(const google::protobuf::Any& any,
                                                           const filter::TransportContext& context,
                                                           config::Faults& faults) const override {
    proto::UpstreamTlsContext in;
    if (!config::Unpack(any, in, faults)) return nullptr;
    const size_t before = faults.faults().size();
    ClientTransportConfig parsed = ParseConfig(in, context.secrets, faults);
    if (faults.faults().size() != before) return nullptr;
    return weir::tls::CreateClientTransport(std::move(parsed), context.secrets, context.stats,
                                            context.stat_prefix, faults);
  }
};

}  // namespace

std::unique_ptr<filter::ClientTransportConfigFactory> CreateUpstreamFactory() {
  return std::make_unique<UpstreamFactory>();
}

}  // namespace weir::extensions::tls
