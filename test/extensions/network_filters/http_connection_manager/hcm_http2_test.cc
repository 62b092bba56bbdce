// HTTP/2 through the connection manager: which codec a connection gets, and what the connection
// itself does. The codec's own rules are test/http2's.
#include <gtest/gtest.h>

#include "test/extensions/network_filters/http_connection_manager/hcm_fixture.h"
#include "test/http2/harness.h"
#include "test/support/allocation_counter.h"
#include "test/support/fake_transport.h"

namespace weir::extensions::http_connection_manager {
namespace {

class HcmHttp2Test : public HcmFixture {
 protected:
  void OpenSecure(const std::string& alpn) {
    Open(false, std::make_unique<test::FakeTransport>(alpn, net::SecureInfo()));
    Send("H");  // the handshake
    client_.TakeOutput();
    client_.connection = http2::CreateClient(client_, client_.options, client_.stats, true);
  }
  // Both ways until nothing moves.
  void Exchange() {
    for (;;) {
      const std::string up = client_.TakeOutput();
      if (up.empty()) {
        Turn();
      } else {
        Send(up);
      }
      const std::string down = Receive();
      if (up.empty() && down.empty()) return;
      client_.Receive(down);
    }
  }
  http2::SeenResponse& Get(
      std::string_view path = "/",
      const std::function<void(http::RequestHead&)>& edit = [](http::RequestHead&) {}) {
    http2::SeenResponse& response = client_.Request("GET", path, true, edit);
    Exchange();
    return response;
  }
  // The terminal filters of requests that wait.
  void HoldRequests() {
    backend_.answers = false;
    backend_.on_head = [this](TestTerminal& terminal, bool) { held_.push_back(&terminal); };
  }
  http2::Stats& http2_counters() { return config_->http2_stats->Here(); }

