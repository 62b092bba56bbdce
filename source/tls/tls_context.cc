// Tested by test/tls/server_context_test.cc
#include "source/tls/tls_context.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "source/base/strings.h"
#include "source/tls/tls_socket.h"

namespace weir::tls {
namespace {

// Everyone's AES hardware first, ChaCha20 where the client prefers it.
constexpr char kDefaultCiphers[] =
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:"
    "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr char kDefaultCurves[] = "X25519:P-256";
// Of a peer's certificates, all together: what we are ready to parse for a stranger.
constexpr size_t kMaxPeerChainBytes = 64 * 1024;
constexpr size_t kMaxAlpnBytes = 255;

bool SetCiphers(SSL_CTX* ctx, const std::string& list) {
#ifdef OPENSSL_IS_BORINGSSL
  return SSL_CTX_set_strict_cipher_list(ctx, list.c_str()) == 1;
#else
  // No groups of equals here.
  const std::string plain = absl::StrReplaceAll(list, {{"[", ""}, {"]", ""}, {"|", ":"}});
  return SSL_CTX_set_cipher_list(ctx, plain.c_str()) == 1;
#endif
}

bool SetCurves(SSL_CTX* ctx, const std::string& list) {
  return SSL_CTX_set1_curves_list(ctx, list.c_str()) == 1;
}

bool SetSignatureAlgorithms(SSL_CTX* ctx, const std::string& list) {
  return SSL_CTX_set1_sigalgs_list(ctx, list.c_str()) == 1;
}

using ListSetter = bool (*)(SSL_CTX*, const std::string&);

absl::Status SetList(SSL_CTX* ctx, const std::vector<std::string>& items, std::string_view field,
                     ListSetter set) {
  // Each alone first: the library does not say which one it does not know. One that takes away
  // what others gave ("-ALL") is nothing without them.
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string& item = items[i];
    const bool has_sign = item.starts_with('-') || item.starts_with('!') || item.starts_with('+');
    if (set(ctx, item.substr(has_sign ? 1 : 0))) continue;
    ERR_clear_error();
    return absl::InvalidArgumentError(
        base::StrCat(field, "[", i, "]: ", kLibraryName, " has no \"", item, "\""));
  }
  if (items.empty() || set(ctx, absl::StrJoin(items, ":"))) return absl::OkStatus();
  ERR_clear_error();
  return absl::InvalidArgumentError(base::StrCat(field, ": cannot be used together"));
}

bool IsAnonymous([[maybe_unused]] const SSL_CIPHER* suite) {
#ifdef OPENSSL_IS_BORINGSSL
  return false;  // it has none
#else
  return SSL_CIPHER_get_auth_nid(suite) == NID_auth_null;
#endif
}

// Suites that keep no secret or are known to be broken do not become better by being asked for.
absl::Status CheckSuites(const SSL_CTX* ctx) {
  constexpr int kLeastBits = 128;
  const STACK_OF(SSL_CIPHER)* const suites = SSL_CTX_get_ciphers(ctx);
  const auto count = sk_SSL_CIPHER_num(suites);
  for (std::decay_t<decltype(count)> i = 0; i < count; ++i) {
    const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(suites, i);
    if (!IsAnonymous(suite) && SSL_CIPHER_get_bits(suite, nullptr) >= kLeastBits) continue;
    return absl::InvalidArgumentError(base::StrCat("cipher_suites: ", SSL_CIPHER_get_name(suite),
                                                   " protects nobody and is not offered"));
  }
  return absl::OkStatus();
}

absl::Status SetParameters(SSL_CTX* ctx, const TlsParameters& parameters) {
  SSL_CTX_set_min_proto_version(ctx, parameters.allows_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(ctx, parameters.allows_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (!SetCiphers(ctx, kDefaultCiphers) || !SetCurves(ctx, kDefaultCurves)) {
    return absl::InternalError(TakeLibraryErrors());
  }
  absl::Status status = SetList(ctx, parameters.cipher_suites, "cipher_suites", SetCiphers);
  if (status.ok()) status = CheckSuites(ctx);
  if (status.ok()) status = SetList(ctx, parameters.curves, "ecdh_curves", SetCurves);
  if (status.ok()) {
    status = SetList(ctx, parameters.signature_algorithms, "signature_algorithms",
                     SetSignatureAlgorithms);
  }
  return status;
}

absl::Status SetCertificate(SSL_CTX* ctx, const Certificate& certificate) {
  bool is_good = SSL_CTX_use_certificate(ctx, certificate.leaf()) == 1;
  for (const X509Ptr& next : certificate.intermediates()) {
    is_good = is_good && SSL_CTX_add1_chain_cert(ctx, next.get()) == 1;
  }
  if (is_good && SSL_CTX_use_PrivateKey(ctx, certificate.key()) == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the certificate cannot be used: ", TakeLibraryErrors()));
}

void LogKeys(const SSL* ssl, const char* line) {
  TlsSocket& socket = TlsSocket::Of(ssl);
  socket.context().key_log()->Write(socket.fd(), line);
}

#ifdef OPENSSL_IS_BORINGSSL

ssl_verify_result_t OnVerify(SSL* ssl, uint8_t* alert) {
  return TlsSocket::Of(ssl).JudgePeer(SSL_get_peer_full_cert_chain(ssl), *alert)
             ? ssl_verify_ok
             : ssl_verify_invalid;
}

#else

// The library chooses the alert by its own error.
int ErrorFor(uint8_t alert) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case SSL_AD_CERTIFICATE_REVOKED:
      return X509_V_ERR_CERT_REVOKED;
    case SSL_AD_UNKNOWN_CA:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return X509_V_ERR_INVALID_PURPOSE;
    default:
      return X509_V_ERR_CERT_REJECTED;
  }
}

int OnVerify(X509_STORE_CTX* store, void*) {
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const X509StackPtr chain(sk_X509_new_null());
  X509* const leaf = X509_STORE_CTX_get0_cert(store);
  X509_up_ref(leaf);
  sk_X509_push(chain.get(), leaf);
  const STACK_OF(X509)* const rest = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(rest); ++i) {
    X509_up_ref(sk_X509_value(rest, i));
    sk_X509_push(chain.get(), sk_X509_value(rest, i));
  }
  uint8_t alert = 0;
  if (TlsSocket::Of(ssl).JudgePeer(chain.get(), alert)) return 1;
  X509_STORE_CTX_set_error(store, ErrorFor(alert));
  return 0;
}

#endif

}  // namespace

