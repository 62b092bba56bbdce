// A transport socket without cryptography, for tests of what stands around one: it is established
// once the peer has sent an 'H', passes bytes through from then on, and says of itself what the
// test gave it.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "source/net/transport_factory.h"

namespace weir::test {

class FakeTransport final : public net::TransportSocket {
 public:
  FakeTransport(std::string alpn, net::SecureInfo secure, bool is_established = false)
      : alpn_(std::move(alpn)), secure_(std::move(secure)), is_established_(is_established) {}

  net::IoResult Read(int fd, absl::Span<char> into) override {
    if (!is_established_) {
      char hello = 0;
      const ssize_t got = recv(fd, &hello, 1, 0);
      if (got == 0) return {.eof = true};
      if (got < 0) return Failed();
      if (hello != 'H') {
        failure_ = "bad hello";
        return {.error = EPROTO};
      }
      is_established_ = true;
    }
    const ssize_t got = recv(fd, into.data(), into.size(), 0);
    if (got == 0) return {.eof = true};
    if (got < 0) return Failed();
    return {.bytes = static_cast<size_t>(got)};
  }
  net::IoResult Write(int fd, const iovec* from, int) override {
    const ssize_t sent = send(fd, from->iov_base, from->iov_len, MSG_NOSIGNAL);
    if (sent < 0) return Failed();
    return {.bytes = static_cast<size_t>(sent),
            .blocked = static_cast<size_t>(sent) < from->iov_len};
  }
  void ShutdownWrite(int) override {}
  bool is_established() const override { return is_established_; }
  std::string_view alpn() const override { return alpn_; }
  const net::SecureInfo* secure_info() override { return &secure_; }
  std::string failure_reason() const override { return failure_; }
  void set_failure(std::string reason) { failure_ = std::move(reason); }

 private:
  static net::IoResult Failed() {
    return errno == EAGAIN ? net::IoResult{.blocked = true} : net::IoResult{.error = errno};
  }

  const std::string alpn_;
  const net::SecureInfo secure_;
  std::string failure_;
  bool is_established_;
};

// Fails while `is_ready` is false, as with a secret that has not arrived.
class FakeTransportFactory final : public net::ServerTransportFactory {
 public:
  absl::StatusOr<std::unique_ptr<net::TransportSocket>> Create() const override {
    if (!is_ready) return absl::UnavailableError("no certificate yet");
    return std::make_unique<FakeTransport>(alpn, secure);
  }
  bool is_secure() const override { return true; }

  bool is_ready = true;
  std::string alpn;
  net::SecureInfo secure;
};

}  // namespace weir::test
