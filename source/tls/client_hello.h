// What a ClientHello (RFC 8446 §4.1.2) says that decides which certificate is shown. Every length
// is checked: the bytes are a stranger's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/tls/certificate.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

// What the library gives its callback.
#ifdef OPENSSL_IS_BORINGSSL
using LibraryHello = const SSL_CLIENT_HELLO*;
#else
using LibraryHello = SSL*;
#endif

// The parts that matter, as they came.
struct HelloParts {
  std::optional<std::string_view> server_name, signature_algorithms, supported_groups,
      supported_versions, status_request;
  std::string_view cipher_suites;
};
HelloParts PartsOf(LibraryHello hello);

struct ClientOffer {
  std::string server_name;  // lower case; empty: none, or none that is a name
  bool takes_ocsp = false;
  bool takes_rsa = true;
  bool takes_p256 = false, takes_p384 = false, takes_p521 = false;

  bool Takes(KeyType type) const;
};
// `allows_tls13`: of ours; a TLS 1.3 client takes any certificate it has a signature algorithm for.
ClientOffer ParseOffer(const HelloParts& parts, bool allows_tls13);

}  // namespace weir::tls
