#include "source/http/http1_server.h"

#include <gtest/gtest.h>

#include "test/http/codec_harness.h"
#include "test/http/server_messages.h"

namespace weir::http {
namespace {

TEST(Http1ServerTest, KeepsAlive) {
  ServerHarness server;
  for (int i = 0; i < 3; ++i) {
    server.Receive(kGet);
    EXPECT_EQ(server.TakeOutput(), kOk);
  }
  EXPECT_EQ(server.requests.size(), 3u);
  EXPECT_FALSE(server.done);
  EXPECT_FALSE(server.connection->has_streams());
  EXPECT_EQ(server.unread, "");
}

TEST(Http1ServerTest, Bodies) {
  ServerHarness server;
  server.Receive(Post("Content-Length: 5\r\n", "hello"));
  EXPECT_EQ(server.last()->body, "hello");
  EXPECT_EQ(server.last()->content_length, 5);
  server.ReceiveSplit(Post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), 1);
  EXPECT_EQ(server.last()->body, "abc");
  EXPECT_EQ(server.last()->content_length, -1);
  server.Receive(Post("Content-Length: 0\r\n", ""));
  EXPECT_TRUE(server.last()->ended);
  EXPECT_EQ(server.TakeOutput(), std::string(kOk) + std::string(kOk) + std::string(kOk));
}

TEST(Http1ServerTest, BodyArrivesAsItComes) {
  ServerHarness server;
  server.Receive(Post("Content-Length: 4\r\n", "ab"));
  EXPECT_EQ(server.last()->body, "ab");
  EXPECT_FALSE(server.last()->ended);
  server.Receive("cd");
  EXPECT_EQ(server.last()->body, "abcd");
  EXPECT_TRUE(server.last()->done);
}

TEST(Http1ServerTest, Trailers) {
  const std::string post =
      Post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nX-Sum: 1\r\nHost: b\r\n\r\n");
  ServerHarness dropping;
  dropping.Receive(post);
  EXPECT_EQ(dropping.last()->trailers, "");
  EXPECT_TRUE(dropping.last()->ended);
  Http1ServerOptions options;
  options.enable_trailers = true;
  ServerHarness keeping(options);
  keeping.Receive(post);
  EXPECT_EQ(keeping.last()->trailers, "x-sum: 1\r\n");
  EXPECT_EQ(keeping.TakeOutput(), kOk);
}

TEST(Http1ServerTest, PipelinedRequestsAreServedInOrder) {
  for (bool can_yield : {true, false}) {
    ServerHarness server;
    server.can_yield = can_yield;
    std::string pipeline;
    std::string replies;
    for (int i = 0; i < 100; ++i) {
      pipeline += kGet;
      replies += kOk;
    }
    server.Receive(pipeline);
    EXPECT_EQ(server.requests.size(), 100u);
    EXPECT_EQ(server.TakeOutput(), replies);
    EXPECT_EQ(server.unread, "");
    EXPECT_EQ(server.yields, can_yield ? 9 : 0);  // ten a turn
  }
}

TEST(Http1ServerTest, NextRequestWaitsForTheResponse) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  EXPECT_EQ(server.pauses, 0);  // nothing waits, so a reset can be noticed
  server.Receive(kGet);
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_EQ(server.unread, kGet);
  EXPECT_EQ(server.pauses, 1);
  server.Reply(200, "ok");
  EXPECT_EQ(server.pauses, 0);
  EXPECT_EQ(server.requests.size(), 2u);
  EXPECT_EQ(server.unread, "");
}

TEST(Http1ServerTest, NoRequestIsReadWhileOutputIsHigh) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  server.connection->OnOutputHigh();
  EXPECT_EQ(server.last()->send_high, 1);
  server.Reply(200, "ok");
  server.Receive(kGet);
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_EQ(server.pauses, 1);
  server.connection->OnOutputLow();
  EXPECT_EQ(server.requests.size(), 2u);
  server.connection->OnOutputHigh();
  server.connection->OnOutputLow();
  EXPECT_EQ(server.last()->send_low, 1);
}

