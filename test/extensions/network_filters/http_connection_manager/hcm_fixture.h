// A connection manager over a real socket: raw bytes at one end, a terminal filter that the test
// plays at the other. Time is turned by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/http_filter.h"
#include "test/net/connection_fixture.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::http_connection_manager {

class TestTerminal;

// What the terminal filters of a test share.
struct Backend {
  bool answers = true;  // 200 "ok" once the request is complete
  std::function<void(TestTerminal&, bool ends)> on_head;
  std::vector<std::string> journal;  // "GET /path", "body x", "end", "over"
  TestTerminal* current = nullptr;
  bool keeps_journal = true;
};

class TestTerminal final : public filter::HttpFilter {
 public:
  explicit TestTerminal(Backend* const& backend) : backend_(*backend) {}

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends) override {
    backend_.current = this;
    head_ = &head;
    if (backend_.keeps_journal) {
      backend_.journal.push_back(
          absl::StrCat(std::string(head.method_name), " ", std::string(head.path)));
    }
    if (backend_.on_head) backend_.on_head(*this, ends);
    if (ends) OnEnd();
    return filter::FilterStatus::kPause;
  }
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool ends) override {
    if (!body.empty() && backend_.keeps_journal) {
      backend_.journal.push_back(absl::StrCat("body ", body.ToString()));
    }
    if (echoes) SendBody(body.ToString(), false);
    body.Clear();
    if (ends) OnEnd();
    return filter::FilterStatus::kPause;
  }
  void OnDownstreamHigh() override { backend_.journal.push_back("high"); }
  void OnDownstreamLow() override { backend_.journal.push_back("low"); }
  void OnStreamEnd() override {
    if (backend_.keeps_journal) backend_.journal.push_back("over");
    if (backend_.current == this) backend_.current = nullptr;
  }

  void Reply(int status, std::string_view body = {}) {
    SendHead(status, body.empty(), static_cast<int64_t>(body.size()));
    if (!body.empty()) SendBody(body, true);
  }
  http::ResponseHead& SendHead(int status, bool ends, int64_t length = -1,
                               std::string_view server = {}) {
    reply_.emplace(stream().arena());
    reply_->status = status;
    reply_->content_length = length;
    if (status == 101) reply_->upgrade = head_->upgrade;
    if (!server.empty()) reply_->headers.Add(http::HeaderId::kServer, server);
    stream().SendHead(*reply_, ends);
    return *reply_;
  }
  void SendBody(std::string_view text, bool ends) {
    base::Buffer body;
    body.Append(text);
    stream().SendBody(body, ends);
  }
  void Reset() {
    stream().Reset({http::ErrorKind::kPeerReset, http::Side::kUpstream, false, "broke"});
  }
  const http::RequestHead& head() const { return *head_; }
  filter::Stream& its_stream() { return stream(); }

  bool echoes = false;

 private:
  void OnEnd() {
    if (backend_.keeps_journal) backend_.journal.push_back("end");
    if (backend_.answers) Reply(200, "ok");
  }

  Backend& backend_;
  http::RequestHead* head_ = nullptr;
  std::optional<http::ResponseHead> reply_;
};

// Each record as "code details flags".
class RecordingLogger final : public filter::AccessLogger {
 public:
  explicit RecordingLogger(std::vector<std::string>& lines) : lines_(lines) {}
  void Log(const filter::StreamInfo& info) const override {
    lines_.push_back(absl::StrCat(info.response_code, " ", std::string(info.response_code_details),
                                  " ", info.flags.ToString()));
  }

 private:
  std::vector<std::string>& lines_;
};

class HcmFixture : public testing::Test, public filter::ConnectionOwner {
 protected:
  HcmFixture() {
    config_->stats = stats_.AddGroup<HcmStats>("http.test");
    config_->http1_secure.is_secure = config_->http2_secure.is_secure = true;
    config_->http2_stats = stats_.AddGroup<http2::Stats>("http.test.http2");
    config_->routes = std::make_shared<filter::RouteTableHandle>(nullptr);
    config_->filters.entries.push_back(
        {"terminal",
         std::make_shared<filter::HttpFilterConfigOf<TestTerminal, Backend*>>(&backend_, true)});
    config_->access_logs.Add({nullptr, std::make_shared<RecordingLogger>(log_)});
    info_.direct_remote = *net::Address::ParseIp("192.0.2.5", 4000);
    info_.direct_remote_text = "192.0.2.5:4000";
    info_.local = *net::Address::ParseIp("192.0.2.1", 80);
    UseRoutes(
        "virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/\" } "
        "route { cluster: \"web\" } } }");
  }
  ~HcmFixture() override {
    if (connection_ != nullptr) connection_->Close(net::CloseMode::kNow);
    Turn();
  }

  void UseRoutes(const std::string& table) {
    config_->routes->table.Publish(test::ParseTable(table));
  }
  void UseRouteAction(const std::string& action) {
    UseRoutes(
        absl::StrCat("virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: "
                     "\"/\" } route { cluster: \"web\" ",
                     action, " } } }"));
  }

  // A Unix-domain pair delivers at once; only TCP can reset.
  void Open(bool is_tcp = false, std::unique_ptr<net::TransportSocket> transport = nullptr) {
    const auto [ours, theirs] = is_tcp ? net::TcpPair() : net::UnixPair();
    ASSERT_GE(ours, 0);
    peer_.Adopt(theirs);
    const filter::ConnectionContext context{loop_, info_, is_draining_};
    filter_ = HcmFilterConfig(config_).CreateTerminal(context);
    filter_->set_owner(*this);
    net::ConnectionOptions options;
    options.half_close = true;
    info_.transport = transport.get();
    info_.is_secure = transport != nullptr;
    connection_ =
        std::make_unique<net::Connection>(loop_, ours, *filter_, options, std::move(transport));
    filter_->OnConnection(*connection_);
    connection_->Start();
  }
  void Turn(int count = 3) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  // Over TCP bytes and resets may take their time to arrive.
  bool TurnUntil(const std::function<bool()>& is_done) {
    for (int i = 0; i < 5000 && !is_done(); ++i) loop_.RunReady();
    return is_done();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn();
  }
  void Send(std::string_view bytes) {
    if (connection_ == nullptr && !is_over_) Open();
    EXPECT_EQ(peer_.Send(bytes), bytes.size());
    Turn();
  }
  std::string Receive() { return peer_.Receive(); }
  std::string Ask(std::string_view bytes) {
    Send(bytes);
    return Receive();
  }
  TestTerminal& terminal() { return *backend_.current; }
  HcmStats& counters() { return config_->stats->Here(); }
  std::string Journal() {
    std::string all;
    for (const std::string& line : std::exchange(backend_.journal, {})) {
      absl::StrAppend(&all, all.empty() ? "" : ", ", line);
    }
    return all;
  }

  // filter::ConnectionOwner
  void OnConnectionEnded() override {
    is_over_ = true;
    loop_.DeleteLater(std::move(connection_));
    loop_.DeleteLater(std::move(filter_));
  }

  static constexpr char kGet[] = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  Backend backend_;
  std::vector<std::string> log_;
  filter::ConnectionInfo info_;
  std::shared_ptr<HcmConfig> config_ = std::make_shared<HcmConfig>();
  bool is_draining_ = false;
  bool is_over_ = false;
  net::RawPeer peer_;
  std::unique_ptr<filter::TerminalFilter> filter_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace weir::extensions::http_connection_manager
