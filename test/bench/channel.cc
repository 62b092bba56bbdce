#include "test/bench/channel.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

SSL_CTX* NewContext(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  if (context == nullptr) Die("SSL_CTX_new");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return context;
}

bool IsWaiting(const SSL* session, int result) {
  const int error = SSL_get_error(session, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

TlsContext TlsContext::ForClient() { return TlsContext(NewContext(TLS_client_method())); }

TlsContext TlsContext::ForServer(const std::string& certificate_path, const std::string& key_path) {
  SSL_CTX* context = NewContext(TLS_server_method());
  SSL_CTX_set_num_tickets(context, 0);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_path.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    Die("certificate");
  }
  return TlsContext(context);
}

SSL* TlsContext::NewSession(int fd) const {
  SSL* session = SSL_new(context_.get());
  if (session == nullptr || SSL_set_fd(session, fd) != 1) Die("SSL_new");
  const bool is_client = SSL_CTX_get_ssl_method(context_.get()) == TLS_client_method();
  is_client ? SSL_set_connect_state(session) : SSL_set_accept_state(session);
  return session;
}

Channel::Outcome Channel::Handshake() {
  if (tls_ == nullptr) return Outcome::kDone;
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return Outcome::kDone;
  if (IsWaiting(tls_.get(), result)) return Outcome::kPending;
  ERR_clear_error();
  return Outcome::kFailed;
}

ssize_t Channel::Read(char* bytes, size_t size, bool* is_more) {
  *is_more = false;
  if (tls_ == nullptr) {
    const ssize_t result = recv(fd_, bytes, size, 0);
    if (result < 0 && errno == EAGAIN) return 0;
    return result <= 0 ? -1 : result;
  }
  const int result = SSL_read(tls_.get(), bytes, static_cast<int>(size));
  if (result > 0) {
    *is_more = SSL_pending(tls_.get()) > 0;
    return result;
  }
  if (IsWaiting(tls_.get(), result)) return 0;
  ERR_clear_error();
  return -1;
}

bool Channel::Write(std::string_view bytes) {
  const ssize_t size = static_cast<ssize_t>(bytes.size());
  if (tls_ == nullptr) return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
  const bool is_written = SSL_write(tls_.get(), bytes.data(), static_cast<int>(size)) == size;
  if (!is_written) ERR_clear_error();
  return is_written;
}

void Channel::Close() {
  if (tls_ != nullptr && SSL_is_init_finished(tls_.get())) SSL_shutdown(tls_.get());
  tls_.reset();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace weir::bench