  http2::Client client_;
  std::vector<TestTerminal*> held_;
};

TEST_F(HcmHttp2Test, ThePrefaceChoosesIt) {
  EXPECT_EQ(Get().body, "ok");
  EXPECT_EQ(Get("/2").status, 200);
  EXPECT_EQ(counters().downstream_cx_http2_total.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_http2_active.value(), 1);
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 0u);
  EXPECT_EQ(counters().downstream_rq_http2_total.value(), 2u);
  EXPECT_EQ(counters().downstream_rq_http1_total.value(), 0u);
  peer_.Close();
  Turn();
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(counters().downstream_cx_http2_active.value(), 0);
}

// H03.
TEST_F(HcmHttp2Test, APartOfThePrefaceIsWaitedForButNotForLong) {
  EXPECT_EQ(Ask("PRI * HTTP/2.0\r\n\r\n"), "");
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 0u);
  Advance(9'999);
  EXPECT_FALSE(is_over_);
  Advance(1);
  EXPECT_EQ(Receive(), "");
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmHttp2Test, WhatBeginsLikeThePrefaceMayBeHttp1) {
  EXPECT_EQ(Ask("P"), "");
  EXPECT_THAT(Ask("OST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"),
              testing::StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 1u);
}

TEST_F(HcmHttp2Test, APeerThatSaysNothingHasNoCodec) {
  Open();
  EXPECT_EQ(counters().downstream_cx_total.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 0u);
  peer_.Close();
  Turn();
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmHttp2Test, AlpnChooses) {
  OpenSecure("h2");
  backend_.on_head = [](TestTerminal& terminal, bool) {
    EXPECT_EQ(terminal.head().scheme, "https");
    EXPECT_EQ(terminal.head().headers.Value("x-forwarded-proto"), "https");
  };
  EXPECT_EQ(Get().status, 200);
  EXPECT_EQ(counters().downstream_cx_http2_total.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_ssl_total.value(), 1u);
  EXPECT_EQ(counters().downstream_cx_ssl_active.value(), 1);
}

TEST_F(HcmHttp2Test, AlpnMayChooseHttp1) {
  OpenSecure("http/1.1");
  EXPECT_THAT(Ask(kGet), testing::StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 1u);
}

TEST_F(HcmHttp2Test, CodecTypeDecidesAlone) {
  config_->codec = CodecType::kHttp1;
  EXPECT_THAT(Ask(std::string(http2::kPreface)), testing::Not(testing::HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(counters().downstream_cx_http1_total.value(), 1u);
}

TEST_F(HcmHttp2Test, StreamsRunSideBySide) {
  HoldRequests();
  for (const char* const path : {"/1", "/2", "/3"}) client_.Request("GET", path);
  Exchange();
  ASSERT_EQ(held_.size(), 3u);
  EXPECT_EQ(counters().downstream_rq_active.value(), 3);
  held_[2]->Reply(200, "third");
  held_[0]->Reply(200, "first");
  Exchange();
  EXPECT_EQ(client_.responses[0]->body, "first");
  EXPECT_EQ(client_.responses[2]->body, "third");
  EXPECT_FALSE(client_.responses[1]->done);
  EXPECT_EQ(counters().downstream_rq_active.value(), 1);
  Advance(300'000);  // one that waits is no idle connection, but an idle stream
  Exchange();
  EXPECT_TRUE(client_.responses[1]->done);
  EXPECT_EQ(counters().downstream_rq_idle_timeout.value(), 1u);
  EXPECT_FALSE(is_over_);
  Advance(300'000);
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(counters().downstream_cx_idle_timeout.value(), 1u);
}

// H03, H18: a preface and nothing behind it, or settings and no acknowledgement of ours.
TEST_F(HcmHttp2Test, H18APeerThatDoesNotSettleIsSentAway) {
  Send(std::string(http2::kPreface));
  EXPECT_THAT(http2::Describe(Receive()), testing::StartsWith("SETTINGS"));
  Advance(9'999);
  EXPECT_EQ(Receive(), "");
  Advance(1);
  EXPECT_EQ(http2::Describe(Receive()), "GOAWAY(4)");
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(http2_counters().settings_timeout.value(), 1u);
}

TEST_F(HcmHttp2Test, APeerThatHasSettledStays) {
  EXPECT_EQ(Get().status, 200);
  Advance(60'000);
  EXPECT_EQ(Get().status, 200);
}

// H41: the client waits, the upstream is silent.
TEST_F(HcmHttp2Test, H41ARequestThatNobodyAnswers) {
  HoldRequests();
  http2::SeenResponse& response = Get();
  Advance(299'999);
  Exchange();
  EXPECT_FALSE(response.done);
  Advance(1);
  Exchange();
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(http2_counters().streams_active.value(), 0);
  EXPECT_EQ(counters().downstream_rq_active.value(), 0);
}

// J07: a day of silence in both directions, where no timeout forbids it, and keepalive all along.
TEST_F(HcmHttp2Test, J07AStreamMayBeSilentForADay) {
  config_->stream_idle_timeout_ms = 0;
  config_->request_body_idle_timeout_ms = 0;
  config_->http2.keepalive = {.interval_ms = 60'000, .timeout_ms = 5'000, .jitter_percent = 0};
  HoldRequests();
  http2::SeenResponse& response = client_.Request("POST", "/bidi", false);
  Exchange();
  ASSERT_EQ(held_.size(), 1u);
  held_[0]->echoes = true;
  held_[0]->SendHead(200, false);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    Advance(60'000);
    Exchange();
  }
  EXPECT_FALSE(response.done);
  response.SendBody("still here?", false);
  Exchange();
  EXPECT_EQ(response.body, "still here?");
  EXPECT_EQ(http2_counters().keepalive_timeout.value(), 0u);
}

// H23: long before the stream's idle timeout, and that whatever a little window does (H24).
TEST_F(HcmHttp2Test, H24AWindowThatOpensByBytesHoldsNoStream) {
  client_.TakeOutput();
  client_.options.initial_stream_window_bytes = 65'535;
  client_.connection = http2::CreateClient(client_, client_.options, client_.stats, false);
  config_->stream_idle_timeout_ms = 0;
  HoldRequests();
  client_.Request("GET", "/");
  Exchange();
  ASSERT_EQ(held_.size(), 1u);
  client_.responses[0]->stream->PauseReceiving();
  held_[0]->SendHead(200, false);
  held_[0]->SendBody(std::string(100'000, 'x'), true);
  Exchange();
  EXPECT_EQ(http2_counters().pending_send_bytes.value(), 100'000 - 65'535);
  std::string answer;
  for (int second = 0; second < 90; ++second) {
    Send(http2::Frame(8, 0, 1, std::string("\0\0\0\1", 4)));  // WINDOW_UPDATE
    Advance(1'000);
    answer += Receive();
  }
  EXPECT_THAT(http2::Describe(answer), testing::EndsWith(" RST_STREAM 1(8)"));
  EXPECT_EQ(counters().downstream_rq_active.value(), 0);
  EXPECT_EQ(http2_counters().tx_flush_timeout.value(), 1u);
  EXPECT_EQ(http2_counters().pending_send_bytes.value(), 0);
  EXPECT_THAT(log_.back(), testing::HasSubstr("http2.stalled_window"));
  EXPECT_FALSE(is_over_);
}

// A window that does not open: what waits is bounded, and so is how long.
TEST_F(HcmHttp2Test, APeerThatTakesNothingLosesItsStream) {
  client_.TakeOutput();
  client_.options.initial_stream_window_bytes = 65'535;
  client_.connection = http2::CreateClient(client_, client_.options, client_.stats, false);
  HoldRequests();
  client_.Request("GET", "/");
  Exchange();
  ASSERT_EQ(held_.size(), 1u);
  client_.responses[0]->stream->PauseReceiving();
  held_[0]->SendHead(200, false);
  held_[0]->SendBody(std::string(100'000, 'x'), false);
  held_[0]->SendBody(std::string(100'000, 'y'), true);
  Exchange();
  EXPECT_EQ(client_.responses[0]->body.size(), 65'535u);
  Advance(300'000);
  Exchange();
  EXPECT_TRUE(client_.responses[0]->done);
  EXPECT_EQ(counters().downstream_rq_active.value(), 0);
  EXPECT_EQ(http2_counters().tx_flush_timeout.value(), 1u);
}

TEST_F(HcmHttp2Test, ABurstOfRequestsIsServedOverTurns) {
  for (int i = 0; i < 35; ++i) client_.Request("GET", "/");
  Exchange();
  for (const auto& response : client_.responses) EXPECT_EQ(response->body, "ok");
}

// A request that was never a stream does not keep its connection for ever.
TEST_F(HcmHttp2Test, ARefusedHeadLeavesAnIdleConnection) {
  EXPECT_EQ(Get("no-slash").status, 0);
  EXPECT_TRUE(client_.responses[0]->done);
  EXPECT_EQ(counters().downstream_cx_protocol_error.value(), 1u);
  EXPECT_EQ(Get().status, 200) << "the connection goes on";
  Advance(300'000);
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmHttp2Test, AHeadInPartsThatIsRefusedLeavesAnIdleConnection) {
  Exchange();
  client_.Request("GET", "no-slash");
  const std::string bytes = client_.TakeOutput();
  Send(bytes.substr(0, 12));
  Advance(5'000);
  Send(bytes.substr(12));
  Advance(10'000);
  EXPECT_FALSE(is_over_) << "the head was complete in time";
  Advance(300'000);
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmHttp2Test, AHeadThatComesTooSlowlyEndsTheConnection) {
  Exchange();
  client_.Request("GET", "/");
  Send(client_.TakeOutput().substr(0, 12));
  Advance(10'000);
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(counters().downstream_rq_header_timeout.value(), 1u);
}

TEST_F(HcmHttp2Test, DrainsInTwoSteps) {
  HoldRequests();
  client_.Request("GET", "/1");
  Exchange();
  filter_->OnDrain();
  backend_.answers = true;
  client_.Request("GET", "/crossed");  // on its way when the announcement was made
  Exchange();
  EXPECT_EQ(client_.responses[1]->status, 200);
  EXPECT_FALSE(client_.connection->can_take_stream());
  Advance(config_->drain_timeout_ms);
  EXPECT_FALSE(is_over_);
  held_[0]->Reply(200, "late");
  Exchange();
  EXPECT_EQ(client_.responses[0]->body, "late");
  Advance(config_->delayed_close_ms);
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmHttp2Test, TheLastRequestAllowedDrainsTheConnection) {
  config_->max_requests_per_connection = 2;
  EXPECT_EQ(Get().status, 200);
  EXPECT_TRUE(client_.connection->can_take_stream());
  EXPECT_EQ(Get().status, 200);
  EXPECT_FALSE(client_.connection->can_take_stream());
}

TEST_F(HcmHttp2Test, APeerThatAnswersNoPingIsLost) {
  config_->http2.keepalive = {.interval_ms = 1000, .timeout_ms = 500, .jitter_percent = 0};
  Get();
  Advance(1000);
  Exchange();  // answers
  Advance(500);
  EXPECT_FALSE(is_over_);
  Advance(1000);
  Advance(500);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(http2_counters().keepalive_timeout.value(), 1u);
}

TEST_F(HcmHttp2Test, TunnelsAreCountedEachByItself) {
  config_->upgrades["websocket"] = true;
  HoldRequests();
  Exchange();
  for (int i = 0; i < 2; ++i) {
    client_.Request("GET", "/chat", false,
                    [](http::RequestHead& head) { head.upgrade = "websocket"; });
  }
  Exchange();
  ASSERT_EQ(held_.size(), 2u);
  for (TestTerminal* const terminal : held_) terminal->SendHead(101, false);
  Exchange();
  EXPECT_EQ(client_.responses[0]->status, 101);
  EXPECT_EQ(counters().downstream_cx_upgrades_active.value(), 2);
  held_[0]->SendBody("bye", true);
  client_.responses[0]->SendBody("", true);
  Exchange();
  EXPECT_EQ(client_.responses[0]->body, "bye");
  EXPECT_EQ(counters().downstream_cx_upgrades_active.value(), 1);
  peer_.Close();
  Turn();
  EXPECT_EQ(counters().downstream_cx_upgrades_active.value(), 0);
}

// I31.
TEST_F(HcmHttp2Test, AHostOfAnotherChainIsMisdirected) {
  info_.chain_names =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"a.test"});
  OpenSecure("h2");
  const auto ask = [this](const char* host) {
    return Get("/", [host](http::RequestHead& head) { head.authority = host; }).status;
  };
  EXPECT_EQ(ask("a.test"), 200);
  EXPECT_EQ(ask("b.test"), 421);
  EXPECT_EQ(ask("a.test"), 200) << "the connection goes on";
}

TEST_F(HcmHttp2Test, ASteadyRequestAllocatesNothingOfOurs) {
  backend_.keeps_journal = false;
  config_->access_logs = {};
  for (int i = 0; i < 20; ++i) Get();
  client_.responses.clear();
  int64_t allocations = 0;
  for (int i = 0; i < 50; ++i) {
    client_.Request("GET", "/");
    peer_.Send(client_.TakeOutput());
    const test::AllocationCounter counter;
    Turn();
    allocations += counter.count();
    client_.Receive(Receive());
    client_.responses.clear();  // each holds memory that the server would use again
  }
  EXPECT_EQ(allocations, 0);
  EXPECT_EQ(counters().downstream_rq_2xx.value(), 70u);
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
