#include "test/bench/xds/fleet_backend.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <thread>

#include "test/bench/sockets.h"
#include "test/bench/xds/fleet.h"

namespace weir::bench {
namespace {

struct Peer {
  int fd;
  std::string answer;
  std::string partial_head;
};

int ListenEverywhere() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Die("bind");
  if (listen(fd, 4096) != 0) Die("listen");
  return fd;
}

std::string AnswerOf(int fd) {
  sockaddr_in own{};
  socklen_t size = sizeof(own);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) Die("getsockname");
  const std::string body = Ipv4Text(ntohl(own.sin_addr.s_addr));
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class FleetBackend {
 public:
  explicit FleetBackend(int listener) : listener_(listener) {
    poller_.Add(listener_, EPOLLIN, nullptr);
  }
  [[noreturn]] void Run() {
    while (true) {
      poller_.Wait(-1, [this](void* entry, uint32_t) {
        entry == nullptr ? Accept() : OnEvent(static_cast<Peer*>(entry));
      });
    }
  }

 private:
  void Accept() {
    for (int fd = bench::Accept(listener_); fd >= 0; fd = bench::Accept(listener_)) {
      poller_.Add(fd, EPOLLIN, new Peer{fd, AnswerOf(fd), {}});
    }
  }

  void OnEvent(Peer* peer) {
    char bytes[4096];
    const ssize_t size = recv(peer->fd, bytes, sizeof(bytes), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0 && Answer(*peer, {bytes, static_cast<size_t>(size)})) return;
    close(peer->fd);
    delete peer;
  }

  static bool Answer(Peer& peer, std::string_view bytes) {
    peer.partial_head.append(bytes);
    for (size_t end; (end = EndOfHead(peer.partial_head)) != std::string_view::npos;) {
      peer.partial_head.erase(0, end);
      const auto size = static_cast<ssize_t>(peer.answer.size());
      if (send(peer.fd, peer.answer.data(), peer.answer.size(), MSG_NOSIGNAL) != size) return false;
    }
    return true;
  }

  const int listener_;
  Poller poller_;
};

}  // namespace

uint16_t StartFleetBackend() {
  const int listener = ListenEverywhere();
  std::thread([listener] { FleetBackend(listener).Run(); }).detach();
  return PortOf(listener);
}

}  // namespace weir::bench
