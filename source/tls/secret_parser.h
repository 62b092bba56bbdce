// Protobuf → the plain descriptions of secrets. Main thread; each adds its faults.
#pragma once

#include "source/config/faults.h"
#include "source/tls/secret_config.h"
#include "source/tls/secret_manager.h"
#include "source/tls/tls_context.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class CertificateValidationContext;
class SdsSecretConfig;
class TlsCertificate;
class TlsParameters;
class TlsSessionTicketKeys;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace weir::tls {

namespace proto = envoy::extensions::transport_sockets::tls::v3;

CertificateConfig ParseCertificate(const proto::TlsCertificate& in, config::Faults& faults);
ValidationConfig ParseValidation(const proto::CertificateValidationContext& in,
                                 config::Faults& faults);
TicketKeysConfig ParseTicketKeys(const proto::TlsSessionTicketKeys& in, config::Faults& faults);
SecretDefinition ParseSecret(const proto::Secret& in, config::Faults& faults);
// A view of `in`.
SecretReference ParseReference(const proto::SdsSecretConfig& in);
TlsParameters ParseParameters(const proto::TlsParameters& in, config::Faults& faults);

}  // namespace weir::tls