TEST(Http1ServerTest, ResponseFraming) {
  ServerHarness server;
  server.on_end = [](SeenRequest& request) {
    SendHead(request, 200, -1, false);
    SendBody(request, "hello", false);
    SendBody(request, "", true);
  };
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  server.on_end = [](SeenRequest& request) { SendHead(request, 204, -1, true); };
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 204 No Content\r\n\r\n");
  server.on_end = [](SeenRequest& request) { SendHead(request, 304, 7, true); };
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
  server.on_end = [](SeenRequest& request) { SendHead(request, 200, -1, true); };
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  server.on_end = [](SeenRequest& request) {
    SendHead(request, 200, 5, false);
    SendBody(request, "hello", true);
  };
  server.Receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  EXPECT_FALSE(server.done);
}

TEST(Http1ServerTest, ResponseTrailers) {
  Http1ServerOptions options;
  options.enable_trailers = true;
  ServerHarness server(options);
  server.on_end = [](SeenRequest& request) {
    SendHead(request, 200, -1, false);
    base::Arena arena;
    HeaderMap trailers(arena);
    trailers.Add("grpc-status", "0");
    request.stream->SendTrailers(trailers);
  };
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\ngrpc-status: 0\r\n\r\n");
}

TEST(Http1ServerTest, ResponseThatContradictsItsLengthEndsTheConnection) {
  for (const char* body : {"toolong", "x"}) {
    ServerHarness server;
    server.on_end = [body](SeenRequest& request) {
      SendHead(request, 200, 3, false);
      SendBody(request, body, true);
    };
    server.Receive(kGet);
    EXPECT_TRUE(server.last()->done);
    EXPECT_TRUE(server.done);
    EXPECT_LT(server.TakeOutput().size(),
              std::string_view("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nxxx").size());
  }
}

TEST(Http1ServerTest, ConnectionClose) {
  ServerHarness server;
  server.Receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + std::string(kGet));
  EXPECT_EQ(server.TakeOutput(), kOkClose);
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(server.lingers);
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_EQ(server.unread, "");
}

TEST(Http1ServerTest, TimeoutReplyCloses) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  server.Reply(408, "ok");
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 408 Request Timeout\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, Http10) {
  Http1ServerOptions options;
  options.accept_http_10 = true;
  {
    ServerHarness server(options);
    server.Receive("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    EXPECT_EQ(server.TakeOutput(),
              "HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    EXPECT_TRUE(server.done);
  }
  {
    ServerHarness server(options);
    server.Receive("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(server.TakeOutput(),
              "HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok");
    EXPECT_FALSE(server.done);
    server.on_end = [](SeenRequest& request) {
      base::Arena arena;
      ResponseHead early(arena);
      early.status = 103;
      request.stream->SendInformational(early);
      SendHead(request, 200, -1, false);
      SendBody(request, "x", true);
    };
    server.Receive("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(server.TakeOutput(), "HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nx");
    EXPECT_TRUE(server.done);
  }
}

TEST(Http1ServerTest, BrokenOffCloseDelimitedResponseIsNotTakenForWhole) {
  Http1ServerOptions options;
  options.accept_http_10 = true;
  ServerHarness server(options);
  server.on_end = nullptr;
  server.Receive("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  SendHead(*server.last(), 200, -1, false);
  SendBody(*server.last(), "part", false);
  server.last()->stream->Reset(ResetKind::kInternal);
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.aborted);
  EXPECT_FALSE(server.done);
}

TEST(Http1ServerTest, BrokenOffChunkedResponseHasNoLastChunk) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  SendHead(*server.last(), 200, -1, false);
  SendBody(*server.last(), "part", false);
  server.last()->stream->Reset(ResetKind::kInternal);
  EXPECT_EQ(server.last()->error, "");  // a reset of one's own is no news
  EXPECT_TRUE(server.done);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n");
}

TEST(Http1ServerTest, ExpectContinue) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) {
    base::Arena arena;
    ResponseHead head(arena);
    head.status = 100;
    request.stream->SendInformational(head);
    request.stream->SendInformational(head);  // only one goes out
  };
  server.Receive(Post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""));
  EXPECT_TRUE(server.last()->expects_continue);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 100 Continue\r\n\r\n");
  server.Receive("hi");
  EXPECT_EQ(server.TakeOutput(), kOk);
  EXPECT_FALSE(server.done);
  server.Receive(kGet);  // nobody waits for a 100 here
  EXPECT_EQ(server.TakeOutput(), kOk);
}

