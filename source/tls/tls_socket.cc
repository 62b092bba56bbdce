#include "source/tls/tls_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/tls/record_gatherer.h"
#include "source/tls/tls_secure_info.h"

namespace weir::tls {
namespace {

void ForgetErrors() {
#ifndef OPENSSL_IS_BORINGSSL
  ERR_clear_error();  // BoringSSL does it itself at the start of each call
#endif
}

// What the descriptor would give, without taking it: a byte, an end, an error, nothing.
net::IoResult Peek(int fd) {
  char byte;
  const ssize_t count = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return {.bytes = 1};
  if (count == 0) return {.eof = true};
  if (errno == EAGAIN || errno == EINTR) return {.blocked = true};
  return {.error = errno};
}

template <class Known, size_t kSize>
void CountKnown(const Known (&known)[kSize], uint16_t id, stats::Counter (&counters)[kSize]) {
  for (size_t i = 0; i < kSize; ++i) {
    if (known[i].id == id) counters[i].Add();
  }
}

// What the peer signed with, by IANA's number; 0: it signed nothing.
uint16_t SignatureOf(SSL* ssl) {
#ifdef OPENSSL_IS_BORINGSSL
  return SSL_get_peer_signature_algorithm(ssl);
#else
  int key = NID_undef, hash = NID_undef;
  if (SSL_get_peer_signature_type_nid(ssl, &key) != 1) return 0;
  if (key == NID_ED25519) return 0x0807;
  if (SSL_get_peer_signature_nid(ssl, &hash) != 1) return 0;
  const int strength = hash == NID_sha256   ? 0
                       : hash == NID_sha384 ? 1
                       : hash == NID_sha512 ? 2
                                            : -1;
  if (strength < 0) return 0;
  switch (key) {
    case NID_X9_62_id_ecPublicKey:
      return static_cast<uint16_t>(0x0403 + 0x100 * strength);
    case NID_rsaEncryption:
      return static_cast<uint16_t>(0x0401 + 0x100 * strength);
    case NID_rsassaPss:
      return static_cast<uint16_t>(0x0804 + strength);
    default:
      return 0;
  }
#endif
}

uint16_t CurveOf(SSL* ssl) {
#ifdef OPENSSL_IS_BORINGSSL
  return SSL_get_curve_id(ssl);
#else
  switch (SSL_get_negotiated_group(ssl)) {
    case NID_X25519:
      return 29;
    case NID_X9_62_prime256v1:
      return 23;
    case NID_secp384r1:
      return 24;
    case NID_secp521r1:
      return 25;
    default:
      return 0;
  }
#endif
}

}  // namespace

TlsSocket::TlsSocket(SslPtr ssl, std::shared_ptr<const TlsContext> context,
                     std::unique_ptr<const ClientIdentity> identity)
    : context_(std::move(context)), identity_(std::move(identity)), ssl_(std::move(ssl)) {
  SSL_set_ex_data(ssl_.get(), TlsContext::SocketIndex(), this);
  BIO* const bio = stream_.CreateBio().release();
  SSL_set_bio(ssl_.get(), bio, bio);
#ifdef OPENSSL_IS_BORINGSSL
  SSL_set_shed_handshake_config(ssl_.get(), 1);
#endif
}

TlsSocket::~TlsSocket() {
#ifndef OPENSSL_IS_BORINGSSL
  // Otherwise it takes a connection that was cut for a sign that its session is bad.
  if (state_ == State::kOpen) {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
#endif
}

TlsSocket& TlsSocket::Of(const SSL* ssl) {
  return *static_cast<TlsSocket*>(SSL_get_ex_data(ssl, TlsContext::SocketIndex()));
}

net::IoResult TlsSocket::Read(int fd, absl::Span<char> into) {
  net::IoResult result;
  if (state_ == State::kFailed) return {.error = error_};
  if (state_ == State::kHandshake && !is_client() && !HasTurn(fd, result)) return result;
  stream_.Begin(fd, into.size());
  ForgetErrors();
  if (state_ == State::kOpen || Handshake(result)) {
    while (result.bytes < into.size()) {
      const size_t room = std::min<size_t>(into.size() - result.bytes, INT_MAX);
      const int count = SSL_read(ssl_.get(), into.data() + result.bytes, static_cast<int>(room));
      if (count <= 0) {
        Explain(count, result, /*is_reading=*/true);
        break;
      }
      result.bytes += static_cast<size_t>(count);
    }
  }
  stream_.End();
  return result;
}

net::IoResult TlsSocket::Write(int fd, const iovec* from, int count) {
  net::IoResult result;
  if (state_ == State::kFailed) return {.error = error_};
  if (stream_.write_error() != 0) return {.error = stream_.write_error()};
  stream_.Begin(fd, 0);
  ForgetErrors();
  if (state_ == State::kOpen || Handshake(result)) {
    for (RecordGatherer gatherer(from, count); !gatherer.empty();) {
      const std::string_view record = gatherer.Next(pending_record_bytes_);
      const int written = SSL_write(ssl_.get(), record.data(), static_cast<int>(record.size()));
      if (written <= 0) {
        Explain(written, result, /*is_reading=*/false);
        pending_record_bytes_ = result.blocked ? static_cast<uint32_t>(record.size()) : 0;
        break;
      }
      pending_record_bytes_ = 0;
      result.bytes += static_cast<size_t>(written);
      gatherer.Advance(static_cast<size_t>(written));
    }
  }
  stream_.End();
  return result;
}

void TlsSocket::ShutdownWrite(int fd) {
  if (state_ != State::kOpen || has_ended_writing_) return;
  has_ended_writing_ = true;
  stream_.Begin(fd, 0);
  ForgetErrors();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  stream_.End();
}

bool TlsSocket::Handshake(net::IoResult& result) {
  const int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) return FinishHandshake(result);
  if (SSL_get_error(ssl_.get(), returned) == kErrorHelloLater) {
    result.blocked = result.again_later = true;
    return false;
  }
  Explain(returned, result, /*is_reading=*/true);
  return false;
}

// Before the ClientHello nobody knows whether there is one: then the library's callback asks.
bool TlsSocket::HasTurn(int fd, net::IoResult& result) {
  const bool has_waited = turn_.is_waiting();
  bool may_go_on = !has_waited || turn_.HasCome();
  // Asked without bytes there is no step, and none is counted.
  if (may_go_on && (has_waited || (has_begun_ && IsNextStepCostly()))) {
    const net::IoResult next = Peek(fd);
    if (has_waited && (next.eof || next.error != 0)) return GiveUp(next, result);
    const bool has_step = has_begun_ && (next.bytes > 0 || stream_.has_kept());
    if (has_step) may_go_on = TakeTurn();
  }
  result.blocked = result.again_later = !may_go_on;
  return may_go_on;
}

bool TlsSocket::TakeTurn() {
  const bool has_waited = turn_.is_waiting();
  if (turn_.Take()) {
    has_begun_ = true;
    return true;
  }
  if (!has_waited) context_->stats().handshake_postponed.Add();
  return false;
}

// What is left for us when the client has answered. Many that were begun one by one could answer at
// once.
bool TlsSocket::IsNextStepCostly() const {
  // A certificate to verify, or the exchange of keys.
  if (context_->verifier() != nullptr || SSL_version(ssl_.get()) < TLS1_3_VERSION) return true;
#ifdef OPENSSL_IS_BORINGSSL
  // The signature comes after the second ClientHello.
  return SSL_used_hello_retry_request(ssl_.get()) == 1;
#else
  return true;  // it does not tell
#endif
}

// While it waited for its turn nobody looked: a signature for one that is gone helps nobody.
bool TlsSocket::GiveUp(const net::IoResult& end, net::IoResult& result) {
  turn_.GiveUp();
  result.eof = end.eof;
  if (end.error != 0) Fail(result, end.error, std::generic_category().message(end.error));
  return false;
}

bool TlsSocket::FinishHandshake(net::IoResult& result) {
  if (SSL_session_reused(ssl_.get()) && !VerifyResumed()) {
    Fail(result, EPROTO, absl::StrCat("a resumed session was refused: ", failure_));
    return false;
  }
  state_ = State::kOpen;
  CountHandshake();
  return true;
}

// The certificate was good when the session began; the library does not ask again.
bool TlsSocket::VerifyResumed() {
  if (context_->verifier() == nullptr) return true;
  const X509StackPtr chain = PeerChainOf(ssl_.get());
  if (sk_X509_num(chain.get()) == 0) {
    // A client that was let in without one, under the same demands: the session's context says so.
    if (!is_client()) return true;
    failure_ = "it holds no certificate";
    return false;
  }
  uint8_t alert = 0;
  if (JudgePeer(chain.get(), alert)) return true;
#ifdef OPENSSL_IS_BORINGSSL
  SSL_send_fatal_alert(ssl_.get(), alert);
#endif
  if (is_client()) {
    static_cast<const ClientContext&>(*context_).sessions().Forget(
        ClientContext::SessionKey(*identity_));
  }
  return false;
}

bool TlsSocket::JudgePeer(STACK_OF(X509) * chain, uint8_t& alert) {
  ExpectedName expected;
  if (is_client()) expected = {identity_->expected_name, identity_->is_enough};
  Verdict verdict = context_->verifier()->Verify(sk_X509_value(chain, 0), chain, expected);
  TlsStats& counters = context_->stats();
  if (verdict.failure == Verdict::Failure::kChain) counters.fail_verify_error.Add();
  if (verdict.failure == Verdict::Failure::kName) counters.fail_verify_san.Add();
  if (verdict.failure == Verdict::Failure::kHash) counters.fail_verify_cert_hash.Add();
  is_peer_validated_ = verdict.is_validated;
  if (verdict.is_accepted) return true;
  failure_ = std::move(verdict.reason);
  is_failure_counted_ = true;
  alert = verdict.alert;
  return false;
}

void TlsSocket::KeepSession(SessionPtr session) {
  if (!is_client()) return;
  static_cast<const ClientContext&>(*context_).sessions().Add(ClientContext::SessionKey(*identity_),
                                                              std::move(session));
}

void TlsSocket::CountHandshake() {
  TlsStats& counters = context_->stats();
  counters.handshake.Add();
  if (SSL_session_reused(ssl_.get())) counters.session_reused.Add();
  if (!is_client() && sk_X509_num(PeerChainOf(ssl_.get()).get()) == 0)
    counters.no_certificate.Add();
  counters.versions[SSL_version(ssl_.get()) >= TLS1_3_VERSION ? 1 : 0].Add();
  CountKnown(kKnownCiphers, SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())),
             counters.ciphers);
  CountKnown(kKnownCurves, CurveOf(ssl_.get()), counters.curves);
  CountKnown(kKnownSignatures, SignatureOf(ssl_.get()), counters.sigalgs);
}

