// What the admin endpoint shows and does, as a test sets it, and a blocking client of it: the
// endpoint has a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "source/admin/admin_handlers.h"
#include "source/admin/admin_server.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/support/manual_clock.h"

namespace weir::admin {

struct AdminTestStats {
  stats::Counter requests, idle;
  stats::Gauge connections;
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(AdminTestStats, requests),
                                               WEIR_METRIC(AdminTestStats, idle),
                                               WEIR_METRIC(AdminTestStats, connections)};
};

// One connection to the endpoint.
class AdminClient {
 public:
  explicit AdminClient(const net::Address& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    raw.sin_port = htons(address.port());
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&raw), sizeof raw), 0);
    const timeval patience{20, 0};  // so that a hang fails instead of hanging
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~AdminClient() { close(fd_); }
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }
  // Up to the end of the connection.
  std::string ReadAll() {
    std::string all;
    while (ReadSome(all)) {
    }
    return all;
  }
  // Until `mark` was read.
  std::string ReadTo(std::string_view mark) {
    std::string all;
    while (all.find(mark) == std::string::npos && ReadSome(all)) {
    }
    return all;
  }

 private:
  bool ReadSome(std::string& all) {
    char chunk[64 * 1024];
    const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
    if (got > 0) all.append(chunk, static_cast<size_t>(got));
    return got > 0;
  }
  const int fd_;
};

class AdminFixture : public testing::Test {
 protected:
  AdminFixture() {
    sources_.stats = &stats_;
    sources_.config = &dump_;
    sources_.clusters = clusters_.get();
    sources_.state = [this] { return state_.load(); };
    sources_.listeners = [] {
      return std::vector<ListenerRow>{{"web", {*net::Address::ParseIp("127.0.0.1", 80)}}};
    };
    sources_.warming_listeners = [] { return std::vector<std::string>{"warming"}; };
    sources_.server_info_json = [] { return std::string(R"({"version": "weir/test"})"); };
    sources_.uptime_s = [] { return 7; };
    sources_.quit = [this] { ++quits_; };
    sources_.drain_listeners = [this] { ++drains_; };
    sources_.fail_health_checks = [this](bool fails) { fails_ = fails; };
    group_->Here().requests.Add(3);
  }

  test::ManualClock clock_;
  event::Loop main_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  std::shared_ptr<stats::Group<AdminTestStats>> group_ =
      stats_.AddGroup<AdminTestStats>("test.<b>");
  ConfigDump dump_;
  std::unique_ptr<clusters::ClusterManager> clusters_ =
      clusters::ClusterManager::Create({main_, stats_});
  std::atomic<ServerState> state_{ServerState::kLive};
  std::atomic<int> quits_{0}, drains_{0};
  std::atomic<bool> fails_{false};  // probes of the process
  AdminSources sources_;
};

}  // namespace weir::admin
