#include "source/extensions/network_filters/http_connection_manager/http_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/extensions/network_filters/http_connection_manager/hcm_fixture.h"

namespace weir::extensions::http_connection_manager {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kPost[] = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n";
constexpr char kUpgrade[] =
    "GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class HttpStreamTest : public HcmFixture {
 protected:
  HttpStreamTest() { backend_.answers = false; }
};

TEST_F(HttpStreamTest, TheRequestIsPreparedBeforeFiltersSeeIt) {
  Send("GET /a/../b HTTP/1.1\r\nhost: a\r\nx-envoy-retry-on: 5xx\r\n\r\n");
  const http::RequestHead& head = terminal().head();
  EXPECT_EQ(head.path, "/b");
  EXPECT_EQ(head.headers.Value("x-forwarded-for"), "192.0.2.5");
  EXPECT_EQ(head.headers.Value("x-forwarded-proto"), "http");
  EXPECT_EQ(head.headers.Value("x-request-id").size(), 36u);
  EXPECT_FALSE(head.headers.Has(http::HeaderId::kXEnvoyRetryOn));
}

TEST_F(HttpStreamTest, TheResponseSaysWhoAndWhen) {
  config_->via = "1.1 weir";
  config_->always_set_request_id_in_response = true;
  Send(kGet);
  const std::string id(terminal().head().headers.Value("x-request-id"));
  terminal().SendHead(200, true, 0, "backend/1");
  Turn();
  const std::string reply = Receive();
  EXPECT_THAT(reply, HasSubstr("server: weir\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("backend/1")));
  EXPECT_THAT(reply, HasSubstr("date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"));
  EXPECT_THAT(reply, HasSubstr("via: 1.1 weir\r\n"));
  EXPECT_THAT(reply, HasSubstr("x-request-id: " + id + "\r\n"));
}

TEST_F(HttpStreamTest, TheServersNameIsKeptWhereAsked) {
  config_->server_header = ServerHeader::kAppendIfAbsent;
  Send(kGet);
  terminal().SendHead(200, true, 0, "backend/1");
  Turn();
  EXPECT_THAT(Receive(), HasSubstr("server: backend/1\r\n"));
  config_->server_header = ServerHeader::kPassThrough;
  Send(kGet);
  terminal().Reply(200);
  Turn();
  EXPECT_THAT(Receive(), Not(HasSubstr("server:")));
}

TEST_F(HttpStreamTest, APathThatCannotBeTrustedIs400) {
  const std::string reply = Ask("GET /a%2fb HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Journal(), "over") << "filters never see it";
  EXPECT_EQ(counters().downstream_rq_failed_path_normalization.value(), 1u);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], EndsWith(" DPE"));
}

TEST_F(HttpStreamTest, APathCanBeRedirectedToItsCanonicalForm) {
  config_->path.escaped_slashes = http::EscapedSlashAction::kRedirect;
  const std::string reply = Ask("GET /a%2fb?q HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 307 "));
  EXPECT_THAT(reply, HasSubstr("location: /a/b?q\r\n"));
}

