// A closed-loop load: every connection has its exchanges under way, always.
//
//   load PROTOCOL[+OPTION…] PORT CONNECTIONS WARM_S SECONDS      by time
//   load PROTOCOL[+OPTION…] PORT CONNECTIONS count REQUESTS      exactly that many exchanges
//
//   PROTOCOL  http, h2, grpc (over HTTP/2), tcp (64 bytes there and back)
//   OPTION    tls; fresh (a new connection for each exchange)
//
// HTTP/2 has ten exchanges under way on a connection, everything else one.
//
// Prints "start" when the warm-up is over and "end {json}" when the measured time is, so that the
// harness can read the proxy's counters at those moments, and keeps the load up until its standard
// input ends: nothing is sampled while the proxy winds down. With `count`, every connection makes
// one exchange first and then waits; "start" is printed, the counted ones begin when a line comes
// on standard input, and the program ends with the last of them: what is counted between start and
// end are those exchanges and nothing else.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/channel.h"
#include "test/bench/latency_histogram.h"
#include "test/bench/sockets.h"
#include "test/bench/talk.h"

namespace weir::bench {
namespace {

struct Settings {
  std::unique_ptr<Talk> (*make_talk)() = nullptr;
  size_t exchanges_at_once = 1;  // of a connection
  bool tls = false;
  bool fresh = false;
  uint16_t port = 0;
  size_t connections = 0;
  double warm_s = 0;
  double measured_s = 0;
  uint64_t count = 0;  // 0: by time
};

struct Connection {
  enum class State { kConnecting, kShakingHands, kOpen };

  Channel channel;
  State state = State::kConnecting;
  std::unique_ptr<Talk> talk;
  size_t under_way = 0;
  uint64_t opened_ns = 0;
};

class Load {
 public:
  explicit Load(const Settings& settings)
      : settings_(settings), connections_(settings.connections) {
    if (settings.tls) tls_.emplace(TlsContext::ForClient());
  }

  void Run() { settings_.count > 0 ? RunCounted() : RunTimed(); }

 private:
  void RunTimed() {
    for (Connection& connection : connections_) Open(connection);
    RunUntil([end = NowNs() + Ns(settings_.warm_s)] { return NowNs() >= end; });
    Begin();
    RunUntil([end = began_ns_ + Ns(settings_.measured_s)] { return NowNs() >= end; });
    Report();
    RunUntil(InputEnded);
  }

  void RunCounted() {
    OpenGently();
    Begin();
    if (std::getchar() == EOF) return;
    began_ns_ = NowNs();
    may_begin_ = settings_.count;
    for (Connection& connection : connections_) Refill(connection);
    RunUntil([this] { return done_ >= settings_.count; });
    Report();
  }

  // So many at a time that no queue of connections overflows, with one exchange on each.
  void OpenGently() {
    constexpr size_t kAtATime = 100;
    may_begin_ = 0;
    for (size_t opened = 0; opened < connections_.size();) {
      const size_t end = std::min(opened + kAtATime, connections_.size());
      may_begin_ += end - opened;
      most_under_way_ = 1;
      for (; opened < end; ++opened) Open(connections_[opened]);
      RunUntil([this, end] { return done_ >= end; });
    }
    most_under_way_ = settings_.exchanges_at_once;
  }

  static uint64_t Ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }
  static bool InputEnded() {
    pollfd input{0, POLLIN, 0};
    return poll(&input, 1, 0) > 0;
  }

  template <class Condition>
  void RunUntil(Condition&& condition) {
    while (!condition()) {
      poller_.Wait(20,
                   [this](void* entry, uint32_t) { OnEvent(*static_cast<Connection*>(entry)); });
    }
  }

  void Begin() {
    done_ = errors_ = 0;
    ended_.bad_status = 0;
    latencies_.Clear();
    began_ns_ = NowNs();
    std::puts("start");
    std::fflush(stdout);
  }

  void Report() {
    std::printf(
        "end {\"requests\": %lu, \"errors\": %lu, \"bad_status\": %lu, \"seconds\": %.6f, "
        "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
        done_, errors_, ended_.bad_status, static_cast<double>(NowNs() - began_ns_) / 1e9,
        static_cast<double>(latencies_.Quantile(0.5)) / 1e3,
        static_cast<double>(latencies_.Quantile(0.99)) / 1e3);
    std::fflush(stdout);
  }

  void Open(Connection& connection) {
    connection = Connection();
    connection.opened_ns = NowNs();
    const int fd = Connect(settings_.port);
    if (fd < 0) Die("connect");
    connection.channel = Channel(fd, tls_ ? &*tls_ : nullptr);
    connection.talk = settings_.make_talk();
    poller_.Add(fd, EPOLLIN | EPOLLOUT, &connection);
  }

