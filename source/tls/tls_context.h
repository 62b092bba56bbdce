// What the contexts of both sides have in common: an SSL_CTX with the settings agreed on, whom to
// trust, what is counted. Immutable; a connection keeps the one it began with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/stats/stats.h"
#include "source/tls/certificate.h"
#include "source/tls/key_log.h"
#include "source/tls/peer_verifier.h"
#include "source/tls/tls_library.h"
#include "source/tls/tls_stats.h"

namespace weir::tls {

struct TlsParameters {
  bool allows_tls12 = true;
  bool allows_tls13 = true;
  std::vector<std::string> cipher_suites;         // of TLS 1.2; empty: ECDHE with an AEAD
  std::vector<std::string> curves;                // empty: X25519, P-256
  std::vector<std::string> signature_algorithms;  // empty: the library's
};
// OK, or which field is wrong and why: "cipher_suites: unknown suite RC4-MD5".
absl::Status CheckParameters(const TlsParameters& parameters);

// {"h2", "http/1.1"} as it stands in the extension (RFC 7301 §3.1). An error names a bad one.
absl::StatusOr<std::string> EncodeAlpn(const std::vector<std::string_view>& protocols);

class TlsContext {
 public:
  virtual ~TlsContext() = default;

  TlsStats& stats() const { return stats_->Here(); }
  // Null: the peer is not asked who it is.
  const PeerVerifier* verifier() const { return verifier_.get(); }
  KeyLog* key_log() const { return key_log_.get(); }
  // `certificate`: of ours; null: none.
  static int SocketIndex();

 protected:
  TlsContext(std::shared_ptr<stats::Group<TlsStats>> stats, std::shared_ptr<KeyLog> key_log)
      : stats_(std::move(stats)), key_log_(std::move(key_log)) {}

  absl::StatusOr<SslCtxPtr> CreateSslCtx(const TlsParameters& parameters,
                                         const Certificate* certificate) const;
  // `mode`: SSL_VERIFY_…
  void SetVerification(SSL_CTX* ctx, int mode) const;

  const std::shared_ptr<stats::Group<TlsStats>> stats_;
  const std::shared_ptr<KeyLog> key_log_;
  std::unique_ptr<const PeerVerifier> verifier_;
};

}  // namespace weir::tls
