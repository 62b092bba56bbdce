// Tested by test/extensions/transport_sockets/tls/tls_factories_test.cc
#include "source/extensions/transport_sockets/tls/common_tls_parser.h"

#include <utility>

#include "envoy/config/core/v3/address.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/net/cidr.h"
#include "source/tls/peer_verifier.h"
#include "source/tls/secret_parser.h"

namespace weir::extensions::tls {
namespace {

namespace proto = envoy::extensions::transport_sockets::tls::v3;
using weir::tls::SecretManager;

void ParseCertificates(const proto::CommonTlsContext& in, SecretManager& secrets, CommonTls& out,
                       config::Faults& faults) {
  for (int i = 0; i < in.tls_certificates_size(); ++i) {
    config::Faults::Scope scope(faults, "tls_certificates", static_cast<size_t>(i));
    out.certificates.push_back(secrets.MakeCertificate(
        weir::tls::ParseCertificate(in.tls_certificates(i), faults), faults));
  }
  for (int i = 0; i < in.tls_certificate_sds_secret_configs_size(); ++i) {
    config::Faults::Scope scope(faults, "tls_certificate_sds_secret_configs",
                                static_cast<size_t>(i));
    out.certificates.push_back(secrets.FindCertificate(
        weir::tls::ParseReference(in.tls_certificate_sds_secret_configs(i)), faults));
  }
}

void ParseInlineValidation(const proto::CertificateValidationContext& in, SecretManager& secrets,
                           CommonTls& out, config::Faults& faults) {
  const size_t before = faults.faults().size();
  const weir::tls::ValidationConfig config = weir::tls::ParseValidation(in, faults);
  if (faults.faults().size() == before) out.validation = secrets.MakeValidation(config, faults);
}

void ParseWhomToTrust(const proto::CommonTlsContext& in, SecretManager& secrets, CommonTls& out,
                      config::Faults& faults) {
  switch (in.validation_context_type_case()) {
    case proto::CommonTlsContext::kValidationContext: {
      config::Faults::Scope scope(faults, "validation_context");
      ParseInlineValidation(in.validation_context(), secrets, out, faults);
      break;
    }
    case proto::CommonTlsContext::kValidationContextSdsSecretConfig: {
      config::Faults::Scope scope(faults, "validation_context_sds_secret_config");
      out.validation = secrets.FindValidation(
          weir::tls::ParseReference(in.validation_context_sds_secret_config()), faults);
      break;
    }
    case proto::CommonTlsContext::kCombinedValidationContext: {
      config::Faults::Scope scope(faults, "combined_validation_context");
      const auto& both = in.combined_validation_context();
      {
        config::Faults::Scope first(faults, "default_validation_context");
        ParseInlineValidation(both.default_validation_context(), secrets, out, faults);
      }
      config::Faults::Scope second(faults, "validation_context_sds_secret_config");
      out.more_validation = secrets.FindValidation(
          weir::tls::ParseReference(both.validation_context_sds_secret_config()), faults);
      break;
    }
    case proto::CommonTlsContext::VALIDATION_CONTEXT_TYPE_NOT_SET:
      break;
  }
}

template <class Ranges>
std::vector<net::CidrRange> ParseRanges(const Ranges& in, std::string_view field,
                                        config::Faults& faults) {
  std::vector<net::CidrRange> out;
  for (int i = 0; i < in.size(); ++i) {
    // Without a prefix length: the whole family.
    auto range = net::CidrRange::Create(in[i].address_prefix(), in[i].prefix_len().value());
    if (range.ok()) {
      out.push_back(*range);
      continue;
    }
    config::Faults::Scope scope(faults, field, static_cast<size_t>(i));
    faults.Add("", std::string(range.status().message()));
  }
  return out;
}

std::shared_ptr<weir::tls::KeyLog> ParseKeyLog(const proto::TlsKeyLog& in, config::Faults& faults) {
  config::Faults::Scope scope(faults, "key_log");
  const size_t before = faults.faults().size();
  weir::tls::KeyLogConfig config;
  config.path = in.path();
  config.local_ranges = ParseRanges(in.local_address_range(), "local_address_range", faults);
  config.remote_ranges = ParseRanges(in.remote_address_range(), "remote_address_range", faults);
  if (faults.faults().size() != before) return nullptr;
  auto log = weir::tls::KeyLog::Open(std::move(config));
  if (log.ok()) return *std::move(log);
  faults.Add("path", std::string(log.status().message()));
  return nullptr;
}

}  // namespace

CommonTls ParseCommonTls(const proto::CommonTlsContext& in, SecretManager& secrets,
                         config::Faults& faults) {
  CommonTls out;
  config::Faults::Scope scope(faults, "common_tls_context");
  {
    config::Faults::Scope parameters(faults, "tls_params");
    out.parameters = weir::tls::ParseParameters(in.tls_params(), faults);
  }
  out.alpn.assign(in.alpn_protocols().begin(), in.alpn_protocols().end());
  const auto alpn = weir::tls::EncodeAlpn({out.alpn.begin(), out.alpn.end()});
  if (!alpn.ok()) faults.Add("alpn_protocols", std::string(alpn.status().message()));
  ParseCertificates(in, secrets, out, faults);
  ParseWhomToTrust(in, secrets, out, faults);
  if (in.has_key_log()) out.key_log = ParseKeyLog(in.key_log(), faults);
  return out;
}

}  // namespace weir::extensions::tls
