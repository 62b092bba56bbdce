// CommonTlsContext → what both sides' settings have in common. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/config/faults.h"
#include "source/tls/key_log.h"
#include "source/tls/secret.h"
#include "source/tls/secret_manager.h"
#include "source/tls/tls_context.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class CommonTlsContext;
}

namespace weir::extensions::tls {

struct CommonTls {
  weir::tls::TlsParameters parameters;
  std::vector<std::string> alpn;
  std::vector<std::shared_ptr<weir::tls::Secret<weir::tls::Certificate>>> certificates;
  std::shared_ptr<weir::tls::Secret<weir::tls::TrustMaterial>> validation, more_validation;
  std::shared_ptr<weir::tls::KeyLog> key_log;
};

// Adds faults under the open scope, which is the context's own.
CommonTls ParseCommonTls(
    const envoy::extensions::transport_sockets::tls::v3::CommonTlsContext& proto,
    weir::tls::SecretManager& secrets, config::Faults& faults);

}  // namespace weir::extensions::tls
