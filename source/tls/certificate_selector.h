// Which of a context's certificates a client is shown: by the server name it asks for (an exact one
// before a wildcard), by what keys it takes (ECDSA before RSA), by what the policy says of OCSP
// staples. One or two hash look-ups, whatever the number of certificates. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "source/tls/certificate.h"
#include "source/tls/client_hello.h"

namespace weir::tls {

enum class OcspPolicy : uint8_t { kLenient, kStrict, kMustStaple };

class CertificateSelector {
 public:
  using Certificates = std::vector<std::shared_ptr<const Certificate>>;

  // `scans_all`: full_scan_certs_on_sni_mismatch. Certificates must not be empty.
  CertificateSelector(Certificates certificates, OcspPolicy policy, bool scans_all);

  struct Choice {
    int index = -1;             // none will do
    bool staples = false;       // its OCSP response is sent
    bool lacks_staple = false;  // the client asked, there is none that is current
  };
  Choice Select(const ClientOffer& offer, int64_t now_s) const;

  const Certificates& certificates() const { return certificates_; }

 private:
  using Indexes = absl::InlinedVector<uint16_t, 2>;
  using NameMap = absl::flat_hash_map<std::string, Indexes>;

  void AddNames(uint16_t index);
  bool IsUsable(uint16_t index, const ClientOffer& offer, int64_t now_s) const;
  int Best(const Indexes& candidates, const ClientOffer& offer, int64_t now_s) const;
  int SelectIndex(const ClientOffer& offer, int64_t now_s) const;

  const Certificates certificates_;
  const OcspPolicy policy_;
  const bool scans_all_;
  NameMap exact_;
  NameMap wildcards_;  // ".example.com" for "*.example.com"
  Indexes all_;
};

}  // namespace weir::tls