TEST_F(HttpStreamTest, SilenceIs504OnceTheRequestIsThere) {
  Send(kGet);
  Advance(299'999);
  EXPECT_EQ(Receive(), "");
  Advance(1);
  const std::string reply = Receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(reply, EndsWith("stream timeout"));
  EXPECT_THAT(log_, ElementsAre("504 stream_idle_timeout SI"));
}

TEST_F(HttpStreamTest, ABodyThatStopsComingIs408) {
  Send(kPost);
  Advance(59'999);
  Send("12");
  Advance(59'999);
  EXPECT_EQ(Receive(), "");
  Advance(1);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(log_, ElementsAre("408 stream_idle_timeout SI"));
}

TEST_F(HttpStreamTest, TheRoutesIdleTimeoutComesFirst) {
  UseRouteAction("idle_timeout { seconds: 1 }");
  Send(kGet);
  Advance(1'000);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 504 "));
}

TEST_F(HttpStreamTest, SilenceInTheMiddleOfAResponseBreaksIt) {
  Send(kGet);
  terminal().SendHead(200, false, 10);
  Turn();
  Advance(300'000);
  EXPECT_TRUE(is_over_ || connection_->is_closing());
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], StartsWith("200 stream_idle_timeout"));
}

TEST_F(HttpStreamTest, ARequestMayTakeOnlySoLong) {
  config_->request_timeout_ms = 2'000;
  Send(kPost);
  Advance(1'999);
  EXPECT_EQ(Receive(), "");
  Advance(1);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(counters().downstream_rq_timeout.value(), 1u);
}

TEST_F(HttpStreamTest, ACompleteRequestIsNotTimedOut) {
  config_->request_timeout_ms = 2'000;
  Send(kGet);
  Advance(60'000);
  terminal().Reply(200);
  Turn();
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpStreamTest, AStreamMayLastOnlySoLong) {
  config_->max_stream_duration_ms = 5'000;
  Send(kGet);
  Advance(5'000);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(log_, ElementsAre("504 max_duration_timeout DT"));
}

TEST_F(HttpStreamTest, TheRoutesLimitReplacesTheManagers) {
  config_->max_stream_duration_ms = 5'000;
  UseRouteAction("max_stream_duration { max_stream_duration { seconds: 60 } }");
  Send(kGet);
  Advance(5'000);
  EXPECT_EQ(Receive(), "");
  Advance(55'000);
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 504 "));
}

TEST_F(HttpStreamTest, AnExpectationIsMetAtOnce) {
  const std::string reply =
      Ask("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 100 "));
  Send("body");
  terminal().Reply(200);
  Turn();
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpStreamTest, AnExpectationIsLeftToTheUpstreamWhereAsked) {
  config_->proxy_100_continue = true;
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"),
            "");
  EXPECT_TRUE(terminal().head().expects_continue);
  http::ResponseHead informational(terminal().its_stream().arena());
  informational.status = 100;
  terminal().its_stream().SendInformational(informational);
  Turn();
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 100 "));
}

TEST_F(HttpStreamTest, AnExpectationThatIsRefusedGetsNoContinue) {
  backend_.on_head = [](TestTerminal& terminal, bool) { terminal.Reply(413); };
  const std::string reply =
      Ask("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpStreamTest, AnUpgradeThatNobodyAllowsIs403) {
  EXPECT_THAT(Ask(kUpgrade), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(Journal(), "over");
  EXPECT_EQ(counters().downstream_rq_ws_on_non_ws_route.value(), 1u);
}

TEST_F(HttpStreamTest, AnUpgradeBecomesATunnel) {
  config_->upgrades["websocket"] = true;
  Open(/*is_tcp=*/true);
  Send(kUpgrade);
  ASSERT_TRUE(TurnUntil([&] { return backend_.current != nullptr; }));
  terminal().echoes = true;
  terminal().SendHead(101, false);
  std::string got;
  TurnUntil([&] { return (got += Receive()).ends_with("\r\n\r\n"); });
  EXPECT_THAT(got, StartsWith("HTTP/1.1 101 "));
  got = Ask("ping");
  TurnUntil([&] { return (got += Receive()).size() >= 4; });
  EXPECT_EQ(got, "ping");
  EXPECT_EQ(counters().downstream_cx_upgrades_active.value(), 1);
  peer_.Reset();
  EXPECT_TRUE(TurnUntil([&] { return is_over_; }));
  EXPECT_EQ(counters().downstream_cx_upgrades_active.value(), 0);
  EXPECT_EQ(log_.size(), 1u);
}

TEST_F(HttpStreamTest, AnUpgradeThatTheUpstreamDeclinesIsAnOrdinaryResponse) {
  config_->upgrades["websocket"] = true;
  Send(kUpgrade);
  terminal().Reply(200, "no");
  Turn();
  EXPECT_THAT(Receive(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counters().downstream_cx_upgrades_total.value(), 0u);
}

TEST_F(HttpStreamTest, TheRouteCanForbidAnUpgrade) {
  config_->upgrades["websocket"] = true;
  UseRouteAction("upgrade_configs { upgrade_type: \"websocket\" enabled { value: false } }");
  EXPECT_THAT(Ask(kUpgrade), StartsWith("HTTP/1.1 403 "));
}

TEST_F(HttpStreamTest, ConnectMakesNoTunnelUnlessAllowed) {
  backend_.answers = true;
  const std::string reply = Ask("CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n");
  EXPECT_THAT(reply, Not(StartsWith("HTTP/1.1 200"))) << Journal();
}

TEST_F(HttpStreamTest, AResetBeforeTheResponseClosesTheConnection) {
  Send(kGet);
  terminal().Reset();
  Turn();
  EXPECT_EQ(Receive(), "");
  EXPECT_TRUE(peer_.ended() || peer_.error() != 0);
  EXPECT_THAT(log_, ElementsAre("0 broke UR"));
  EXPECT_EQ(counters().downstream_rq_tx_reset.value(), 1u);
}

TEST_F(HttpStreamTest, AResetInTheMiddleOfAResponseIsSeenByThePeer) {
  Send(kGet);
  terminal().SendHead(200, false);
  terminal().SendBody("part", false);
  Turn();
  terminal().Reset();
  Turn();
  EXPECT_THAT(Receive(), Not(EndsWith("0\r\n\r\n")));
  EXPECT_TRUE(peer_.ended() || peer_.error() != 0);
  EXPECT_THAT(log_, ElementsAre("200 broke UR"));
}

TEST_F(HttpStreamTest, ASlowReaderHoldsTheResponseUp) {
  Send(kGet);
  terminal().SendHead(200, false);
  for (int i = 0; i < 64; ++i) {
    terminal().SendBody(std::string(16 * 1024, 'x'), false);
    Turn(1);
  }
  EXPECT_THAT(Journal(), HasSubstr("high"));
  for (int i = 0; i < 200; ++i) {
    Receive();
    Turn(1);
  }
  EXPECT_THAT(Journal(), HasSubstr("low"));
}

TEST_F(HttpStreamTest, ASenderIsPausedWhileTheFilterTakesNothing) {
  Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n");
  terminal().its_stream().PauseRequestBody();
  Journal();
  Send(std::string(1000, 'x'));
  EXPECT_EQ(Journal(), "");
  terminal().its_stream().ResumeRequestBody();
  Turn();
  EXPECT_THAT(Journal(), StartsWith("body x"));
}

TEST_F(HttpStreamTest, InternalFieldsOfTheTableCountOnlyFromInside) {
  UseRoutes(
      "internal_only_headers: \"x-secret\" virtual_hosts { name: \"v\" domains: \"*\" "
      "routes { match { prefix: \"/\" headers { name: \"x-secret\" "
      "string_match { exact: \"1\" } } } direct_response { status: 418 } } "
      "routes { match { prefix: \"/\" } route { cluster: \"web\" } } }");
  Send("GET / HTTP/1.1\r\nhost: a\r\nx-secret: 1\r\n\r\n");
  EXPECT_FALSE(terminal().head().headers.Find("x-secret"));
}

TEST_F(HttpStreamTest, TheRouteIsFoundAndItsTablePinned) {
  Send(kGet);
  EXPECT_NE(terminal().its_stream().route(), nullptr);
  const routing::RouteTable* pinned = terminal().its_stream().route_table();
  UseRoutes("virtual_hosts { name: \"new\" domains: \"*\" }");
  EXPECT_EQ(terminal().its_stream().route_table(), pinned);
  terminal().Reply(200);
  Turn();
  Send(kGet);
  EXPECT_EQ(terminal().its_stream().route(), nullptr);
}

TEST_F(HttpStreamTest, AManagerWhoseTableNeverCameFindsNoRoute) {
  config_->routes = std::make_shared<filter::RouteTableHandle>(nullptr);
  Send(kGet);
  EXPECT_EQ(terminal().its_stream().route(), nullptr);
  EXPECT_EQ(terminal().its_stream().route_table(), nullptr);
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
