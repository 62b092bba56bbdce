// A non-blocking connection of the benchmark's programs, plain or TLS. TLS is OpenSSL's, with as
// little around it as there can be, and nothing is resumed: every connection is a whole handshake.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace weir::bench {

class TlsContext {
 public:
  // Trusts anybody: it measures.
  static TlsContext ForClient();
  static TlsContext ForServer(const std::string& certificate_path, const std::string& key_path);

  SSL* NewSession(int fd) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<SSL_CTX, Free> context_;
};

class Channel {
 public:
  enum class Outcome { kDone, kPending, kFailed };

  Channel() = default;
  // `context` null: plain. Owns `fd`.
  Channel(int fd, const TlsContext* context)
      : fd_(fd), tls_(context == nullptr ? nullptr : context->NewSession(fd)) {}

  int fd() const { return fd_; }
  // Of a client, when something has come; at once kDone without TLS.
  Outcome Handshake();
  // Bytes read; 0: none now; -1: the connection is over. `is_more`: the kernel will not tell of
  // what is left, so read again.
  ssize_t Read(char* bytes, size_t size, bool* is_more);
  // All of it or false: nobody here waits for a peer that does not read.
  bool Write(std::string_view bytes);
  void Close();

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  int fd_ = -1;
  std::unique_ptr<SSL, Free> tls_;
};

}  // namespace weir::bench