void TlsSocket::CountHandshakeError() {
  TlsStats& counters = context_->stats();
  if (is_failure_counted_) return;
  is_failure_counted_ = true;
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    counters.fail_verify_no_cert.Add();
  } else {
    counters.connection_error.Add();
  }
}

void TlsSocket::Explain(int returned, net::IoResult& result, bool is_reading) {
  const int error = SSL_get_error(ssl_.get(), returned);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      result.blocked = true;
      result.needs_other_direction = !is_reading;
      return;
    case SSL_ERROR_WANT_WRITE:
      result.blocked = true;
      result.needs_other_direction = is_reading;
      return;
    case SSL_ERROR_ZERO_RETURN:
      result.eof = true;
      return;
    default:
      break;
  }
  const bool is_violation = error == SSL_ERROR_SSL && !stream_.has_ended() && stream_.error() == 0;
  if (is_violation) return Fail(result, EPROTO, LibraryFailure());
  ERR_clear_error();
  if (stream_.error() != 0) {
    if (!is_reading && state_ == State::kOpen) {
      result.error = stream_.error();
      has_ended_writing_ = true;
      return;
    }
    return Fail(result, stream_.error(), std::generic_category().message(stream_.error()));
  }
  if (state_ == State::kHandshake && is_reading) {
    result.eof = true;
    return;
  }
  Fail(result, EPROTO, "TLS error: the connection ended without a close_notify");
}

void TlsSocket::Fail(net::IoResult& result, int error, std::string reason) {
  // An end that nobody announced is no fault of the records; an errno is the descriptor's.
  if (error == EPROTO && ERR_peek_error() != 0) CountHandshakeError();
  ERR_clear_error();
  turn_.GiveUp();
  state_ = State::kFailed;
  error_ = error;
  failure_ = std::move(reason);
  result.error = error;
}

std::string TlsSocket::LibraryFailure() const {
  const auto first = ERR_peek_error();
  std::string text = absl::StrCat("TLS error: ", first != 0 ? LibraryErrorName(first) : "unknown");
  if (!failure_.empty()) absl::StrAppend(&text, ": ", failure_);
  return text;
}

std::string_view TlsSocket::alpn() const {
  const uint8_t* bytes = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

const net::SecureInfo* TlsSocket::secure_info() {
  if (info_ == nullptr && state_ == State::kOpen) {
    info_ = std::make_unique<net::SecureInfo>(DescribeSession(ssl_.get()));
    info_->is_peer_validated = is_peer_validated_;
  }
  return info_.get();
}

}  // namespace weir::tls
