// A closed-loop load: every connection has one request under way, always.
//
//   load http PORT CONNECTIONS WARM_S SECONDS      GETs, keep-alive
//   load tcp  PORT CONNECTIONS WARM_S SECONDS      64 bytes there and back
//   load http|tcp PORT CONNECTIONS count REQUESTS  exactly that many exchanges
//
// Prints "start" when the warm-up is over and "end {json}" when the measured time is, so that the
// harness can read the proxy's counters at those moments, and keeps the load up until its standard
// input ends: nothing is sampled while the proxy winds down. With `count`, every connection makes
// one exchange first and then waits; "start" is printed, the counted ones begin when a line comes
// on standard input, and the program ends with the last of them: what is counted between start and
// end are those exchanges and nothing else.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/latency_histogram.h"
#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

constexpr std::string_view kHttpRequest =
    "GET /bench HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate\r\nAccept-Language: en\r\n\r\n";
constexpr size_t kTcpBytes = 64;

struct Exchange {
  int fd = -1;
  bool connecting = false;
  uint64_t sent_at_ns = 0;
  std::string head;     // http: what came of the response's head
  bool in_body = true;  // tcp has nothing else
  uint64_t to_come = 0;
};

struct Settings {
  bool http = false;
  uint16_t port = 0;
  size_t connections = 0;
  double warm_s = 0;
  double measured_s = 0;
  uint64_t count = 0;  // 0: by time
};

class Load {
 public:
  explicit Load(const Settings& settings)
      : settings_(settings),
        request_(settings.http ? std::string(kHttpRequest) : std::string(kTcpBytes, 'p')),
        exchanges_(settings.connections) {}

  void Run() {
    for (Exchange& exchange : exchanges_) Open(exchange);
    settings_.count > 0 ? RunCounted() : RunTimed();
  }

 private:
  void RunTimed() {
    RunUntil([end = NowNs() + Ns(settings_.warm_s)] { return NowNs() >= end; });
    Begin();
    RunUntil([end = began_ns_ + Ns(settings_.measured_s)] { return NowNs() >= end; });
    Report();
    RunUntil(InputEnded);
  }

  void RunCounted() {
    may_send_ = exchanges_.size();
    RunUntil([this] { return done_ >= exchanges_.size(); });
    Begin();
    if (std::getchar() == EOF) return;
    began_ns_ = NowNs();
    may_send_ = settings_.count;
    for (Exchange& exchange : exchanges_) Send(exchange);
    RunUntil([this] { return done_ >= settings_.count; });
    Report();
  }

  static uint64_t Ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }
  static bool InputEnded() {
    pollfd input{0, POLLIN, 0};
    return poll(&input, 1, 0) > 0;
  }

  template <class Condition>
  void RunUntil(Condition&& condition) {
    while (!condition()) {
      poller_.Wait(20, [this](void* entry, uint32_t) { OnEvent(*static_cast<Exchange*>(entry)); });
    }
  }

  void Begin() {
    done_ = errors_ = bad_status_ = 0;
    latencies_.Clear();
    began_ns_ = NowNs();
    std::puts("start");
    std::fflush(stdout);
  }

  void Report() {
    std::printf(
        "end {\"requests\": %lu, \"errors\": %lu, \"bad_status\": %lu, \"seconds\": %.6f, "
        "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
        done_, errors_, bad_status_, static_cast<double>(NowNs() - began_ns_) / 1e9,
        static_cast<double>(latencies_.Quantile(0.5)) / 1e3,
        static_cast<double>(latencies_.Quantile(0.99)) / 1e3);
    std::fflush(stdout);
  }

  void Open(Exchange& exchange) {
    exchange.fd = Connect(settings_.port);
    if (exchange.fd < 0) Die("connect");
    exchange.connecting = true;
    poller_.Add(exchange.fd, EPOLLIN | EPOLLOUT, &exchange);
  }

  void Fail(Exchange& exchange) {
    ++errors_;
    ++may_send_;  // the one that failed is made again
    // A proxy that refuses everybody would otherwise be counted as a fast one.
    if (errors_ > 100 && errors_ > done_) {
      std::fprintf(stderr, "load: nothing but errors\n");
      std::exit(1);
    }
    close(exchange.fd);
    Open(exchange);
  }

  void OnEvent(Exchange& exchange) {
    if (exchange.connecting) {
      exchange.connecting = false;
      poller_.Change(exchange.fd, EPOLLIN, &exchange);
      return Send(exchange);
    }
    const ssize_t size = recv(exchange.fd, scratch_, sizeof(scratch_), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || !Receive(exchange, {scratch_, static_cast<size_t>(size)})) {
      return Fail(exchange);
    }
    if (!exchange.in_body || exchange.to_come > 0) return;
    ++done_;
    latencies_.Record(NowNs() - exchange.sent_at_ns);
    Send(exchange);
  }

  void Send(Exchange& exchange) {
    if (may_send_ == 0) return;
    --may_send_;
    exchange.sent_at_ns = NowNs();
    exchange.head.clear();
    exchange.in_body = !settings_.http;
    exchange.to_come = settings_.http ? 0 : kTcpBytes;
    if (send(exchange.fd, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size())) {
      Fail(exchange);
    }
  }

  // False when what came cannot be the answer.
  bool Receive(Exchange& exchange, std::string_view bytes) {
    if (!exchange.in_body) {
      exchange.head.append(bytes);
      const size_t end = EndOfHead(exchange.head);
      if (end == std::string_view::npos) return exchange.head.size() < sizeof(scratch_);
      const std::string_view head = std::string_view(exchange.head).substr(0, end);
      const std::string_view length = HeaderValue(head, "content-length");
      if (length.empty()) return false;
      if (!head.starts_with("HTTP/1.1 200")) ++bad_status_;
      exchange.in_body = true;
      exchange.to_come = ParseNumber(length);
      bytes = std::string_view(exchange.head).substr(end);
    }
    if (bytes.size() > exchange.to_come) return false;
    exchange.to_come -= bytes.size();
    return true;
  }

  const Settings settings_;
  const std::string request_;
  std::vector<Exchange> exchanges_;
  Poller poller_;
  LatencyHistogram latencies_;
  uint64_t may_send_ = ~0ull;
  uint64_t done_ = 0, errors_ = 0, bad_status_ = 0, began_ns_ = 0;
  char scratch_[64 * 1024];
};

bool ParseSettings(int argc, char** argv, Settings& settings) {
  if (argc != 6) return false;
  const std::string_view mode = argv[1];
  settings.http = mode == "http";
  settings.port = static_cast<uint16_t>(ParseNumber(argv[2]));
  settings.connections = ParseNumber(argv[3]);
  if (std::string_view(argv[4]) == "count") {
    settings.count = ParseNumber(argv[5]);
    return settings.count > 0 && (settings.http || mode == "tcp");
  }
  settings.warm_s = std::atof(argv[4]);
  settings.measured_s = std::atof(argv[5]);
  return settings.measured_s > 0 && (settings.http || mode == "tcp");
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  Settings settings;
  if (!ParseSettings(argc, argv, settings)) {
    std::fprintf(stderr,
                 "usage: load http|tcp PORT CONNECTIONS WARM_S SECONDS\n"
                 "       load http|tcp PORT CONNECTIONS count REQUESTS\n");
    return 2;
  }
  PrepareProcess();
  std::make_unique<Load>(settings)->Run();
}
