#include "source/upstream/http_connection.h"

#include <gtest/gtest.h>

#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using http::ErrorKind;

class HttpConnectionTest : public WorkerFixture {
 protected:
  // A request that the backend has and has not answered.
  void Begin(StreamClient& client) {
    client.Ask(*worker_);
    ASSERT_TRUE(TurnUntil([&] { return client.is_ready() && backend_.Accept() > 0; }));
    peer_ = backend_.Accept() - 1;
    ASSERT_TRUE(TurnUntil([&] { return !peer().Receive().empty(); }));
  }
  net::RawPeer& peer() { return backend_.peer(peer_); }
  bool PeerSeesEnd() {
    return TurnUntil([&] { return peer().Receive(), peer().ended() || peer().error() != 0; });
  }

  size_t peer_ = 0;
};

TEST_F(HttpConnectionTest, ClosesAfterTheIdleTimeout) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  Advance(59'990);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  Advance(20);
  ExpectNoConnection();
  EXPECT_TRUE(PeerSeesEnd());
  EXPECT_EQ(stats().upstream_cx_idle_timeout.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_local.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_with_active_rq.value(), 0U);
}

TEST_F(HttpConnectionTest, IdleTimeoutStartsAnewAfterEachRequestAndMayBeOff) {
  options_.idle_timeout_ms = 100;
  MakeCluster({backend_.address()});
  StreamClient client;
  for (int i = 0; i < 3; ++i) {
    Exchange(client);
    Advance(90);
    ASSERT_EQ(Taken(Resource::kConnections), 1U);
  }
  client.Ask(*worker_);
  Advance(1'000);  // busy
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  Complete(client);
}

TEST_F(HttpConnectionTest, NoIdleTimeoutWhenItIsZero) {
  options_.idle_timeout_ms = 0;
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  Advance(3'600'000);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
}

TEST_F(HttpConnectionTest, NoticesThatThePeerClosedAnIdleConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  peer().Close();
  EXPECT_TRUE(TurnUntil([&] { return !worker_->has_connections(); }));
  EXPECT_EQ(stats().upstream_cx_destroy_remote.value(), 1U);
  StreamClient next;
  next.Ask(*worker_);
  EXPECT_TRUE(next.is_pending());
  Complete(next);
  EXPECT_EQ(backend_.Accept(), 2U);
}

TEST_F(HttpConnectionTest, NoticesAResetOfAnIdleConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  peer().Reset();
  EXPECT_TRUE(TurnUntil([&] { return !worker_->has_connections(); }));
  EXPECT_EQ(stats().upstream_cx_destroy_remote.value(), 1U);
}

TEST_F(HttpConnectionTest, UnaskedBytesEndAnIdleConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  peer().Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return !worker_->has_connections(); }));
  EXPECT_EQ(stats().upstream_cx_protocol_error.value(), 1U);
}

TEST_F(HttpConnectionTest, ClosesAfterTheLastAllowedRequest) {
  options_.max_requests_per_connection = 2;
  MakeCluster({backend_.address()});
  for (int i = 0; i < 4; ++i) {
    StreamClient client;
    Exchange(client);
    EXPECT_EQ(client.info.reused_connection, i % 2 == 1);
  }
  EXPECT_EQ(backend_.Accept(), 2U);
  EXPECT_EQ(stats().upstream_cx_max_requests.value(), 2U);
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, ClosesWhenItIsTooOldButNotUnderARequest) {
  options_.max_connection_duration_ms = 1'000;
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  Advance(1'500);
  EXPECT_EQ(stats().upstream_cx_max_duration_reached.value(), 1U);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  peer().Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  EXPECT_FALSE(client.reset.has_value());
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, ResponsesWithTooManyFieldsAreRefused) {
  auto options = std::make_shared<HttpConfig>();
  options->http1.limits.max_headers = 2;
  options_.http = options;
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\na: 1\r\nb: 2\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  ASSERT_TRUE(client.reset.has_value());
  EXPECT_EQ(client.reset->kind, ErrorKind::kHeadTooLarge);
  ExpectIdle();
}

TEST_F(HttpConnectionTest, ClosesWhenTheResponseSaysSo) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  EXPECT_EQ(client.body, "ok");
  EXPECT_TRUE(PeerSeesEnd());
  Turn(2);
  ExpectNoConnection();
  ExpectIdle();
}

