// The least that a userspace relay can do on epoll: what real proxies are measured against.
//
//   floor http PORT UPSTREAM_PORTS                       HTTP/1.1, one request at a time
//   floor http PORT UPSTREAM_PORTS CERTIFICATE KEY       the same behind TLS
//   floor tcp  PORT UPSTREAM_PORTS                       bytes both ways
//
// A request costs four socket calls (recv and send on each side) and its share of an epoll_wait.
// Upstream connections are pooled and taken round robin. Not a proxy: a head must come in one
// piece, bodies need Content-Length, and a peer that does not read is cut.
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "test/bench/channel.h"
#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

enum class Kind { kListener, kDownstream, kUpstream, kClosed };

struct Peer {
  Kind kind;
  Channel channel;
  Peer* other = nullptr;      // the connection it is relayed with; null: idle
  size_t endpoint = 0;        // upstream: which one
  uint64_t body_to_come = 0;  // upstream: of the response, once its head was seen
  bool head_seen = false;
};

class Floor {
 public:
  // `tls` null: plain.
  Floor(bool http, uint16_t port, std::vector<uint16_t> upstream_ports, const TlsContext* tls)
      : http_(http),
        tls_(tls),
        upstream_ports_(std::move(upstream_ports)),
        idle_(upstream_ports_.size()),
        listener_{Kind::kListener, Channel(Listen(port), nullptr)} {
    poller_.Add(listener_.channel.fd(), EPOLLIN, &listener_);
  }

  [[noreturn]] void Run() {
    AnnounceReady({listener_.channel.fd()});
    while (true) {
      poller_.Wait(-1, [this](void* entry, uint32_t) { OnEvent(static_cast<Peer*>(entry)); });
      for (Peer* peer : closed_) delete peer;  // no event of this batch can name them any more
      closed_.clear();
    }
  }

 private:
  void OnEvent(Peer* peer) {
    if (peer->kind == Kind::kListener) return AcceptAll();
    if (peer->kind == Kind::kClosed) return;
    for (bool is_more = true; is_more && peer->kind != Kind::kClosed;) {
      const ssize_t size = peer->channel.Read(scratch_, sizeof(scratch_), &is_more);
      if (size == 0) return;
      if (size < 0 || !Relay(peer, {scratch_, static_cast<size_t>(size)})) return CloseBoth(peer);
    }
  }

  bool Relay(Peer* peer, std::string_view bytes) {
    if (!http_) return peer->other != nullptr && SendAll(peer->other, bytes);
    return peer->kind == Kind::kDownstream ? RelayRequest(peer, bytes) : RelayResponse(peer, bytes);
  }

  bool RelayRequest(Peer* downstream, std::string_view bytes) {
    const size_t end = EndOfHead(bytes);
    if (end != bytes.size() || downstream->other != nullptr) return false;
    if (!HeaderValue(bytes, "content-length").empty()) return false;
    if (HeaderValue(bytes, "connection") == "close") return false;
    Peer* upstream = TakeUpstream();
    if (upstream == nullptr) return false;
    Join(downstream, upstream);
    return SendAll(upstream, bytes);
  }

  bool RelayResponse(Peer* upstream, std::string_view bytes) {
    Peer* downstream = upstream->other;
    if (downstream == nullptr) return false;
    size_t body = bytes.size();
    if (!upstream->head_seen) {
      const size_t end = EndOfHead(bytes);
      if (end == std::string_view::npos) return false;
      upstream->body_to_come = ParseNumber(HeaderValue(bytes.substr(0, end), "content-length"));
      upstream->head_seen = true;
      body -= end;
    }
    if (body > upstream->body_to_come) return false;
    upstream->body_to_come -= body;
    if (upstream->body_to_come == 0) {
      upstream->other = downstream->other = nullptr;
      upstream->head_seen = false;
      idle_[upstream->endpoint].push_back(upstream);
    }
    if (!SendAll(downstream, bytes)) CloseBoth(downstream);
    return true;
  }

  void AcceptAll() {
    const int listener = listener_.channel.fd();
    for (int fd = Accept(listener); fd >= 0; fd = Accept(listener)) {
      Peer* downstream = new Peer{Kind::kDownstream, Channel(fd, tls_)};
      poller_.Add(fd, EPOLLIN, downstream);
      if (http_) continue;
      Peer* upstream = TakeUpstream();
      upstream == nullptr ? CloseBoth(downstream) : Join(downstream, upstream);
    }
  }

  Peer* TakeUpstream() {
    const size_t endpoint = next_++ % upstream_ports_.size();
    std::vector<Peer*>& idle = idle_[endpoint];
    if (!idle.empty()) {
      Peer* upstream = idle.back();
      idle.pop_back();
      return upstream;
    }
    const int fd = Connect(upstream_ports_[endpoint]);
    if (fd < 0) return nullptr;
    Peer* upstream = new Peer{Kind::kUpstream, Channel(fd, nullptr), nullptr, endpoint};
    poller_.Add(fd, EPOLLIN, upstream);
    return upstream;
  }

  static void Join(Peer* downstream, Peer* upstream) {
    downstream->other = upstream;
    upstream->other = downstream;
  }

  // On loopback a connection stands when connect() returns, so the first send needs no wait.
  static bool SendAll(Peer* peer, std::string_view bytes) { return peer->channel.Write(bytes); }

  void CloseBoth(Peer* peer) {
    Peer* other = peer->other;
    if (other != nullptr) Close(other);
    Close(peer);
  }

  void Close(Peer* peer) {
    if (peer->kind == Kind::kUpstream) std::erase(idle_[peer->endpoint], peer);
    peer->channel.Close();
    peer->kind = Kind::kClosed;
    peer->other = nullptr;
    closed_.push_back(peer);
  }

  const bool http_;
  const TlsContext* const tls_;
  const std::vector<uint16_t> upstream_ports_;
  std::vector<std::vector<Peer*>> idle_;  // by endpoint
  size_t next_ = 0;
  Poller poller_;
  Peer listener_;
  std::vector<Peer*> closed_;
  char scratch_[64 * 1024];
};

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  const std::string_view mode = argc == 4 || argc == 6 ? argv[1] : "";
  if (mode != "http" && (mode != "tcp" || argc != 4)) {
    std::fprintf(stderr,
                 "usage: floor http PORT UPSTREAM_PORTS [CERTIFICATE KEY]\n"
                 "       floor tcp PORT UPSTREAM_PORTS\n");
    return 2;
  }
  PrepareProcess();
  std::optional<TlsContext> tls;
  if (argc == 6) tls.emplace(TlsContext::ForServer(argv[4], argv[5]));
  std::make_unique<Floor>(mode == "http", ParsePorts(argv[2]).at(0), ParsePorts(argv[3]),
                          tls ? &*tls : nullptr)
      ->Run();
}
