// Secrets as configuration describes them: where their bytes are, and what is asked of a peer.
// Plain data; the parsers fill it, loading turns it into a Certificate, a TrustMaterial or
// TicketKeys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/config/regex.h"
#include "source/tls/bytes_source.h"
#include "source/tls/name_matcher.h"

namespace weir::tls {

struct CertificateConfig {
  BytesSource chain = {};        // PEM, leaf first
  BytesSource private_key = {};  // PEM
  BytesSource password = {};
  BytesSource ocsp_staple = {};        // DER
  std::string watched_directory = {};  // empty: the directories of the files
};

struct ValidationConfig {
  BytesSource trusted_ca = {};  // PEM
  BytesSource crl = {};         // PEM
  bool trusts_system_roots = false;
  std::vector<std::string> certificate_hashes = {};  // 32 bytes each
  std::vector<std::string> key_hashes = {};          // 32 bytes each
  std::vector<NameMatcher> names = {};  // one of them must fit; empty: any name will do
  bool allows_expired = false;
  bool accepts_untrusted = false;
  bool checks_leaf_crl_only = false;
  bool hides_ca_list = false;
  std::optional<uint32_t> max_depth = {};
  std::string watched_directory = {};
};

struct TicketKeysConfig {
  std::vector<BytesSource> keys;  // 80 bytes each
};

struct SecretDefinition {
  std::string name;
  std::variant<std::monostate, CertificateConfig, ValidationConfig, TicketKeysConfig> secret;
};

}  // namespace weir::tls