TEST(Http1ServerTest, EarlyReplyToAWithheldBodyCloses) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest&) { server.Reply(403, "no"); };
  server.Receive(Post("Expect: 100-continue\r\nContent-Length: 50\r\n", "") + std::string(kGet));
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(server.lingers);
  EXPECT_EQ(server.requests.size(), 1u);
}

TEST(Http1ServerTest, EarlyReplyDrainsAShortBody) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest& request) {
    if (request.method == "POST") server.Reply(403, "no");
  };
  // What is in the body would be a request if it were not drained.
  server.Receive(Post("Content-Length: " + std::to_string(kGet.size()) + "\r\n", ""));
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.connection->is_draining_body());
  server.ReceiveSplit(std::string(kGet) + std::string(kGet), 3);
  EXPECT_EQ(server.requests.size(), 2u);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno" + std::string(kOk));
  EXPECT_FALSE(server.done);
}

TEST(Http1ServerTest, EarlyReplyDrainsNoLongBody) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest&) { server.Reply(403, ""); };
  server.Receive(Post("Content-Length: 100000\r\n", ""));
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(server.lingers);
}

TEST(Http1ServerTest, EarlyReplyDrainsNotForever) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest&) { server.Reply(403, "no"); };
  server.Receive(Post("Transfer-Encoding: chunked\r\n", ""));
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 3; ++i) server.Receive(chunk);
  EXPECT_FALSE(server.done);
  for (int i = 0; i < 2; ++i) server.Receive(chunk);
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(server.lingers);
}

TEST(Http1ServerTest, ResponseMayOvertakeTheRequest) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) { SendHead(request, 200, -1, false); };
  server.on_body = [](SeenRequest& request) { SendBody(request, "got it ", request.ended); };
  server.on_end = nullptr;
  server.Receive(Post("Content-Length: 4\r\n", "ab"));
  server.Receive("cd");
  EXPECT_TRUE(server.last()->done);
  EXPECT_FALSE(server.done);
}

TEST(Http1ServerTest, BadBodyIsAnsweredWhenNothingWasYet) {
  ServerHarness server;
  server.Receive(Post("Transfer-Encoding: chunked\r\n", "1\r\nA0\r\n\r\n"));
  EXPECT_EQ(server.last()->error, "reset http1.invalid_chunk_end");
  EXPECT_TRUE(server.last()->done);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(server.lingers);
}

TEST(Http1ServerTest, BadBodyBreaksOffARunningResponse) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) { SendHead(request, 200, -1, false); };
  server.Receive(Post("Transfer-Encoding: chunked\r\n", "zz\r\n"));
  EXPECT_EQ(server.last()->error, "reset http1.invalid_chunk_size");
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, PauseAndResume) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) {
    request.stream->PauseReceiving();
    request.stream->PauseReceiving();
  };
  server.Receive(Post("Content-Length: 5\r\n", "hello"));
  EXPECT_EQ(server.last()->body, "");
  EXPECT_EQ(server.pauses, 1);
  EXPECT_EQ(server.unread, "hello");
  server.last()->stream->ResumeReceiving();
  EXPECT_EQ(server.pauses, 1);
  server.last()->stream->ResumeReceiving();
  EXPECT_EQ(server.last()->body, "hello");
  EXPECT_EQ(server.TakeOutput(), kOk);
}