TEST_F(HttpConnectionTest, ResponseMayEndWithTheConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Send("HTTP/1.1 200 OK\r\n\r\nall of it");
  peer().Close();
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  EXPECT_EQ(client.body, "all of it");
  EXPECT_FALSE(client.reset.has_value());
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, LossUnderARequestResetsIt) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Reset();
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  ASSERT_TRUE(client.reset.has_value());
  EXPECT_EQ(client.reset->kind, ErrorKind::kPeerClosed);
  EXPECT_FALSE(client.reset->retryable);
  EXPECT_EQ(client.done_count, 1);
  EXPECT_EQ(stats().upstream_cx_destroy_remote_with_active_rq.value(), 1U);
  ExpectIdle();
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, LossOfAReusedConnectionBeforeAnAnswerMayBeRetried) {
  MakeCluster({backend_.address()});
  StreamClient first, second;
  Exchange(first);
  second.Ask(*worker_);
  peer().Reset();
  EXPECT_TRUE(TurnUntil([&] { return second.is_done(); }));
  ASSERT_TRUE(second.reset.has_value());
  EXPECT_TRUE(second.info.reused_connection);
  EXPECT_TRUE(second.reset->retryable);
  ExpectIdle();
}

TEST_F(HttpConnectionTest, EndInsideAResponseResetsIt) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  peer().Close();
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  ASSERT_TRUE(client.reset.has_value());
  EXPECT_EQ(client.reset->kind, ErrorKind::kPeerClosed);
  EXPECT_EQ(client.body, "half");
  ExpectIdle();
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, GarbageResetsTheRequestAndEndsTheConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  peer().Send("SSH-2.0-nope\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  ASSERT_TRUE(client.reset.has_value());
  EXPECT_EQ(client.reset->kind, ErrorKind::kProtocol);
  ExpectIdle();
  EXPECT_TRUE(PeerSeesEnd());
}

TEST_F(HttpConnectionTest, CancelledRequestClosesItsConnection) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  client.stream->Reset(http::ResetKind::kCancel);
  EXPECT_TRUE(client.is_done());
  EXPECT_FALSE(client.reset.has_value());
  ExpectIdle();
  EXPECT_TRUE(TurnUntil([&] {
    peer().Receive();
    return peer().error() == ECONNRESET;
  })) << "an end alone is not enough: the request was whole";
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, RequestMayBeCancelledAsSoonAsItHasAStream) {
  MakeCluster({backend_.address()});
  StreamClient client;
  client.on_ready = [&] { client.stream->Reset(http::ResetKind::kCancel); };
  client.Ask(*worker_);
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  ExpectIdle();
  Turn(2);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, NextRequestMayBeMadeFromTheEndOfTheLast) {
  MakeCluster({backend_.address()});
  StreamClient first, second;
  first.on_done = [&] { second.Ask(*worker_); };
  Exchange(first);
  EXPECT_TRUE(second.is_ready()) << "it waits for a moment, until the connection is free";
  Complete(second);
  ExpectIdle();
}

TEST_F(HttpConnectionTest, TunnelPassesBytesAndItsEnds) {
  MakeCluster({backend_.address()});
  StreamClient client;
  client.upgrade = "tunnel";
  Begin(client);
  peer().Send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tunnel\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return client.status == 101; }));
  base::Buffer last;
  last.Append("last words");
  client.stream->SendBody(last, true);
  EXPECT_TRUE(PeerSeesEnd());
  EXPECT_FALSE(client.is_done());
  peer().Send("and mine");
  peer().Close();
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  EXPECT_EQ(client.body, "and mine");
  ExpectIdle();
  Turn(3);
  ExpectNoConnection();
}

TEST_F(HttpConnectionTest, SlowServerPausesTheSender) {
  options_.buffer_limit_bytes = 16 * 1024;
  MakeCluster({backend_.address()});
  StreamClient client;
  client.sends = false;
  client.Ask(*worker_);
  ASSERT_TRUE(TurnUntil([&] { return client.is_ready(); }));
  http::RequestHead head(client.arena);
  head.method = http::Method::kPost;
  head.method_name = "POST";
  head.path = "/";
  head.authority = "web";
  head.content_length = -1;
  client.stream->SendHead(head, false);
  base::Buffer body;
  EXPECT_TRUE(TurnUntil([&] {
    body.Append(std::string(64 * 1024, 'x'));
    client.stream->SendBody(body, false);
    return client.send_high > 0;
  }));
  EXPECT_EQ(stats().upstream_flow_control_backed_up_total.value(), 1U);
  backend_.Accept();
  EXPECT_TRUE(TurnUntil([&] { return backend_.peer(0).Receive(), client.send_low > 0; }));
  EXPECT_EQ(stats().upstream_flow_control_drained_total.value(), 1U);
  client.stream->Reset(http::ResetKind::kCancel);
}

TEST_F(HttpConnectionTest, SlowReaderPausesTheServer) {
  MakeCluster({backend_.address()});
  StreamClient client;
  Begin(client);
  client.stream->PauseReceiving();
  EXPECT_EQ(stats().upstream_flow_control_paused_reading_total.value(), 1U);
  peer().Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  Turn(5);
  EXPECT_EQ(client.status, 0);
  client.stream->ResumeReceiving();
  EXPECT_TRUE(TurnUntil([&] { return client.is_done(); }));
  EXPECT_EQ(stats().upstream_flow_control_resumed_reading_total.value(), 1U);
  EXPECT_EQ(client.body, "ok");
}

}  // namespace
}  // namespace weir::upstream
