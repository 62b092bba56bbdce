// A server of a test: a listening socket on the loopback whose connections do nothing by
// themselves. Never blocks.
#pragma once

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "source/net/address.h"
#include "source/net/listen_socket.h"
#include "test/net/connection_fixture.h"

namespace weir::upstream {

class Backend {
 public:
  explicit Backend(const char* ip = "127.0.0.1", uint16_t port = 0) {
    net::ListenOptions options;
    options.reuse_port = false;
    fd_ = net::BindListenSocket(*net::Address::ParseIp(ip, port), options).value_or(-1);
    if (fd_ < 0) return;
    address_ = *net::BoundAddress(fd_);
    if (!net::StartListening(fd_, 128).ok()) Stop();
  }
  ~Backend() { Stop(); }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const net::Address& address() const { return address_; }
  // From now on connecting is refused.
  void Stop() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  // Accepts what has connected; returns how many connections there were ever.
  size_t Accept() {
    int fd;
    while (fd_ >= 0 && (fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      // Several small writes in a row are not to wait for the other side's acknowledgement.
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      peers_.push_back(std::make_unique<net::RawPeer>(fd));
    }
    return peers_.size();
  }
  net::RawPeer& peer(size_t index) { return *peers_[index]; }

  // Answers every whole request (head without body) that has come; returns how many.
  int Answer(std::string_view response = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") {
    Accept();
    int answered = 0;
    for (const auto& peer : peers_) {
      if (peer->fd() < 0) continue;
      const std::string bytes = peer->Receive();
      for (size_t at = 0; (at = bytes.find("\r\n\r\n", at)) != std::string::npos; at += 4) {
        peer->Send(response);
        ++answered;
      }
    }
    return answered;
  }

 private:
  int fd_ = -1;
  net::Address address_;
  std::vector<std::unique_ptr<net::RawPeer>> peers_;
};

}  // namespace weir::upstream
