// The origin behind the proxies: as cheap as a server can be, so that it is never the bottleneck.
//
//   backend http PORTS BODY_BYTES   answers every GET with 200 and BODY_BYTES bytes, keep-alive
//   backend echo PORTS              sends back what it gets
//
// One process serves all ports: three endpoints cost no more than one. Answers are small enough for
// a socket's buffer; a connection whose peer does not read is cut.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

struct Peer {
  int fd;
  bool listens;
  std::string partial_head;  // of a request whose end has not come yet
};

class Backend {
 public:
  Backend(const std::vector<uint16_t>& ports, std::string response)
      : response_(std::move(response)) {
    for (const uint16_t port : ports) {
      listeners_.push_back(Listen(port));
      poller_.Add(listeners_.back(), EPOLLIN, new Peer{listeners_.back(), true, {}});
    }
  }

  [[noreturn]] void Run() {
    AnnounceReady(listeners_);
    while (true) {
      poller_.Wait(-1, [this](void* entry, uint32_t) { OnEvent(static_cast<Peer*>(entry)); });
    }
  }

 private:
  void OnEvent(Peer* peer) {
    if (peer->listens) {
      for (int fd = Accept(peer->fd); fd >= 0; fd = Accept(peer->fd)) {
        poller_.Add(fd, EPOLLIN, new Peer{fd, false, {}});
      }
      return;
    }
    const ssize_t size = recv(peer->fd, scratch_, sizeof(scratch_), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || !Answer(peer, {scratch_, static_cast<size_t>(size)})) {
      close(peer->fd);
      delete peer;
    }
  }

  bool Answer(Peer* peer, std::string_view bytes) {
    if (response_.empty()) return SendAll(peer->fd, bytes);
    if (!peer->partial_head.empty()) {
      peer->partial_head.append(bytes);
      bytes = peer->partial_head;
    }
    std::string answers;
    for (size_t end; (end = EndOfHead(bytes)) != std::string_view::npos;) {
      bytes.remove_prefix(end);
      answers += response_;
    }
    peer->partial_head = std::string(bytes);
    return answers.empty() || SendAll(peer->fd, answers);
  }

  static bool SendAll(int fd, std::string_view bytes) {
    return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  const std::string response_;  // empty: echo
  Poller poller_;
  std::vector<int> listeners_;
  char scratch_[64 * 1024];
};

std::string HttpResponse(size_t body_bytes) {
  return "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (!(mode == "echo" && argc == 3) && !(mode == "http" && argc == 4)) {
    std::fprintf(stderr, "usage: backend http PORTS BODY_BYTES | echo PORTS\n");
    return 2;
  }
  PrepareProcess();
  auto backend = std::make_unique<Backend>(
      ParsePorts(argv[2]), mode == "http" ? HttpResponse(ParseNumber(argv[3])) : std::string());
  backend->Run();
}
