#include "source/tls/server_context.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/tls/tls_socket.h"

namespace weir::tls {
namespace {

constexpr long kMaxKeptSessions = 1024;

const ServerContext& ContextOf(SSL* ssl) {
  return static_cast<const ServerContext&>(TlsSocket::Of(ssl).context());
}

enum class HelloAnswer : uint8_t { kGoOn, kLater, kFail };

HelloAnswer AnswerHello(SSL* ssl, LibraryHello hello) {
  if (!TlsSocket::Of(ssl).TakeTurn()) return HelloAnswer::kLater;
  return ContextOf(ssl).OnClientHello(ssl, hello) ? HelloAnswer::kGoOn : HelloAnswer::kFail;
}

#ifdef OPENSSL_IS_BORINGSSL

ssl_select_cert_result_t OnHello(const SSL_CLIENT_HELLO* hello) {
  switch (AnswerHello(hello->ssl, hello)) {
    case HelloAnswer::kGoOn:
      return ssl_select_cert_success;
    case HelloAnswer::kLater:
      return ssl_select_cert_retry;
    case HelloAnswer::kFail:
      break;
  }
  return ssl_select_cert_error;
}

void Staple(SSL* ssl, const std::string& der) {
  SSL_set_ocsp_response(ssl, reinterpret_cast<const uint8_t*>(der.data()), der.size());
}

#else

int OnHello(SSL* ssl, int* alert, void*) {
  switch (AnswerHello(ssl, ssl)) {
    case HelloAnswer::kGoOn:
      return SSL_CLIENT_HELLO_SUCCESS;
    case HelloAnswer::kLater:
      return SSL_CLIENT_HELLO_RETRY;
    case HelloAnswer::kFail:
      break;
  }
  *alert = SSL_AD_HANDSHAKE_FAILURE;
  return SSL_CLIENT_HELLO_ERROR;
}

void Staple(SSL* ssl, const std::string& der) {
  // The library frees it.
  void* const copy = OPENSSL_memdup(der.data(), der.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(der.size()));
}

int OnStatusRequest(SSL* ssl, void*) {
  const unsigned char* response = nullptr;
  return SSL_get_tlsext_status_ocsp_resp(ssl, &response) > 0 ? SSL_TLSEXT_ERR_OK
                                                             : SSL_TLSEXT_ERR_NOACK;
}

#endif

// HTTP/2 wants forward secrecy and an AEAD (RFC 9113 §9.2.2); the suite is chosen before this.
bool IsFitForHttp2(const SSL* ssl) {
  if (SSL_version(ssl) >= TLS1_3_VERSION) return true;
  const SSL_CIPHER* const suite = SSL_get_pending_cipher(ssl);
  return suite != nullptr && SSL_CIPHER_is_aead(suite) == 1 &&
         SSL_CIPHER_get_kx_nid(suite) == NID_kx_ecdhe;
}

int OnAlpn(SSL* ssl, const uint8_t** out, uint8_t* out_size, const uint8_t* offered,
           unsigned offered_size, void*) {
  const std::string& ours = ContextOf(ssl).AlpnFor(ssl);
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
  uint8_t* chosen = nullptr;
  // Ours first: the order of preference is the server's.
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const uint8_t*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int SetTicketKey(const TicketKey& key, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                 bool encrypts) {
  if (HMAC_Init_ex(hmac, key.hmac_key, sizeof(key.hmac_key), EVP_sha256(), nullptr) != 1) return -1;
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.aes_key, iv, encrypts ? 1 : 0) ==
                 1
             ? 1
             : -1;
}

int OnTicket(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
             int encrypts) {
  constexpr int kUnknown = 0, kRenew = 2, kIvBytes = 16;
  TicketKeyRing* const ring = ContextOf(ssl).tickets();
  if (ring == nullptr) return encrypts ? -1 : kUnknown;
  if (encrypts) {
    const TicketKey key = ring->ForEncryption();
    std::copy(std::begin(key.name), std::end(key.name), name);
    if (RAND_bytes(iv, kIvBytes) != 1) return -1;
    return SetTicketKey(key, iv, cipher, hmac, true);
  }
  const auto found = ring->ForDecryption({reinterpret_cast<const char*>(name), 16});
  if (!found) return kUnknown;
  const int result = SetTicketKey(found->key, iv, cipher, hmac, false);
  return result == 1 && !found->is_newest ? kRenew : result;
}

}  // namespace

ServerContext::ServerContext(const ServerSettings& settings, const ServerSecrets& secrets,
                             std::shared_ptr<stats::Group<TlsStats>> stats)
    : TlsContext(std::move(stats), settings.key_log),
      secrets_(secrets),
      selector_(secrets.certificates, settings.ocsp_policy, settings.scans_all_certificates),
      allows_tls13_(settings.parameters.allows_tls13) {}

absl::StatusOr<std::unique_ptr<const ServerContext>> ServerContext::Create(
    const ServerSettings& settings, const ServerSecrets& secrets,
    std::shared_ptr<stats::Group<TlsStats>> stats) {
  if (secrets.certificates.empty()) {
    return absl::InvalidArgumentError("a server has to have a certificate");
  }
  std::unique_ptr<ServerContext> out(new ServerContext(settings, secrets, std::move(stats)));
  if (absl::Status status = out->Build(settings); !status.ok()) return status;
  return out;
}

absl::Status ServerContext::Build(const ServerSettings& settings) {
  auto alpn = EncodeAlpn({settings.alpn.begin(), settings.alpn.end()});
  if (!alpn.ok()) return alpn.status();
  alpn_ = *std::move(alpn);
  std::vector<std::string_view> weaker;
  for (const std::string& protocol : settings.alpn) {
    if (protocol != "h2") weaker.push_back(protocol);
  }
  alpn_without_http2_ = *EncodeAlpn(weaker);
  if (secrets_.trust != nullptr) {
    auto verifier = PeerVerifier::Create(secrets_.trust, PeerRole::kClient);
    if (!verifier.ok()) return verifier.status();
    verifier_ = *std::move(verifier);
  }
  for (const auto& certificate : secrets_.certificates) {
    if (settings.ocsp_policy == OcspPolicy::kMustStaple && !certificate->ocsp_staple()) {
      return absl::InvalidArgumentError(
          "ocsp_staple_policy: MUST_STAPLE needs an ocsp_staple with each certificate");
    }
    auto ctx = CreateSslCtx(settings.parameters, certificate.get());
    if (!ctx.ok()) return ctx.status();
    if (absl::Status status = ConfigureSessions(ctx->get(), settings); !status.ok()) return status;
    ConfigureClients(ctx->get(), settings);
    ConfigureCallbacks(ctx->get());
    if (!settings.prefers_client_ciphers) {
      SSL_CTX_set_options(ctx->get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    }
    ctxs_.push_back(*std::move(ctx));
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status ServerContext::ConfigureSessions(SSL_CTX* ctx, const ServerSettings& settings) const {
  const std::string id = SessionContext(settings);
  if (SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const uint8_t*>(id.data()),
                                     static_cast<unsigned>(id.size())) != 1) {
    return absl::InternalError(TakeLibraryErrors());
  }
  bool resumes = true;
#ifndef OPENSSL_IS_BORINGSSL
  // A ticket of OpenSSL holds the client's own certificate but not its chain: a resumed client
  // could not be verified again.
  resumes = verifier_ == nullptr;
#endif
  const bool has_tickets = resumes && secrets_.tickets != nullptr;
  const bool keeps = resumes && settings.keeps_sessions;
  SSL_CTX_set_session_cache_mode(ctx, keeps ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_cache_size(ctx, kMaxKeptSessions);
  if (has_tickets) {
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, OnTicket);
  } else {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if (!keeps) SSL_CTX_set_num_tickets(ctx, 0);
  }
  if (settings.session_timeout_s > 0) {
    const auto timeout_s = static_cast<uint32_t>(settings.session_timeout_s);
    SSL_CTX_set_timeout(ctx, timeout_s);
#ifdef OPENSSL_IS_BORINGSSL
    SSL_CTX_set_session_psk_dhe_timeout(ctx, timeout_s);
#endif
  }
  return absl::OkStatus();
}

void ServerContext::ConfigureClients(SSL_CTX* ctx, const ServerSettings& settings) const {
  if (verifier_ == nullptr) return;
  const int required = settings.requires_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SetVerification(ctx, SSL_VERIFY_PEER | required);
  if (verifier_->hides_ca_list()) return;
  X509NamesPtr names(sk_X509_NAME_new_null());
  for (const X509Ptr& authority : verifier_->authorities()) {
    X509_NAME* const name = X509_NAME_dup(X509_get_subject_name(authority.get()));
    if (name != nullptr) sk_X509_NAME_push(names.get(), name);
  }
  SSL_CTX_set_client_CA_list(ctx, names.release());
}

void ServerContext::ConfigureCallbacks(SSL_CTX* ctx) const {
#ifdef OPENSSL_IS_BORINGSSL
  SSL_CTX_set_select_certificate_cb(ctx, OnHello);
#else
  SSL_CTX_set_client_hello_cb(ctx, OnHello, nullptr);
  SSL_CTX_set_tlsext_status_cb(ctx, OnStatusRequest);
#endif
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(ctx, OnAlpn, nullptr);
}

// A session made under one configuration says nothing under another: another certificate, another
// CA, a client that need not have shown one.
std::string ServerContext::SessionContext(const ServerSettings& settings) const {
  std::string text = absl::StrCat("weir server ", settings.requires_client_certificate);
  for (const auto& certificate : secrets_.certificates) text += certificate->fingerprint();
  if (verifier_ != nullptr) text += verifier_->fingerprint();
  return Sha256(text);
}

SslPtr ServerContext::NewSsl() const {
  SslPtr ssl(SSL_new(ctxs_.front().get()));
  if (ssl != nullptr) SSL_set_accept_state(ssl.get());
  return ssl;
}

const std::string& ServerContext::AlpnFor(const SSL* ssl) const {
  return IsFitForHttp2(ssl) ? alpn_ : alpn_without_http2_;
}

bool ServerContext::OnClientHello(SSL* ssl, LibraryHello hello) const {
  const ClientOffer offer = ParseOffer(PartsOf(hello), allows_tls13_);
  const CertificateSelector::Choice choice = selector_.Select(offer, std::time(nullptr));
  TlsStats& counters = stats();
  if (offer.takes_ocsp) counters.ocsp_staple_requests.Add();
  if (choice.index < 0) {
    if (offer.takes_ocsp) counters.ocsp_staple_failed.Add();
    return false;
  }
  if (choice.index > 0) SSL_set_SSL_CTX(ssl, ctxs_[static_cast<size_t>(choice.index)].get());
  if (choice.staples) {
    counters.ocsp_staple_responses.Add();
    Staple(ssl, selector_.certificates()[static_cast<size_t>(choice.index)]->ocsp_staple()->der);
  } else if (choice.lacks_staple) {
    counters.ocsp_staple_omitted.Add();
  }
  return true;
}

}  // namespace weir::tls
