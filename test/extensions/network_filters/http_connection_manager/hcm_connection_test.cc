#include "source/extensions/network_filters/http_connection_manager/hcm_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/extensions/network_filters/http_connection_manager/hcm_fixture.h"
#include "test/support/allocation_counter.h"

namespace weir::extensions::http_connection_manager {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HcmConnectionTest : public HcmFixture {};

TEST_F(HcmConnectionTest, ServesOneRequestAfterAnother) {
  for (int i = 0; i < 3; ++i) {
    const std::string reply = Ask(kGet);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(reply, EndsWith("\r\n\r\nok"));
    EXPECT_THAT(reply, Not(HasSubstr("connection:")));
  }
  EXPECT_EQ(counters().downstream_cx_total.value(), 1u);
  EXPECT_EQ(counters().downstream_rq_total.value(), 3u);
  EXPECT_EQ(counters().downstream_rq_2xx.value(), 3u);
  EXPECT_EQ(counters().downstream_rq_active.value(), 0);
  EXPECT_EQ(counters().downstream_cx_active.value(), 1);
  EXPECT_THAT(log_, ElementsAre("200  -", "200  -", "200  -"));
}

TEST_F(HcmConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  backend_.on_head = [](TestTerminal& terminal, bool) {
    terminal.Reply(200, terminal.head().path);
  };
  backend_.answers = false;
  const std::string reply =
      Ask("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
  const size_t first = reply.find("\r\n\r\n/1"), second = reply.find("\r\n\r\n/2");
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
}

TEST_F(HcmConnectionTest, ASteadyRequestAllocatesNothing) {
  backend_.keeps_journal = false;
  config_->access_logs = {};
  for (int i = 0; i < 20; ++i) Send(kGet);
  Receive();
  const test::AllocationCounter counter;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(peer_.Send(kGet), sizeof(kGet) - 1);
    Turn();
  }
  EXPECT_EQ(counter.count(), 0);
  EXPECT_EQ(counters().downstream_rq_2xx.value(), 70u);
}

TEST_F(HcmConnectionTest, IdleConnectionsAreClosed) {
  Ask(kGet);
  Advance(299'999);
  EXPECT_FALSE(is_over_);
  Advance(1);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(Receive(), "");
  EXPECT_TRUE(peer_.ended());
  EXPECT_EQ(counters().downstream_cx_idle_timeout.value(), 1u);
}

TEST_F(HcmConnectionTest, AHeadThatComesTooSlowlyIs408) {
  Send("GET / HTTP/1.1\r\nhost:");
  Advance(9'999);
  EXPECT_EQ(Receive(), "");
  Send(" a\r\n");
  Advance(1);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(log_, ElementsAre("408 request_header_timeout DPE"));
  EXPECT_EQ(counters().downstream_rq_header_timeout.value(), 1u);
}

TEST_F(HcmConnectionTest, EachHeadHasItsOwnTime) {
  for (int i = 0; i < 3; ++i) {
    Send("GET / HTTP/1.1\r\n");
    Advance(6'000);
    EXPECT_THAT(Ask("host: a\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(HcmConnectionTest, BadRequestsAreAnsweredAndLogged) {
  const std::string reply = Ask("GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(reply, HasSubstr("connection: close\r\n"));
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], StartsWith("400 http1."));
  EXPECT_THAT(log_[0], EndsWith(" DPE"));
  EXPECT_EQ(counters().downstream_cx_protocol_error.value(), 1u);
  EXPECT_EQ(counters().downstream_rq_4xx.value(), 1u);
}

TEST_F(HcmConnectionTest, AHeadThatIsTooLargeIs431) {
  config_->http1.limits.max_head_bytes = 1024;
  const std::string reply =
      Ask("GET / HTTP/1.1\r\nhost: a\r\nx: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(counters().downstream_rq_too_large.value(), 1u);
}

TEST_F(HcmConnectionTest, DrainingTellsTheNextResponse) {
  Ask(kGet);
  filter_->OnDrain();
  Turn();
  EXPECT_FALSE(is_over_) << "a request may be on its way";
  EXPECT_THAT(Ask(kGet), HasSubstr("connection: close\r\n"));
  peer_.Close();
  Turn();
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmConnectionTest, DrainingEndsAnIdleConnectionAfterItsTimeout) {
  Ask(kGet);
  filter_->OnDrain();
  Advance(4'999);
  EXPECT_FALSE(is_over_);
  Advance(1);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(counters().downstream_cx_drain_close.value(), 1u);
}

TEST_F(HcmConnectionTest, DrainingWithoutPatienceClosesAnIdleConnectionAtOnce) {
  config_->drain_timeout_ms = 0;
  Ask(kGet);
  filter_->OnDrain();
  Advance(1);
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmConnectionTest, DrainingLetsTheRunningRequestFinish) {
  backend_.answers = false;
  Send(kGet);
  filter_->OnDrain();
  Advance(60'000);
  terminal().Reply(200, "late");
  Turn();
  const std::string reply = Receive();
  EXPECT_THAT(reply, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(reply, EndsWith("late"));
  EXPECT_TRUE(peer_.ended());
}

TEST_F(HcmConnectionTest, ADrainingListenersConnectionsCloseAfterTheirResponse) {
  is_draining_ = true;
  EXPECT_THAT(Ask(kGet), HasSubstr("connection: close\r\n"));
}

TEST_F(HcmConnectionTest, TheLastRequestAllowedClosesTheConnection) {
  config_->max_requests_per_connection = 2;
  EXPECT_THAT(Ask(kGet), Not(HasSubstr("connection: close")));
  EXPECT_THAT(Ask(kGet), HasSubstr("connection: close\r\n"));
}

TEST_F(HcmConnectionTest, AnOldConnectionDrains) {
  config_->max_connection_duration_ms = 1'000;
  Ask(kGet);
  Advance(1'000);
  EXPECT_THAT(Ask(kGet), HasSubstr("connection: close\r\n"));
  EXPECT_EQ(counters().downstream_cx_max_duration_reached.value(), 1u);
}

TEST_F(HcmConnectionTest, APeerThatGoesAwayEndsItsStream) {
  backend_.answers = false;
  Open(/*is_tcp=*/true);
  Send(kGet);
  ASSERT_TRUE(TurnUntil([&] { return backend_.current != nullptr; }));
  peer_.Reset();
  EXPECT_TRUE(TurnUntil([&] { return is_over_; }));
  EXPECT_EQ(Journal(), "GET /, end, over");
  EXPECT_THAT(log_, ElementsAre("0 downstream_remote_disconnect DC"));
  EXPECT_EQ(counters().downstream_cx_destroy_remote_active_rq.value(), 1u);
  EXPECT_EQ(counters().downstream_rq_active.value(), 0);
}

TEST_F(HcmConnectionTest, APeerThatHasNothingMoreToSayStillGetsItsAnswer) {
  backend_.answers = false;
  Send(kGet);
  peer_.ShutdownWrite();
  Turn();
  terminal().Reply(200, "late");
  Turn();
  EXPECT_THAT(Receive(), EndsWith("late"));
  EXPECT_TRUE(peer_.ended());
}

TEST_F(HcmConnectionTest, AnIdleConnectionEndsWithItsPeer) {
  Ask(kGet);
  peer_.ShutdownWrite();
  Turn();
  EXPECT_TRUE(is_over_);
}

TEST_F(HcmConnectionTest, TheLastBytesAreNotWaitedForWithoutADelayedClose) {
  config_->delayed_close_ms = 0;
  EXPECT_THAT(Ask("GET / HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  EXPECT_TRUE(is_over_);
}

class EarlyResponseTest : public HcmConnectionTest {
 protected:
  EarlyResponseTest() {
    backend_.answers = false;
    Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345");
  }
};

TEST_F(EarlyResponseTest, TheRestOfTheBodyIsDroppedAndTheConnectionGoesOn) {
  terminal().Reply(413);
  Turn();
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 413 "));
  backend_.answers = true;
  EXPECT_THAT(Ask(absl::StrCat("67890", kGet)), StartsWith("HTTP/1.1 200 "));
}

TEST_F(EarlyResponseTest, ASenderThatStallsIsNotWaitedForLong) {
  terminal().Reply(413);
  Advance(999);
  EXPECT_FALSE(connection_->is_closing());
  Advance(1);
  EXPECT_TRUE(connection_ == nullptr || connection_->is_closing());
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