TEST(Http1ServerTest, PausesEndWithTheirStream) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest& request) {
    request.stream->PauseReceiving();
    server.Reply(200, "ok");
  };
  server.Receive(Post("Content-Length: 5\r\n", "hello"));
  EXPECT_TRUE(server.last()->done);
  EXPECT_EQ(server.pauses, 0);
  EXPECT_EQ(server.unread, "");
}

TEST(Http1ServerTest, PeerEndsWhenIdleOrInAHead) {
  for (std::string_view bytes : {"", "GET / HT"}) {
    ServerHarness server;
    server.Receive(bytes);
    EXPECT_EQ(server.connection->is_reading_head(), !bytes.empty());
    server.ReceiveEnd();
    EXPECT_TRUE(server.done);
    EXPECT_FALSE(server.lingers);
    EXPECT_EQ(server.TakeOutput(), "");
  }
}

TEST(Http1ServerTest, PeerEndsInABody) {
  ServerHarness server;
  server.Receive(Post("Content-Length: 10\r\n", "hello"));
  server.ReceiveEnd();
  EXPECT_EQ(server.last()->error, "reset http1.downstream_ended_in_body");
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.done);
  EXPECT_EQ(server.TakeOutput(), "");
}

TEST(Http1ServerTest, HalfClosedPeerStillGetsItsResponse) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  server.ReceiveEnd();
  EXPECT_FALSE(server.done);
  server.Reply(200, "ok");
  EXPECT_EQ(server.TakeOutput(), kOkClose);
  EXPECT_TRUE(server.done);
  EXPECT_FALSE(server.lingers);
}

TEST(Http1ServerTest, LostConnectionResetsTheStream) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  server.connection->OnConnectionLost(
      {ErrorKind::kPeerReset, Side::kDownstream, false, "downstream.reset"});
  EXPECT_EQ(server.last()->error, "reset downstream.reset");
  EXPECT_TRUE(server.last()->done);
  EXPECT_FALSE(server.done);  // its owner knows
  server.connection->OnConnectionLost({});
}

TEST(Http1ServerTest, DrainsAtOnceWhenIdle) {
  ServerHarness server;
  server.connection->Drain();
  EXPECT_TRUE(server.done);
  server.Receive(kGet);
  EXPECT_TRUE(server.requests.empty());
  EXPECT_EQ(server.unread, "");
}

TEST(Http1ServerTest, DrainsAfterTheCurrentRequest) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kGet);
  server.connection->Drain();
  EXPECT_FALSE(server.done);
  server.Reply(200, "ok");
  EXPECT_EQ(server.TakeOutput(), kOkClose);
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, DrainsAfterARequestThatHasBegun) {
  ServerHarness server;
  server.Receive(kGet.substr(0, 10));
  server.connection->Drain();
  EXPECT_FALSE(server.done);
  server.Receive(kGet.substr(10));
  EXPECT_EQ(server.TakeOutput(), kOkClose);
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, WebSocketTunnel) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(std::string(kWebSocket) + "early");
  EXPECT_EQ(server.last()->upgrade, "websocket");
  EXPECT_FALSE(server.last()->ended);
  EXPECT_EQ(server.last()->body, "");  // held until it is accepted
  SendHead(*server.last(), 101, -1, false);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            "sec-websocket-accept: cai0HFWL7DEHZkyHxdyv1Pn3R6M=\r\n\r\n");
  EXPECT_EQ(server.last()->body, "early");
  server.Receive(kGet);
  EXPECT_EQ(server.last()->body, "early" + std::string(kGet));
  SendBody(*server.last(), "\x81\x02hi", false);
  EXPECT_EQ(server.TakeOutput(), "\x81\x02hi");
  server.ReceiveEnd();
  EXPECT_TRUE(server.last()->ended);
  EXPECT_FALSE(server.last()->done);
  SendBody(*server.last(), "bye", true);
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.done);
  EXPECT_EQ(server.TakeOutput(), "bye");
}

