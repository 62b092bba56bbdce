#include "test/bench/xds/traffic.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/sockets.h"
#include "test/bench/xds/fleet.h"

namespace weir::bench {
namespace {

constexpr uint64_t kPatienceNs = 5'000'000'000;  // for the last answers

struct Connection {
  int fd = -1;
  bool is_connected = false;
  uint64_t asked_ns = 0;  // 0: no answer is awaited
  std::string answer;     // as far as it has come
};

}  // namespace

class Traffic::Runner {
 public:
  explicit Runner(const TrafficPlan& plan) : plan_(plan), connections_(plan.connections) {
    for (Connection& connection : connections_) Open(connection);
  }
  ~Runner() {
    for (Connection& connection : connections_) close(connection.fd);
  }

  void Run(const std::atomic<bool>& is_stopping) {
    const uint64_t began_ns = NowNs();
    while (!is_stopping) {
      const double elapsed_s = static_cast<double>(NowNs() - began_ns) / 1e9;
      const auto due = static_cast<uint64_t>(elapsed_s * static_cast<double>(plan_.per_second));
      while (begun_ < due && BeginOne()) {
      }
      // A proxy that answers too slowly for the pace is not made to catch up.
      begun_ = std::max(begun_, due);
      Wait();
    }
    for (const uint64_t end_ns = NowNs() + kPatienceNs; NowNs() < end_ns && IsAwaiting();) Wait();
    for (const Connection& connection : connections_) report_.unanswered += connection.asked_ns > 0;
  }

  const TrafficReport& report() const { return report_; }

 private:
  void Open(Connection& connection) {
    connection = Connection();
    connection.fd = Connect(plan_.port);
    if (connection.fd < 0) Die("connect");
    poller_.Add(connection.fd, EPOLLIN | EPOLLOUT, &connection);
  }

  void Wait() {
    poller_.Wait(1, [this](void* entry, uint32_t) { OnEvent(*static_cast<Connection*>(entry)); });
  }

  bool IsAwaiting() const {
    return std::any_of(connections_.begin(), connections_.end(),
                       [](const Connection& connection) { return connection.asked_ns > 0; });
  }

  // False when no connection is free.
  bool BeginOne() {
    for (size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[next_++ % connections_.size()];
      if (!connection.is_connected || connection.asked_ns > 0) continue;
      const std::string request =
          "GET / HTTP/1.1\r\nhost: " + Fleet::HostOf(static_cast<int>(random_() % plan_.clusters)) +
          "\r\n\r\n";
      connection.asked_ns = NowNs();
      ++begun_;
      // Should it fail, the connection's end is about to be read.
      (void)!send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL);
      return true;
    }
    return false;
  }

  void OnEvent(Connection& connection) {
    if (!connection.is_connected) {
      connection.is_connected = true;
      poller_.Change(connection.fd, EPOLLIN, &connection);
    }
    char bytes[8192];
    const ssize_t size = recv(connection.fd, bytes, sizeof(bytes), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return OnEnd(connection);
    connection.answer.append(bytes, static_cast<size_t>(size));
    OnBytes(connection);
  }

  void OnEnd(Connection& connection) {
    ++(connection.asked_ns > 0 ? report_.cut : report_.reopened);
    close(connection.fd);
    Open(connection);
  }

  void OnBytes(Connection& connection) {
    const size_t end = EndOfHead(connection.answer);
    if (end == std::string_view::npos) return;
    const std::string_view head = std::string_view(connection.answer).substr(0, end);
    if (connection.answer.size() < end + ParseNumber(HeaderValue(head, "content-length"))) return;
    Count(connection, static_cast<int>(ParseNumber(head.substr(9, 3))));
    if (HeaderValue(head, "connection") == "close") return OnEnd(connection);
    connection.answer.clear();
  }

  void Count(Connection& connection, int status) {
    ++report_.requests;
    report_.worst_ns = std::max(report_.worst_ns, NowNs() - connection.asked_ns);
    connection.asked_ns = 0;
    if (status == 200) return;
    ++report_.bad_status;
    ++report_.statuses[status];
  }

  const TrafficPlan plan_;
  Poller poller_;
  std::vector<Connection> connections_;
  std::minstd_rand random_{1};
  size_t next_ = 0;
  uint64_t begun_ = 0;
  TrafficReport report_;
};

Traffic::Traffic(const TrafficPlan& plan)
    : runner_(std::make_unique<Runner>(plan)), thread_([this] { runner_->Run(is_stopping_); }) {}

Traffic::~Traffic() {
  if (thread_.joinable()) Stop();
}

TrafficReport Traffic::Stop() {
  is_stopping_ = true;
  thread_.join();
  return runner_->report();
}

}  // namespace weir::bench
