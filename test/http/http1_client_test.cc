#include "source/http/http1_client.h"

#include <gtest/gtest.h>

#include <string>

#include "source/base/strings.h"
#include "source/http/websocket.h"
#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

void Upgrade(RequestHead& head) {
  head.upgrade = "websocket";
  head.content_length = 0;
  head.headers.Add("sec-websocket-key", "k");
}

// As a request looks that came over HTTP/2.
void UpgradeWithoutKey(RequestHead& head) {
  head.upgrade = "websocket";
  head.content_length = 0;
}

std::string ValueOf(std::string_view name, const std::string& head) {
  const size_t begin = head.find(base::StrCat("\r\n", name, ": "));
  if (begin == std::string::npos) return {};
  const size_t value = begin + 2 + name.size() + 2;
  return head.substr(value, head.find("\r\n", value) - value);
}

std::string SwitchWithAccept(std::string_view accept) {
  return base::StrCat(kSwitch.substr(0, kSwitch.size() - 2), "Sec-WebSocket-Accept: ", accept,
                      "\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
}

TEST(Http1ClientTest, ServesOneStreamAfterTheOther) {
  ClientHarness client;
  EXPECT_TRUE(client.connection->can_take_stream());
  for (int i = 1; i <= 3; ++i) {
    client.Request("GET", "/x");
    EXPECT_FALSE(client.connection->can_take_stream());
    EXPECT_EQ(client.TakeOutput(), "GET /x HTTP/1.1\r\nhost: upstream\r\n\r\n");
    client.Receive(kOk);
    EXPECT_EQ(client.Summary(), "200 length=2 {} [ok] ended done reusable");
    EXPECT_EQ(client.slots_freed, i);
    EXPECT_EQ(client.done, i);
    EXPECT_EQ(client.connection->streams_served(), static_cast<uint64_t>(i));
  }
  EXPECT_EQ(client.connection_done, 0);
}

TEST(Http1ClientTest, RequestBodies) {
  ClientHarness client;
  client.Request("POST", "/", false, [](RequestHead& head) { head.content_length = 5; });
  client.SendBody("he", false);
  client.SendBody("llo", true);
  EXPECT_EQ(client.TakeOutput(),
            "POST / HTTP/1.1\r\nhost: upstream\r\ncontent-length: 5\r\n\r\nhello");
  client.Receive(kOk);
  client.Request("POST", "/", false);
  client.SendBody("abc", true);
  EXPECT_EQ(client.TakeOutput(),
            "POST / HTTP/1.1\r\nhost: upstream\r\ntransfer-encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\n");
  client.Receive(kOk);
  client.Request("POST", "/");
  EXPECT_EQ(client.TakeOutput(), "POST / HTTP/1.1\r\nhost: upstream\r\ncontent-length: 0\r\n\r\n");
  client.Receive(kOk);
  EXPECT_TRUE(client.connection->is_reusable());
}

TEST(Http1ClientTest, RequestTrailers) {
  Http1ClientOptions options;
  options.enable_trailers = true;
  ClientHarness client(options);
  client.Request("POST", "/", false);
  base::Arena arena;
  HeaderMap trailers(arena);
  trailers.Add("x-a", "b");
  client.TakeOutput();
  client.stream->SendTrailers(trailers);
  EXPECT_EQ(client.TakeOutput(), "0\r\nx-a: b\r\n\r\n");
}

TEST(Http1ClientTest, BodyThatContradictsItsLengthResets) {
  for (const char* body : {"toolong", "x"}) {
    ClientHarness client;
    client.Request("POST", "/", false, [](RequestHead& head) { head.content_length = 3; });
    client.SendBody(body, true);
    EXPECT_EQ(client.error_detail, "http1.request_body_length_mismatch");
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(client.connection_done, 1);
  }
}

TEST(Http1ClientTest, ResponseBodies) {
  ClientHarness client;
  client.Request("GET", "/");
  client.Receive(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(client.Summary(), "200 length=-1 {} [abc] ended done reusable");
  client.Request("HEAD", "/");
  client.Receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.Summary(), "200 length=5 {} [] ended done reusable");
  client.Request("GET", "/");
  client.Receive("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.Summary(), "204 length=-1 {} [] ended done reusable");
  client.Request("GET", "/");
  client.Receive("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_FALSE(client.ended);
  client.ReceiveEnd();
  EXPECT_EQ(client.Summary(), "200 length=-1 {} [until the end] ended done");
  EXPECT_EQ(client.connection_done, 1);
  EXPECT_FALSE(client.is_aborted);
}

TEST(Http1ClientTest, ResponseTrailers) {
  Http1ClientOptions options;
  options.enable_trailers = true;
  ClientHarness client(options);
  client.Request("GET", "/");
  client.Receive(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
      "X: y\r\nHost: z\r\n\r\n");
  EXPECT_EQ(client.Summary(), "200 length=-1 {} trailers=x: y\r\n [a] ended done reusable");
}

TEST(Http1ClientTest, ConnectionCloseIsNotReused) {
  ClientHarness client;
  client.Request("GET", "/");
  client.Receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Summary(), "200 length=0 {} [] ended done");
  EXPECT_EQ(client.slots_freed, 0);
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, SurplusBytesAreNotReused) {
  for (size_t step : {1u, 1000u}) {
    ClientHarness client;
    client.Request("GET", "/");
    client.ReceiveSplit(base::StrCat(kOk, "x"), step);
    EXPECT_EQ(client.Summary(), "200 length=2 {} [ok] ended done");
    EXPECT_EQ(client.connection_done, 1);
  }
}

TEST(Http1ClientTest, BytesOnAnIdleConnectionEndIt) {
  ClientHarness client;
  client.Receive("HTTP/1.1 200 OK\r\n");
  EXPECT_FALSE(client.connection->can_take_stream());
  EXPECT_EQ(client.connection_done, 1);
  EXPECT_EQ(client.unread, "");
}

TEST(Http1ClientTest, IdleConnectionEnds) {
  ClientHarness client;
  client.ReceiveEnd();
  EXPECT_FALSE(client.connection->is_reusable());
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, EarlyResponse) {
  ClientHarness client;
  client.Request("POST", "/", false);
  client.Receive("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.done, 0);
  EXPECT_FALSE(client.connection->is_reusable());
  client.SendBody("rest", true);
  EXPECT_EQ(client.done, 1);
  EXPECT_TRUE(client.connection->is_reusable());

  client.Request("POST", "/", false);
  client.Receive("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
  client.stream->Reset(ResetKind::kCancel);
  EXPECT_EQ(client.done, 2);
  EXPECT_FALSE(client.connection->is_reusable());
  EXPECT_EQ(client.connection_done, 1);

  ClientHarness surplus;
  surplus.Request("POST", "/", false);
  surplus.Receive("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
  surplus.Receive("y");
  surplus.SendBody("rest", true);
  EXPECT_FALSE(surplus.connection->is_reusable());
}

TEST(Http1ClientTest, UpstreamEndsInTheRequestAfterItsResponse) {
  ClientHarness client;
  client.Request("POST", "/", false);
  client.Receive("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
  client.ReceiveEnd();
  EXPECT_EQ(client.error_detail, "http1.upstream_ended_in_request");
  EXPECT_EQ(client.done, 1);
}

TEST(Http1ClientTest, StaleConnectionIsRetryable) {
  ClientHarness fresh;
  fresh.Request("GET", "/");
  fresh.ReceiveEnd();
  EXPECT_EQ(fresh.events, " reset http1.upstream_ended_before_response");
  EXPECT_EQ(fresh.error.kind, ErrorKind::kPeerClosed);
  EXPECT_EQ(fresh.error.side, Side::kUpstream);

  ClientHarness reused;
  reused.Request("GET", "/");
  reused.Receive(kOk);
  reused.Request("GET", "/");
  reused.ReceiveEnd();
  EXPECT_EQ(reused.events, " reset http1.upstream_ended_before_response retryable");

  ClientHarness reset;
  reset.Request("GET", "/");
  reset.Receive(kOk);
  reset.Request("GET", "/");
  reset.connection->OnConnectionLost({ErrorKind::kPeerReset, Side::kUpstream, false, "reset"});
  EXPECT_EQ(reset.events, " reset reset retryable");
  EXPECT_EQ(reset.connection_done, 0);

  ClientHarness begun;
  begun.Request("GET", "/");
  begun.Receive(kOk);
  begun.Request("GET", "/");
  begun.Receive("H");
  begun.ReceiveEnd();
  EXPECT_EQ(begun.events, " reset http1.upstream_ended_before_response");
}

TEST(Http1ClientTest, TruncatedBodies) {
  for (const char* response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    ClientHarness client;
    client.Request("GET", "/");
    client.Receive(response);
    EXPECT_EQ(client.body, "hello");
    client.ReceiveEnd();
    EXPECT_EQ(client.error_detail, "http1.upstream_ended_in_body");
    EXPECT_FALSE(client.ended);
    EXPECT_EQ(client.connection_done, 1);
  }
}

TEST(Http1ClientTest, LostConnectionIsNoEndOfACloseDelimitedBody) {
  ClientHarness client;
  client.Request("GET", "/");
  client.Receive("HTTP/1.1 200 OK\r\n\r\npart");
  client.connection->OnConnectionLost({ErrorKind::kPeerReset, Side::kUpstream, false, "rst"});
  EXPECT_FALSE(client.ended);
  EXPECT_EQ(client.error_detail, "rst");
}

TEST(Http1ClientTest, InformationalResponses) {
  ClientHarness client;
  client.Request("POST", "/", false, [](RequestHead& head) { head.expects_continue = true; });
  EXPECT_TRUE(client.TakeOutput().find("\r\nexpect: 100-continue\r\n") != std::string::npos);
  client.Receive(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  EXPECT_EQ(client.events, "100 {} 103 {link: x\r\n} ");
  client.SendBody("", true);
  client.Receive(kOk);
  EXPECT_EQ(client.Summary(), "100 {} 103 {link: x\r\n} 200 length=2 {} [ok] ended done reusable");
}

TEST(Http1ClientTest, WebSocketTunnel) {
  ClientHarness client;
  client.Request("GET", "/ws", false, Upgrade);
  EXPECT_EQ(client.TakeOutput(),
            "GET /ws HTTP/1.1\r\nhost: upstream\r\nsec-websocket-key: k\r\n"
            "connection: upgrade\r\nupgrade: websocket\r\n\r\n");
  client.SendBody("early", false);
  EXPECT_EQ(client.TakeOutput(), "");  // held until it is accepted
  EXPECT_EQ(client.send_high, 1);
  client.Receive(base::StrCat(kSwitch, "hi"));
  EXPECT_EQ(client.TakeOutput(), "early");
  EXPECT_EQ(client.send_low, 1);
  EXPECT_EQ(client.body, "hi");
  client.SendBody("more", true);
  EXPECT_EQ(client.TakeOutput(), "more");
  EXPECT_TRUE(client.output_ended);
  client.Receive("bye");
  client.ReceiveEnd();
  EXPECT_EQ(client.Summary(), "101 length=-1 {} upgrade=websocket [hibye] ended done");
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, WebSocketWithoutAKeyGetsOne) {
  ClientHarness client;
  client.Request("GET", "/ws", false, UpgradeWithoutKey);
  const std::string first = client.TakeOutput();
  const std::string key = ValueOf("sec-websocket-key", first);
  EXPECT_EQ(key.size(), 24u);
  EXPECT_EQ(ValueOf("sec-websocket-version", first), "13");
  base::Arena arena;
  client.Receive(base::StrCat(SwitchWithAccept(AnswerWebSocketKey(key, arena)), "hi"));
  // The Accept answers our key, not the client's.
  EXPECT_EQ(client.Summary(),
            "101 length=-1 {sec-websocket-protocol: chat\r\n} upgrade=websocket [hi]");

  ClientHarness another;
  another.Request("GET", "/ws", false, UpgradeWithoutKey);
  EXPECT_NE(ValueOf("sec-websocket-key", another.TakeOutput()), key);
}

TEST(Http1ClientTest, WebSocketVersionIsSaidOnce) {
  ClientHarness client;
  client.Request("GET", "/ws", false, [](RequestHead& head) {
    UpgradeWithoutKey(head);
    head.headers.Add("sec-websocket-version", "13");
  });
  const std::string head = client.TakeOutput();
  EXPECT_EQ(head.find("sec-websocket-version"), head.rfind("sec-websocket-version"));
}

TEST(Http1ClientTest, WebSocketAcceptMustAnswerOurKey) {
  const std::string wrong = SwitchWithAccept("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  for (const std::string& response : {wrong, std::string(kSwitch)}) {
    ClientHarness client;
    client.Request("GET", "/ws", false, UpgradeWithoutKey);
    client.Receive(response);
    EXPECT_EQ(client.error_detail, "http1.invalid_websocket_accept");
    EXPECT_FALSE(client.error.retryable);
    EXPECT_EQ(client.connection_done, 1);
  }
}

TEST(Http1ClientTest, OtherUpgradesNeedNoKey) {
  ClientHarness client;
  client.Request("GET", "/", false, [](RequestHead& head) {
    head.upgrade = "proto";
    head.content_length = 0;
  });
  EXPECT_EQ(client.TakeOutput(),
            "GET / HTTP/1.1\r\nhost: upstream\r\nconnection: upgrade\r\nupgrade: proto\r\n\r\n");
}

TEST(Http1ClientTest, TunnelWhoseUpstreamEndsFirst) {
  ClientHarness client;
  client.Request("GET", "/ws", false, Upgrade);
  client.Receive(kSwitch);
  client.ReceiveEnd();
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.done, 0);
  client.TakeOutput();
  client.SendBody("rest", true);
  EXPECT_EQ(client.TakeOutput(), "rest");
  EXPECT_EQ(client.done, 1);
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, RefusedUpgradeDropsItsPayload) {
  ClientHarness client;
  client.Request("GET", "/ws", false, Upgrade);
  client.TakeOutput();
  client.SendBody("GET / HTTP/1.1\r\n\r\n", false);
  client.Receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(client.TakeOutput(), "");
  EXPECT_EQ(client.Summary(), "200 length=2 {} [no] ended done");
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, ConnectTunnel) {
  ClientHarness client;
  client.Request("CONNECT", "", false);
  EXPECT_EQ(client.TakeOutput(), "CONNECT upstream HTTP/1.1\r\nhost: upstream\r\n\r\n");
  client.SendBody("early", false);
  EXPECT_EQ(client.TakeOutput(), "");
  client.Receive("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
  EXPECT_EQ(client.TakeOutput(), "early");
  EXPECT_EQ(client.body, "abcdef");
  EXPECT_FALSE(client.ended);
}

TEST(Http1ClientTest, PauseAndResume) {
  ClientHarness client;
  client.on_head = [&client] { client.stream->PauseReceiving(); };
  client.Request("GET", "/");
  client.Receive(kOk);
  EXPECT_EQ(client.body, "");
  EXPECT_EQ(client.pauses, 1);
  client.stream->ResumeReceiving();
  EXPECT_EQ(client.Summary(), "200 length=2 {} [ok] ended done reusable");
  EXPECT_EQ(client.pauses, 0);
}

TEST(Http1ClientTest, ResetEndsTheConnection) {
  ClientHarness client;
  client.Request("GET", "/");
  client.stream->Reset(ResetKind::kCancel);
  EXPECT_EQ(client.done, 1);
  EXPECT_EQ(client.connection_done, 1);
  EXPECT_TRUE(client.is_aborted);
  EXPECT_EQ(client.events, "");
  client.Receive(kOk);
  EXPECT_EQ(client.unread, "");
  EXPECT_EQ(client.events, "");
}

TEST(Http1ClientTest, ResetFromInsideACallback) {
  ClientHarness client;
  client.on_head = [&client] {
    client.stream->Reset(ResetKind::kCancel);
    EXPECT_EQ(client.done, 0);
  };
  client.Request("GET", "/");
  client.Receive(kOk);
  EXPECT_EQ(client.done, 1);
  EXPECT_EQ(client.body, "");
  EXPECT_EQ(client.connection_done, 1);
}

TEST(Http1ClientTest, AnswerBeforeTheQuestion) {
  Http1ClientOptions options;
  ClientHarness client(options);
  base::Arena arena;
  client.connection->NewStream(client, arena);
  client.Receive(kOk);
  EXPECT_EQ(client.events, " reset http1.unsolicited_response retryable");
}

TEST(Http1ClientTest, Watermarks) {
  ClientHarness client;
  client.connection->OnOutputHigh();
  client.Request("GET", "/");
  client.connection->OnOutputHigh();
  client.connection->OnOutputLow();
  EXPECT_EQ(client.send_high, 1);
  EXPECT_EQ(client.send_low, 1);
}

}  // namespace
}  // namespace weir::http
