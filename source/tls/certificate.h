// A certificate that we show, with its chain, its key and its OCSP staple: loaded, and checked to
// fit together. Immutable, shared by the contexts and threads that use it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/config/faults.h"
#include "source/tls/certificate_registry.h"
#include "source/tls/name_matcher.h"
#include "source/tls/ocsp_staple.h"
#include "source/tls/secret_config.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

enum class KeyType : uint8_t { kRsa, kP256, kP384, kP521 };

class Certificate {
 public:
  // Null exactly when it added faults, each at the field that is wrong.
  static std::shared_ptr<const Certificate> Load(const CertificateConfig& config,
                                                 config::Faults& faults);

  X509* leaf() const { return leaf_.get(); }
  const std::vector<X509Ptr>& intermediates() const { return intermediates_; }
  EVP_PKEY* key() const { return key_.get(); }
  KeyType key_type() const { return key_type_; }
  bool is_ecdsa() const { return key_type_ != KeyType::kRsa; }
  const CertificateNames& names() const { return names_; }
  const std::optional<OcspStaple>& ocsp_staple() const { return staple_; }
  // RFC 7633: it says itself that it is not to be used without a staple.
  bool requires_staple() const { return requires_staple_; }
  // SHA-256 of all that is public in it: equal means the same certificate.
  const std::string& fingerprint() const { return fingerprint_; }
  // Leaf first.
  std::vector<CertificateDetails> Details() const;

 private:
  bool LoadChain(const BytesSource& source, config::Faults& faults);
  bool LoadKey(const CertificateConfig& config, config::Faults& faults);
  bool CheckKey(config::Faults& faults);
  bool LoadStaple(const BytesSource& source, config::Faults& faults);

  X509Ptr leaf_;
  std::vector<X509Ptr> intermediates_;
  KeyPtr key_;
  KeyType key_type_ = KeyType::kRsa;
  CertificateNames names_;
  std::optional<OcspStaple> staple_;
  bool requires_staple_ = false;
  std::string path_;
  std::string fingerprint_;
};

}  // namespace weir::tls
