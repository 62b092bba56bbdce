// What a secure transport knows of itself and its peer once the handshake is over: for access logs,
// x-forwarded-client-cert, and rules about who may do what. Plain data, no TLS library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::net {

// One X.509 certificate. Names are as Envoy writes them into logs and headers.
struct CertificateInfo {
  std::string subject, issuer;  // RFC 2253: "CN=a,O=b"
  std::string serial;           // lower-case hexadecimal
  std::string sha256, sha1;     // of the DER form, lower-case hexadecimal
  std::vector<std::string> uri_sans, dns_sans, ip_sans, email_sans;
  std::string pem;
  int64_t not_before_s = 0, not_after_s = 0;  // Unix time
};

struct SecureInfo {
  std::string protocol;     // "TLSv1.3"
  std::string cipher;       // "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"
  std::string server_name;  // SNI as the client sent it, lower case; empty: none
  std::string alpn;
  std::string session_id;  // hexadecimal; empty where there is none
  bool is_resumed = false;
  // The peer's chain was checked against a CA. False: none was presented, or nothing was asked.
  bool is_peer_validated = false;
  std::shared_ptr<const CertificateInfo> peer, local;  // null: none
  std::string peer_chain_pem;                          // leaf first; empty: none
};

}  // namespace weir::net
