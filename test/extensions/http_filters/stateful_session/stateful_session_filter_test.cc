#include "source/extensions/http_filters/stateful_session/stateful_session_filter.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/extensions/http_filters/stateful_session/session_token.h"
#include "source/filter/http_filter_chain.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::stateful_session {
namespace {

// Stands where the router does.
class Terminal final : public filter::HttpFilter {
 public:
  explicit Terminal(filter::Stream** const& handle) : handle_(handle) {}
  filter::FilterStatus OnRequestHead(http::RequestHead&, bool) override {
    *handle_ = &stream();
    return filter::FilterStatus::kPause;
  }

 private:
  filter::Stream** const handle_;
};

class StatefulSessionFilterTest : public testing::Test, public filter::StreamSink {
 protected:
  StatefulSessionFilterTest() {
    auto state = std::make_shared<SessionState>();
    state->header = "x-session";
    settings_.state = std::move(state);
  }
  ~StatefulSessionFilterTest() override { End(); }

  // The address that the router is asked for; empty: none.
  std::string Ask(std::string_view token) {
    End();
    filters_.entries.clear();
    filters_.entries.push_back(
        {"sticky",
         std::make_shared<filter::HttpFilterConfigOf<StatefulSessionFilter, SessionSettings>>(
             settings_)});
    filters_.entries.push_back(
        {"end",
         std::make_shared<filter::HttpFilterConfigOf<Terminal, filter::Stream**>>(&router_, true)});
    request_ = std::make_unique<test::Request>("GET", "h", "/path");
    if (!token.empty()) request_->head.headers.AddCopy("x-session", token);
    info_ = filter::StreamInfo();
    info_.request = &request_->head;
    chain_.Begin(filters_, *this, 64 * 1024);
    chain_.OnRequestHead(request_->head, true);
    return info_.wanted_host == nullptr ? "" : info_.wanted_host->address.ToString();
  }
  // What the response says of the session, when it came from the host at `port`.
  std::string Answer(uint16_t port, std::string_view details = "via_upstream") {
    info_.upstream_host = std::make_shared<balancing::Host>(
        *net::Address::ParseIp("10.0.0.1", port), "", std::make_shared<balancing::Locality>());
    info_.response_code_details = details;
    response_.emplace(arena_);
    router_->SendHead(*response_, true);
    return written_;
  }
  void End() {
    chain_.End();
    chain_.Clear();
  }

  // filter::StreamSink
  void WriteInformational(http::ResponseHead&) override {}
  void WriteHead(http::ResponseHead& head, bool) override {
    written_ = std::string(head.headers.Value("x-session"));
  }
  void WriteBody(base::Buffer&, bool) override {}
  void WriteTrailers(http::HeaderMap&) override {}
  void ResetStream(const http::StreamError&) override {}
  void PauseReceiving() override {}
  void ResumeReceiving() override {}
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return route_; }
  const routing::RouteTable* route_table() override { return table_.get(); }
  void RefreshRoute() override {}

  test::ManualClock clock_;
  event::Loop loop_{"test", 0, clock_};
  base::Arena arena_;
  SessionSettings settings_;
  filter::StreamInfo info_;
  filter::HttpFilterList filters_;
  filter::HttpFilterChain chain_;
  filter::Stream* router_ = nullptr;
  std::unique_ptr<test::Request> request_;
  std::optional<http::ResponseHead> response_;
  std::unique_ptr<const routing::RouteTable> table_;
  const routing::Route* route_ = nullptr;
  std::string written_;
};

TEST_F(StatefulSessionFilterTest, TheFirstResponseNamesItsHostAndTheNextRequestAsksForIt) {
  EXPECT_EQ(Ask(""), "");
  const std::string token = Answer(80);
  EXPECT_EQ(token, WriteToken("10.0.0.1:80"));
  EXPECT_EQ(Ask(token), "10.0.0.1:80");
  EXPECT_FALSE(info_.wanted_host->is_strict);
  EXPECT_EQ(Answer(80), "") << "nothing new to tell";
}

TEST_F(StatefulSessionFilterTest, ASessionGoesOnWhereItWent) {
  EXPECT_EQ(Ask(WriteToken("10.0.0.1:80")), "10.0.0.1:80");
  EXPECT_EQ(Answer(81), WriteToken("10.0.0.1:81"));
}

TEST_F(StatefulSessionFilterTest, AReplyOfOursDoesNotMoveASession) {
  Ask("");
  EXPECT_EQ(Answer(80, "upstream_reset_before_response_started{connection_failure}"), "");
}

TEST_F(StatefulSessionFilterTest, AStrictSessionSaysSo) {
  settings_.is_strict = true;
  settings_.status_without_host = 410;
  Ask(WriteToken("10.0.0.1:80"));
  ASSERT_NE(info_.wanted_host, nullptr);
  EXPECT_TRUE(info_.wanted_host->is_strict);
  EXPECT_EQ(info_.wanted_host->status_without_host, 410);
}

TEST_F(StatefulSessionFilterTest, WhatIsNoTokenStartsANewSession) {
  EXPECT_EQ(Ask("???"), "");
  EXPECT_EQ(Answer(80), WriteToken("10.0.0.1:80"));
}

TEST_F(StatefulSessionFilterTest, ARouteMaySwitchItOff) {
  const auto slot = [](std::string_view) -> clusters::ClusterSlot* { return nullptr; };
  const auto value =
      [](std::string_view) -> absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> {
    return nullptr;
  };
  const auto off = [](const std::string&, const google::protobuf::Any&, config::Faults&) {
    return std::shared_ptr<const routing::FilterConfig>(
        std::make_shared<const RouteSessionSettings>(SessionSettings()));
  };
  table_ = test::ParseTable(R"pb(
                              virtual_hosts {
                                name: "v"
                                domains: "*"
                                routes {
                                  match { prefix: "/" }
                                  route { cluster: "c" }
                                  typed_per_filter_config {
                                    key: "sticky"
                                    value {}
                                  }
                                }
                              })pb",
                            {slot, value, off});
  const test::Request request("GET", "h", "/path");
  route_ = table_->Find(request.head, 0);
  EXPECT_EQ(Ask(WriteToken("10.0.0.1:80")), "");
  EXPECT_EQ(Answer(81), "");
}

}  // namespace
}  // namespace weir::extensions::stateful_session