int TlsContext::SocketIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

absl::Status CheckParameters(const TlsParameters& parameters) {
  const SslCtxPtr ctx(SSL_CTX_new(TLS_method()));
  return SetParameters(ctx.get(), parameters);
}

absl::StatusOr<std::string> EncodeAlpn(const std::vector<std::string_view>& protocols) {
  std::string encoded;
  for (const std::string_view protocol : protocols) {
    if (protocol.empty() || protocol.size() > kMaxAlpnBytes) {
      return absl::InvalidArgumentError("a protocol's name has 1 to 255 bytes");
    }
    encoded += static_cast<char>(protocol.size());
    encoded += protocol;
  }
  if (encoded.size() <= UINT16_MAX) return encoded;
  return absl::InvalidArgumentError("too many protocols");
}

absl::StatusOr<SslCtxPtr> TlsContext::CreateSslCtx(const TlsParameters& parameters,
                                                   const Certificate* certificate) const {
  ERR_clear_error();
  SslCtxPtr ctx(SSL_CTX_new(TLS_method()));
  if (ctx == nullptr) return absl::InternalError(TakeLibraryErrors());
  if (absl::Status status = SetParameters(ctx.get(), parameters); !status.ok()) return status;
  if (certificate != nullptr) {
    if (absl::Status status = SetCertificate(ctx.get(), *certificate); !status.ok()) return status;
  }
  SSL_CTX_set_mode(ctx.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(ctx.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_max_cert_list(ctx.get(), kMaxPeerChainBytes);
  if (key_log_ != nullptr) SSL_CTX_set_keylog_callback(ctx.get(), LogKeys);
  return ctx;
}

void TlsContext::SetVerification(SSL_CTX* ctx, int mode) const {
#ifdef OPENSSL_IS_BORINGSSL
  SSL_CTX_set_custom_verify(ctx, mode, OnVerify);
#else
  SSL_CTX_set_verify(ctx, mode, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, OnVerify, nullptr);
#endif
}

}  // namespace weir::tls
