// Listeners over loopback for one thread that plays main and worker: a terminal filter that echoes
// and writes down what it hears, connections to it, time turned by hand.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/event/loop.h"
#include "source/filter/access_log.h"
#include "source/filter/network_filter.h"
#include "source/net/listen_socket.h"
#include "source/server/listener_config.h"
#include "test/net/connection_fixture.h"
#include "test/support/manual_clock.h"

namespace weir::server {

// Echoes, and describes itself by a flag. When it is told to drain it closes after its next answer.
class EchoFilter final : public filter::TerminalFilter {
 public:
  EchoFilter(const std::string& name, std::vector<std::string>& journal,
             const filter::ConnectionContext& context)
      : name_(name), journal_(journal), context_(context) {}

  void OnConnection(net::Connection& connection) override {
    connection_ = &connection;
    Note(absl::StrCat("connection on ", std::string(context_.info.listener_name)));
  }
  void OnDrain() override { Note("drain"); }
  void DescribeConnection(filter::StreamInfo& info) const override {
    info.flags.Set(filter::ResponseFlag::kDurationTimeout);
  }
  size_t OnRead(std::string_view bytes) override {
    connection_->output().Append(absl::StrCat(name_, ":", std::string(bytes)));
    connection_->FlushLater();
    if (context_.is_draining) connection_->Close(net::CloseMode::kFlushNoWait);
    return bytes.size();
  }
  void OnReadEnd() override { connection_->Close(net::CloseMode::kFlushNoWait); }

 private:
  void OnEnd(net::CloseReason) override { Note("end"); }
  void Note(const std::string& what) { journal_.push_back(absl::StrCat(name_, " ", what)); }

  const std::string name_;
  std::vector<std::string>& journal_;
  const filter::ConnectionContext context_;
  net::Connection* connection_ = nullptr;
};

class EchoConfig final : public filter::NetworkFilterConfig {
 public:
  EchoConfig(std::string name, std::vector<std::string>& journal)
      : name_(std::move(name)), journal_(journal) {}
  std::unique_ptr<filter::TerminalFilter> CreateTerminal(
      const filter::ConnectionContext& context) const override {
    return std::make_unique<EchoFilter>(name_, journal_, context);
  }
  bool is_terminal() const override { return true; }

 private:
  const std::string name_;
  std::vector<std::string>& journal_;
};

// Writes down what a listener's access log is told.
class RecordingLogger final : public filter::AccessLogger {
 public:
  explicit RecordingLogger(std::vector<std::string>& lines) : lines_(lines) {}
  void Log(const filter::StreamInfo& info) const override {
    const filter::ConnectionInfo& connection = *info.connection;
    lines_.push_back(absl::StrCat(
        "chain ", std::string(connection.filter_chain_name), ", flags ", info.flags.ToString(),
        ", details ", std::string(connection.termination_details), ", ", info.bytes_received, "/",
        info.bytes_sent, " bytes, ", info.DurationNs() / 1'000'000, " ms"));
  }

 private:
  std::vector<std::string>& lines_;
};

// A client of 127.0.0.1:`port`, or of whatever `address` is.
inline int ConnectTo(const net::Address& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  raw.sin_port = htons(address.port());
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&raw), sizeof raw), 0);
  return fd;
}

class ListenerFixture : public testing::Test {
 protected:
  std::shared_ptr<FilterChain> Chain(const std::string& name) {
    auto chain = std::make_shared<FilterChain>();
    chain->name = chain->definition = name;
    chain->terminal = std::make_shared<EchoConfig>(name, journal_);
    return chain;
  }
  std::shared_ptr<ListenerConfig> Config(
      const std::vector<std::shared_ptr<const FilterChain>>& chains) {
    auto config = std::make_shared<ListenerConfig>();
    config->name = "web";
    config->stats = listener_stats_;
    config->addresses.push_back(*net::Address::ParseIp("127.0.0.1", 0));
    config->connection.half_close = true;
    config->access_logs.Add({nullptr, std::make_shared<RecordingLogger>(access_log_)});
    for (const auto& chain : chains) {
      config->chains.push_back(chain);
      config->matches.push_back({});
    }
    return config;
  }
  // Listens; `address_` is where.
  int Bind() {
    const auto fd = net::BindListenSocket(*net::Address::ParseIp("127.0.0.1", 0), {});
    EXPECT_TRUE(fd.ok());
    EXPECT_TRUE(net::StartListening(*fd, 16).ok());
    address_ = *net::BoundAddress(*fd);
    return *fd;
  }
  std::unique_ptr<net::RawPeer> Connect() {
    auto peer = std::make_unique<net::RawPeer>(ConnectTo(address_));
    Turn();
    return peer;
  }
  std::string Ask(net::RawPeer& peer, std::string_view bytes) {
    peer.Send(bytes);
    Turn();
    return peer.Receive();
  }
  // TCP may take its time to deliver: many turns, none of which waits.
  void Turn(int count = 400) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn();
  }
  std::string Journal() {
    std::string all;
    for (const std::string& line : std::exchange(journal_, {})) {
      absl::StrAppend(&all, all.empty() ? "" : ", ", line);
    }
    return all;
  }
  ListenerStats& counters() { return listener_stats_->Here(); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  std::shared_ptr<stats::Group<ListenerStats>> listener_stats_ =
      stats_.AddGroup<ListenerStats>("listener.web");
  std::vector<std::string> journal_, access_log_;
  net::Address address_;
};

}  // namespace weir::server