  void Fail(Connection& connection) {
    ++errors_;
    may_begin_ += connection.under_way;  // those that failed are made again
    ended_.began_ns.clear();
    // A proxy that refuses everybody would otherwise be counted as a fast one.
    if (errors_ > 100 && errors_ > done_) {
      std::fprintf(stderr, "load: nothing but errors\n");
      std::exit(1);
    }
    connection.channel.Close();
    Open(connection);
  }

  void OnEvent(Connection& connection) {
    if (connection.state == Connection::State::kConnecting) {
      connection.state = Connection::State::kShakingHands;
      poller_.Change(connection.channel.fd(), EPOLLIN, &connection);
    }
    if (connection.state == Connection::State::kShakingHands) {
      const Channel::Outcome outcome = connection.channel.Handshake();
      if (outcome == Channel::Outcome::kFailed) return Fail(connection);
      if (outcome == Channel::Outcome::kPending) return;
      connection.state = Connection::State::kOpen;
      connection.talk->Open(output_);
      return Refill(connection);
    }
    for (bool is_more = true; is_more;) {
      const ssize_t size = connection.channel.Read(scratch_, sizeof(scratch_), &is_more);
      if (size == 0) break;
      if (size < 0 ||
          !connection.talk->Receive({scratch_, static_cast<size_t>(size)}, output_, ended_)) {
        return Fail(connection);
      }
    }
    Count(connection);
  }

  void Count(Connection& connection) {
    const bool has_ended = !ended_.began_ns.empty();
    const uint64_t now_ns = NowNs();
    for (const uint64_t began_ns : ended_.began_ns) {
      ++done_;
      --connection.under_way;
      latencies_.Record(now_ns - (settings_.fresh ? connection.opened_ns : began_ns));
    }
    ended_.began_ns.clear();
    if (has_ended && settings_.fresh && may_begin_ > 0) {
      connection.channel.Close();
      return Open(connection);
    }
    Refill(connection);
  }

  void Refill(Connection& connection) {
    const bool is_open = connection.state == Connection::State::kOpen;
    while (is_open && may_begin_ > 0 && connection.under_way < most_under_way_) {
      --may_begin_;
      ++connection.under_way;
      connection.talk->Begin(NowNs(), output_);
    }
    const bool is_sent = output_.empty() || connection.channel.Write(output_);
    output_.clear();
    if (!is_sent) Fail(connection);
  }

  const Settings& settings_;
  std::optional<TlsContext> tls_;
  std::vector<Connection> connections_;
  Poller poller_;
  LatencyHistogram latencies_;
  size_t most_under_way_ = settings_.exchanges_at_once;
  uint64_t may_begin_ = ~0ull;
  uint64_t done_ = 0, errors_ = 0, began_ns_ = 0;
  Ended ended_;
  std::string output_;  // of the connection that is looked at
  char scratch_[64 * 1024];
};

// "http+tls+fresh"
bool ParseProtocol(std::string_view text, Settings& settings) {
  const size_t end = std::min(text.find('+'), text.size());
  const std::string_view name = text.substr(0, end);
  if (name == "http") settings.make_talk = MakeHttp1Talk;
  if (name == "h2") settings.make_talk = MakeHttp2Talk;
  if (name == "grpc") settings.make_talk = MakeGrpcTalk;
  if (name == "tcp") settings.make_talk = MakeTcpTalk;
  if (name == "h2" || name == "grpc") settings.exchanges_at_once = 10;
  for (text.remove_prefix(end); !text.empty();) {
    text.remove_prefix(1);
    const size_t option_end = std::min(text.find('+'), text.size());
    const std::string_view option = text.substr(0, option_end);
    if (option != "tls" && option != "fresh") return false;
    (option == "tls" ? settings.tls : settings.fresh) = true;
    text.remove_prefix(option_end);
  }
  return settings.make_talk != nullptr;
}

bool ParseSettings(int argc, char** argv, Settings& settings) {
  if (argc != 6 || !ParseProtocol(argv[1], settings)) return false;
  settings.port = static_cast<uint16_t>(ParseNumber(argv[2]));
  settings.connections = ParseNumber(argv[3]);
  if (std::string_view(argv[4]) == "count") {
    settings.count = ParseNumber(argv[5]);
    return settings.count > 0;
  }
  settings.warm_s = std::atof(argv[4]);
  settings.measured_s = std::atof(argv[5]);
  return settings.measured_s > 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  Settings settings;
  if (!ParseSettings(argc, argv, settings)) {
    std::fprintf(stderr,
                 "usage: load http|h2|grpc|tcp[+tls][+fresh] PORT CONNECTIONS WARM_S SECONDS\n"
                 "       load http|h2|grpc|tcp[+tls][+fresh] PORT CONNECTIONS count REQUESTS\n");
    return 2;
  }
  PrepareProcess();
  std::make_unique<Load>(settings)->Run();
}
