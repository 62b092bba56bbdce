// Tested by test/extensions/transport_sockets/tls/tls_factories_test.cc
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/load.h"
#include "source/extensions/transport_sockets/tls/common_tls_parser.h"
#include "source/extensions/transport_sockets/tls/tls_factories.h"
#include "source/tls/secret_parser.h"
#include "source/tls/server_transport.h"

namespace weir::extensions::tls {
namespace {

namespace proto = envoy::extensions::transport_sockets::tls::v3;
using weir::tls::OcspPolicy;
using weir::tls::ServerSettings;
using weir::tls::ServerTransportConfig;

OcspPolicy PolicyOf(proto::DownstreamTlsContext::OcspStaplePolicy policy) {
  switch (policy) {
    case proto::DownstreamTlsContext::STRICT_STAPLING:
      return OcspPolicy::kStrict;
    case proto::DownstreamTlsContext::MUST_STAPLE:
      return OcspPolicy::kMustStaple;
    default:
      return OcspPolicy::kLenient;
  }
}

void ParseTickets(const proto::DownstreamTlsContext& in, weir::tls::SecretManager& secrets,
                  ServerTransportConfig& out, config::Faults& faults) {
  using Tickets = ServerSettings::Tickets;
  switch (in.session_ticket_keys_type_case()) {
    case proto::DownstreamTlsContext::kSessionTicketKeys: {
      config::Faults::Scope scope(faults, "session_ticket_keys");
      out.settings.tickets = Tickets::kGivenKeys;
      out.ticket_keys = secrets.MakeTicketKeys(
          weir::tls::ParseTicketKeys(in.session_ticket_keys(), faults), faults);
      break;
    }
    case proto::DownstreamTlsContext::kSessionTicketKeysSdsSecretConfig: {
      config::Faults::Scope scope(faults, "session_ticket_keys_sds_secret_config");
      out.settings.tickets = Tickets::kGivenKeys;
      out.ticket_keys = secrets.FindTicketKeys(
          weir::tls::ParseReference(in.session_ticket_keys_sds_secret_config()), faults);
      break;
    }
    case proto::DownstreamTlsContext::kDisableStatelessSessionResumption:
      if (in.disable_stateless_session_resumption()) out.settings.tickets = Tickets::kOff;
      break;
    case proto::DownstreamTlsContext::SESSION_TICKET_KEYS_TYPE_NOT_SET:
      break;
  }
}

ServerTransportConfig ParseConfig(const proto::DownstreamTlsContext& in,
                                  weir::tls::SecretManager& secrets, config::Faults& faults) {
  ServerTransportConfig out;
  CommonTls common = ParseCommonTls(in.common_tls_context(), secrets, faults);
  ServerSettings& settings = out.settings;
  settings.parameters = std::move(common.parameters);
  settings.alpn = std::move(common.alpn);
  settings.key_log = std::move(common.key_log);
  settings.requires_client_certificate = in.require_client_certificate().value();
  settings.keeps_sessions = !in.disable_stateful_session_resumption();
  settings.session_timeout_s = in.session_timeout().seconds();
  settings.ocsp_policy = PolicyOf(in.ocsp_staple_policy());
  settings.scans_all_certificates = in.full_scan_certs_on_sni_mismatch().value();
  settings.prefers_client_ciphers = in.prefer_client_ciphers();
  out.certificates = std::move(common.certificates);
  out.validation = std::move(common.validation);
  out.more_validation = std::move(common.more_validation);
  ParseTickets(in, secrets, out, faults);
  if (out.certificates.empty()) {
    faults.Add("common_tls_context.tls_certificates", "a server has to have a certificate");
  }
  return out;
}

class DownstreamFactory final : public filter::ServerTransportConfigFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.transport_sockets.tls",
            "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"};
  }
  std::shared_ptr<const net::ServerTransportFactory> Parse(const google::protobuf::Any& any,
                                                           const filter::TransportContext& context,
                                                           config::Faults& faults) const override {
    proto::DownstreamTlsContext in;
    if (!config::Unpack(any, in, faults)) return nullptr;
    const size_t before = faults.faults().size();
    ServerTransportConfig parsed = ParseConfig(in, context.secrets, faults);
    if (faults.faults().size() != before) return nullptr;
    return weir::tls::CreateServerTransport(std::move(parsed), context.secrets, context.stats,
                                            context.stat_prefix, faults);
  }
};

}  // namespace

std::unique_ptr<filter::ServerTransportConfigFactory> CreateDownstreamFactory() {
  return std::make_unique<DownstreamFactory>();
}

}  // namespace weir::extensions::tls