TEST(Http1ServerTest, TunnelHalfCloses) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) { SendHead(request, 101, -1, false); };
  server.on_end = nullptr;
  server.Receive(kWebSocket);
  SendBody(*server.last(), "bye", true);
  EXPECT_TRUE(server.output_ended);
  EXPECT_FALSE(server.done);
  server.Receive("more");
  EXPECT_EQ(server.last()->body, "more");
  server.ReceiveEnd();
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, ResetTunnelIsReset) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) { SendHead(request, 101, -1, false); };
  server.Receive(kWebSocket);
  server.last()->stream->Reset(ResetKind::kCancel);
  EXPECT_TRUE(server.aborted);
}

TEST(Http1ServerTest, RefusedUpgradeDiscardsWhatFollows) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest&) { server.Reply(403, "no"); };
  server.Receive(std::string(kWebSocket) + std::string(kGet));
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
  EXPECT_TRUE(server.done);
  EXPECT_EQ(server.requests.size(), 1u);
}

TEST(Http1ServerTest, DeclinedUpgradeIsAnOrdinaryRequest) {
  ServerHarness server;
  server.on_head = [](SeenRequest& request) { request.head->upgrade = {}; };
  server.Receive(std::string(kWebSocket) + std::string(kGet));
  EXPECT_EQ(server.requests.size(), 2u);
  EXPECT_EQ(server.TakeOutput(), std::string(kOk) + std::string(kOk));
}

TEST(Http1ServerTest, UpgradeNobodyAskedForIsNotSent) {
  ServerHarness server;
  server.on_end = [](SeenRequest& request) { SendHead(request, 101, -1, false); };
  server.Receive(kGet);
  EXPECT_TRUE(server.TakeOutput().starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_TRUE(server.last()->done);
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, ConnectTunnel) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\ntls");
  EXPECT_EQ(server.last()->path, "");
  EXPECT_EQ(server.last()->authority, "b:443");
  EXPECT_EQ(server.last()->body, "");
  SendHead(*server.last(), 200, 5, false);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(server.last()->body, "tls");
}

TEST(Http1ServerTest, RefusedConnect) {
  ServerHarness server;
  server.on_head = [&server](SeenRequest&) { server.Reply(404, ""); };
  server.Receive("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n" + std::string(kGet));
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_TRUE(server.done);
}

TEST(Http1ServerTest, PeerEndsBeforeItsUpgradeIsAnswered) {
  ServerHarness server;
  server.on_end = nullptr;
  server.Receive(kWebSocket);
  server.ReceiveEnd();
  EXPECT_EQ(server.last()->error, "reset http1.downstream_ended_before_upgrade");
  EXPECT_TRUE(server.done);
}

// The handler may do anything from inside a callback.
TEST(Http1ServerTest, ResetFromInsideCallbacks) {
  const std::string post = Post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nx-a: b\r\n\r\n");
  Http1ServerOptions options;
  options.enable_trailers = true;
  const auto reset = [](SeenRequest& request) {
    request.stream->Reset(ResetKind::kInternal);
    EXPECT_FALSE(request.done);  // not from inside
    EXPECT_EQ(request.head->path, "/p");
  };
  for (int where = 0; where < 3; ++where) {
    ServerHarness server(options);
    (where == 0 ? server.on_head : where == 1 ? server.on_body : server.on_end) = reset;
    server.Receive(post);
    EXPECT_TRUE(server.last()->done);
    EXPECT_TRUE(server.done);
    EXPECT_EQ(server.TakeOutput(), "");
  }
}

TEST(Http1ServerTest, CallsAfterTheEndAreHarmless) {
  ServerHarness server;
  server.Receive(kGet);
  EXPECT_EQ(server.TakeOutput(), kOk);
  ServerStream& stream = *server.last()->stream;
  SendBody(*server.last(), "late", true);
  stream.Reset(ResetKind::kCancel);
  stream.PauseReceiving();
  stream.ResumeReceiving();
  EXPECT_TRUE(server.TakeOutput().empty() && !server.done);
}

}  // namespace
}  // namespace weir::http
