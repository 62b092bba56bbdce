// Decides whether a peer may be who it says it is: its chain against our CAs and revocation lists,
// its certificate and key against pinned hashes, its names against what is allowed. The same code
// judges full handshakes and, because a session may outlive a certificate, resumed ones.
// Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/faults.h"
#include "source/tls/certificate_registry.h"
#include "source/tls/secret_config.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

// A ValidationConfig with the content of its files: a secret's value.
struct TrustMaterial {
  ValidationConfig config;
  std::string ca_pem;
  std::string crl_pem;

  // Null exactly when it added faults.
  static std::shared_ptr<const TrustMaterial> Load(const ValidationConfig& config,
                                                   config::Faults& faults);
  // combined_validation_context: what `over` sets replaces, its lists are added.
  static std::shared_ptr<const TrustMaterial> Combine(const TrustMaterial& under,
                                                      const TrustMaterial& over);
  // Of all that decides who is let in.
  const std::string& fingerprint() const { return fingerprint_; }
  // Whether a peer can be told from any other at all.
  bool has_anchor() const {
    return !ca_pem.empty() || !config.certificate_hashes.empty() || !config.key_hashes.empty();
  }

 private:
  std::string fingerprint_;
};

enum class PeerRole : uint8_t { kClient, kServer };

struct Verdict {
  enum class Failure : uint8_t { kNone, kChain, kName, kHash };

  bool is_accepted = false;
  bool is_validated = false;  // accepted because it passed
  Failure failure = Failure::kNone;
  uint8_t alert = 0;   // what to tell a peer that is not accepted
  std::string reason;  // empty when validated
};

// What one connection demands of the peer's names, beside the configuration.
struct ExpectedName {
  std::string_view name;   // DNS or IP address; empty: none
  bool is_enough = false;  // what the configuration says of names does not count
};

class PeerVerifier {
 public:
  // Longer chains are refused unless max_verify_depth says so: verification is paid by us.
  static constexpr uint32_t kDefaultMaxDepth = 10;

  // `role`: the peer's.
  static absl::StatusOr<std::unique_ptr<const PeerVerifier>> Create(
      std::shared_ptr<const TrustMaterial> trust, PeerRole role);

  // `chain` as the peer sent it, with or without the leaf.
  Verdict Verify(X509* leaf, STACK_OF(X509) * chain, const ExpectedName& expected) const;

  bool has_names() const { return !trust_->config.names.empty(); }
  bool has_pins() const {
    return !trust_->config.certificate_hashes.empty() || !trust_->config.key_hashes.empty();
  }
  bool accepts_untrusted() const { return trust_->config.accepts_untrusted; }
  bool hides_ca_list() const { return trust_->config.hides_ca_list; }
  const std::vector<X509Ptr>& authorities() const { return authorities_; }
  const std::string& fingerprint() const { return trust_->fingerprint(); }
  std::vector<CertificateDetails> Details() const;

 private:
  PeerVerifier(std::shared_ptr<const TrustMaterial> trust, PeerRole role);
  absl::Status AddAuthorities();
  absl::Status AddRevocations();
  Verdict Judge(X509* leaf, STACK_OF(X509) * chain, const ExpectedName& expected) const;
  bool VerifyChain(X509* leaf, STACK_OF(X509) * chain, Verdict& verdict) const;
  bool MatchesPins(const X509* leaf) const;
  bool MatchesNames(const X509* leaf, const ExpectedName& expected, std::string& reason) const;

  const std::shared_ptr<const TrustMaterial> trust_;
  const PeerRole role_;
  X509StorePtr store_;  // null: no CA
  std::vector<X509Ptr> authorities_;
};

}  // namespace weir::tls
