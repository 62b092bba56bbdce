#include "source/tls/client_context.h"

#include <utility>

#include "source/base/strings.h"
#include "source/tls/name_matcher.h"
#include "source/tls/tls_socket.h"

namespace weir::tls {
namespace {

int OnNewSession(SSL* ssl, SSL_SESSION* session) {
  TlsSocket::Of(ssl).KeepSession(SessionPtr(session));
  return 1;  // the reference is ours
}

}  // namespace

ClientContext::ClientContext(const ClientSettings& settings,
                             std::shared_ptr<stats::Group<TlsStats>> stats)
    : TlsContext(std::move(stats), settings.key_log),
      settings_(settings),
      sessions_(std::make_unique<SessionCache>(settings.max_sessions)) {}

absl::StatusOr<std::unique_ptr<const ClientContext>> ClientContext::Create(
    const ClientSettings& settings, const ClientSecrets& secrets,
    std::shared_ptr<stats::Group<TlsStats>> stats) {
  const TrustMaterial* const trust = secrets.trust.get();
  if (trust == nullptr || (!trust->has_anchor() && !trust->config.accepts_untrusted)) {
    return absl::InvalidArgumentError(
        "nothing says which servers to trust: validation_context needs trusted_ca, "
        "system_root_certs, verify_certificate_hash or verify_certificate_spki");
  }
  std::unique_ptr<ClientContext> out(new ClientContext(settings, std::move(stats)));
  if (absl::Status status = out->Build(secrets); !status.ok()) return status;
  return out;
}

absl::Status ClientContext::Build(const ClientSecrets& secrets) {
  auto alpn = EncodeAlpn({settings_.alpn.begin(), settings_.alpn.end()});
  if (!alpn.ok()) return alpn.status();
  alpn_ = *std::move(alpn);
  auto verifier = PeerVerifier::Create(secrets.trust, PeerRole::kServer);
  if (!verifier.ok()) return verifier.status();
  verifier_ = *std::move(verifier);
  auto ctx = CreateSslCtx(settings_.parameters, secrets.certificate.get());
  if (!ctx.ok()) return ctx.status();
  ctx_ = *std::move(ctx);
  SetVerification(ctx_.get(), SSL_VERIFY_PEER);
  if (settings_.max_sessions > 0) {
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx_.get(), OnNewSession);
  } else {
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx_.get(), SSL_OP_NO_TICKET);
  }
  return absl::OkStatus();
}

absl::StatusOr<ClientIdentity> ClientContext::IdentityFor(
    const net::ClientTransportOptions& options) const {
  ClientIdentity identity;
  std::string_view name = settings_.server_name;
  if (name.empty()) name = options.server_name;
  if (settings_.prefers_host_name && !options.host_name.empty()) name = options.host_name;
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  // RFC 6066 §3: an address is never sent; it is compared all the same.
  if (!IsIpAddress(name)) identity.server_name = ToLower(name);
  if (!options.verified_name.empty()) {
    identity.expected_name = options.verified_name;
    return identity;
  }
  identity.is_enough = settings_.checks_server_name_only;
  const bool needs_name = identity.is_enough || (!verifier_->has_names() && !verifier_->has_pins());
  if (!needs_name) return identity;
  identity.expected_name = name;
  if (!name.empty() || verifier_->accepts_untrusted()) return identity;
  return absl::FailedPreconditionError(
      "nothing says what the server's certificate must be for: set sni, auto_host_sni, or "
      "validation_context.match_typed_subject_alt_names");
}

// Verified again when it is resumed, but what one name was shown is not offered to another.
std::string ClientContext::SessionKey(const ClientIdentity& identity) {
  return base::StrCat(identity.server_name, "\n", identity.expected_name);
}

SslPtr ClientContext::NewSsl(const ClientIdentity& identity,
                             const net::ClientTransportOptions& options) const {
  SslPtr ssl(SSL_new(ctx_.get()));
  if (ssl == nullptr) return nullptr;
  SSL_set_connect_state(ssl.get());
  if (!identity.server_name.empty() &&
      SSL_set_tlsext_host_name(ssl.get(), identity.server_name.c_str()) != 1) {
    return nullptr;
  }
  std::string alpn = alpn_;
  if (!options.alpn.empty()) {
    auto encoded = EncodeAlpn({options.alpn.begin(), options.alpn.end()});
    if (!encoded.ok()) return nullptr;
    alpn = *std::move(encoded);
  }
  // Zero means success here.
  if (!alpn.empty() && SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const uint8_t*>(alpn.data()),
                                           static_cast<unsigned>(alpn.size())) != 0) {
    return nullptr;
  }
  if (const SessionPtr session = sessions_->Find(SessionKey(identity))) {
    SSL_set_session(ssl.get(), session.get());
  }
  return ssl;
}

}  // namespace weir::tls
