// HostPool and HttpConnection with HTTP/2: many streams on few connections.
#include <gtest/gtest.h>

#include <deque>

#include "test/support/allocation_counter.h"
#include "test/upstream/http2_backend.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using http::ErrorKind;

class Http2PoolTest : public WorkerFixture {
 protected:
  // `h2_` and `server_options_` are what they are now.
  void Make() {
    server_ = std::make_unique<Http2Backend>(server_options_);
    h2_.protocol = HttpProtocol::kHttp2;
    options_.http = std::make_shared<const HttpConfig>(h2_);
    MakeCluster({server_->address()});
  }
  bool RunUntil(const std::function<bool()>& is_done) {
    return TurnUntil([&] { return server_->Run(), is_done(); });
  }
  // As many requests as there are clients, all with the server.
  void Begin(std::deque<StreamClient>& clients) {
    const int before = server_->running_count();
    for (StreamClient& client : clients) client.Ask(*worker_);
    const int expected = before + static_cast<int>(clients.size());
    ASSERT_TRUE(RunUntil([&] { return server_->running_count() == expected; }));
  }
  bool AnswerAll(std::deque<StreamClient>& clients) {
    return TurnUntil([&] {
      server_->Answer();
      for (StreamClient& client : clients) {
        if (!client.is_done()) return false;
      }
      return true;
    });
  }
  void Warm() {
    std::deque<StreamClient> clients(1);
    for (StreamClient& client : clients) client.Ask(*worker_);
    ASSERT_TRUE(AnswerAll(clients));
  }
  // The server sees the connection end.
  bool Ends(size_t index) {
    return TurnUntil([&] {
      server_->Run();
      return server_->raw(index).ended() || server_->raw(index).error() != 0;
    });
  }

  HttpConfig h2_;
  http2::Options server_options_;
  std::unique_ptr<Http2Backend> server_;
};

TEST_F(Http2PoolTest, HundredRequestsAtOnceMakeOneConnection) {
  Make();
  std::deque<StreamClient> clients(100);
  for (StreamClient& client : clients) client.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  EXPECT_TRUE(AnswerAll(clients));
  for (StreamClient& client : clients) {
    EXPECT_EQ(client.status, 200);
    EXPECT_EQ(client.body, "ok");
    EXPECT_EQ(client.info.version, http::Version::kHttp2);
    EXPECT_FALSE(client.reset.has_value());
  }
  EXPECT_EQ(server_->connection_count(), 1U);
  EXPECT_EQ(stats().upstream_cx_http2_total.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_http1_total.value(), 0U);
  EXPECT_EQ(stats().upstream_rq_total.value(), 100U);
  EXPECT_EQ(http2_stats().streams_active.value(), 0);
  ExpectIdle();
}

TEST_F(Http2PoolTest, HundredAndOneMakeTwo) {
  Make();
  std::deque<StreamClient> clients(101);
  for (StreamClient& client : clients) client.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kConnections), 2U);
  EXPECT_TRUE(AnswerAll(clients));
  ExpectIdle();
}

TEST_F(Http2PoolTest, PeersLimitIsLearned) {
  server_options_.max_concurrent_streams = 10;
  Make();
  Warm();
  std::deque<StreamClient> clients(30);
  for (StreamClient& client : clients) client.Ask(*worker_);
  int ready = 0;
  for (StreamClient& client : clients) ready += int{client.is_ready()};
  EXPECT_EQ(ready, 10);
  EXPECT_EQ(Taken(Resource::kConnections), 3U) << "ten each, for the twenty that wait";
  EXPECT_TRUE(AnswerAll(clients));
  for (StreamClient& client : clients) EXPECT_FALSE(client.reset.has_value());
  ExpectIdle();
}

TEST_F(Http2PoolTest, OurOwnLimit) {
  h2_.http2.max_concurrent_streams = 2;
  Make();
  std::deque<StreamClient> clients(5);
  Begin(clients);
  EXPECT_EQ(server_->connection_count(), 3U);
  EXPECT_TRUE(AnswerAll(clients));
  ExpectIdle();
}

TEST_F(Http2PoolTest, NewRequestsFillTheConnectionThatIsInUse) {
  Make();
  Warm();
  std::deque<StreamClient> first(2), second(2);
  Begin(first);
  Begin(second);
  EXPECT_EQ(server_->connection_count(), 1U);
  EXPECT_EQ(first[0].info.connection_id, second[1].info.connection_id);
  EXPECT_TRUE(first[0].info.reused_connection);
  EXPECT_TRUE(AnswerAll(first) && AnswerAll(second));
}

TEST_F(Http2PoolTest, WhoWaitsIsServedAsStreamsEnd) {
  options_.breakers[0].max_connections = 1;
  h2_.http2.max_concurrent_streams = 2;
  Make();
  std::deque<StreamClient> clients(6);
  for (StreamClient& client : clients) client.Ask(*worker_);
  const bool all_done = TurnUntil([&] {
    EXPECT_LE(Taken(Resource::kConnections), 1U);
    EXPECT_LE(server_->running_count(), 2);
    server_->Answer();
    return clients.back().is_done();
  });
  EXPECT_TRUE(all_done);
  EXPECT_EQ(server_->connection_count(), 1U);
  EXPECT_EQ(server_->seen_count(), 6);
  ExpectIdle();
}

TEST_F(Http2PoolTest, RequestsAreLimitedExactly) {
  options_.breakers[0].max_requests = 3;
  Make();
  Warm();
  std::deque<StreamClient> clients(5);
  for (StreamClient& client : clients) client.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kRequests), 3U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(clients[i].has_failed(), i >= 3);
  EXPECT_EQ(clients[4].failure->kind, ErrorKind::kOverflow);
  clients.resize(3);
  EXPECT_TRUE(AnswerAll(clients));
  ExpectIdle();
}

TEST_F(Http2PoolTest, ConnectionThatSaysGoodbyeFinishesWhatRuns) {
  Make();
  std::deque<StreamClient> before(2), after(1);
  Begin(before);
  server_->server(0).connection->Drain();
  server_->Run();
  Turn(3);
  Begin(after);
  EXPECT_EQ(server_->connection_count(), 2U);
  EXPECT_NE(after[0].info.connection_id, before[0].info.connection_id);
  EXPECT_TRUE(AnswerAll(before) && AnswerAll(after));
  for (StreamClient& client : before) EXPECT_FALSE(client.reset.has_value());
  EXPECT_TRUE(Ends(0));
  Turn(3);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  ExpectIdle();
}

TEST_F(Http2PoolTest, LossOfTheConnectionResetsAllOfItsStreams) {
  Make();
  std::deque<StreamClient> clients(50);
  Begin(clients);
  int asked_again = 0;
  StreamClient again;
  clients[7].on_done = [&] {
    ++asked_again;
    again.Ask(*worker_);
    EXPECT_TRUE(again.is_pending()) << "not on what is lost";
  };
  server_->raw(0).Reset();
  EXPECT_TRUE(TurnUntil([&] { return clients[49].is_done(); }));
  for (StreamClient& client : clients) {
    ASSERT_TRUE(client.reset.has_value());
    EXPECT_EQ(client.reset->kind, ErrorKind::kPeerClosed);
    EXPECT_EQ(client.reset->side, http::Side::kUpstream);
    EXPECT_FALSE(client.reset->retryable) << "the server may have acted upon it";
    EXPECT_EQ(client.done_count, 1);
  }
  EXPECT_EQ(asked_again, 1);
  EXPECT_EQ(Taken(Resource::kRequests), 0U);
  EXPECT_EQ(stats().upstream_cx_destroy_remote_with_active_rq.value(), 1U);
  EXPECT_TRUE(RunUntil([&] { return server_->Answer(), again.is_done(); }));
  ExpectIdle();
}

TEST_F(Http2PoolTest, EndOfTheConnectionResetsAllOfItsStreams) {
  Make();
  std::deque<StreamClient> clients(3);
  Begin(clients);
  server_->raw(0).Close();
  EXPECT_TRUE(TurnUntil([&] { return clients[2].is_done(); }));
  for (StreamClient& client : clients) EXPECT_TRUE(client.reset.has_value());
  ExpectIdle();
  Turn(3);
  ExpectNoConnection();
}

TEST_F(Http2PoolTest, CancelledStreamLeavesTheOthersAlone) {
  Make();
  std::deque<StreamClient> clients(3);
  Begin(clients);
  clients[1].stream->Reset(http::ResetKind::kCancel);
  EXPECT_TRUE(clients[1].is_done());
  EXPECT_EQ(Taken(Resource::kRequests), 2U);
  EXPECT_TRUE(AnswerAll(clients));
  EXPECT_EQ(clients[0].status + clients[2].status, 400);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  ExpectIdle();
}

TEST_F(Http2PoolTest, StreamMayEndAsSoonAsItBegins) {
  Make();
  std::deque<StreamClient> clients(20);
  for (StreamClient& client : clients) {
    client.on_ready = [&client] { client.stream->Reset(http::ResetKind::kCancel); };
    client.Ask(*worker_);
  }
  EXPECT_TRUE(RunUntil([&] { return clients[19].is_done(); }));
  ExpectIdle();
  Warm();
}

TEST_F(Http2PoolTest, NextRequestMayBeMadeFromTheEndOfTheLast) {
  Make();
  Warm();
  StreamClient first, second;
  first.on_done = [&] { second.Ask(*worker_); };
  first.Ask(*worker_);
  EXPECT_TRUE(RunUntil([&] { return server_->Answer(), second.is_done(); }));
  EXPECT_EQ(server_->connection_count(), 1U);
  ExpectIdle();
}

TEST_F(Http2PoolTest, IdleTimeoutIsForConnectionsWithoutStreams) {
  options_.idle_timeout_ms = 1000;
  Make();
  std::deque<StreamClient> clients(2);
  Begin(clients);
  Advance(5000);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  EXPECT_TRUE(AnswerAll(clients));
  Advance(990);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  Advance(20);
  EXPECT_TRUE(Ends(0));
  EXPECT_EQ(stats().upstream_cx_idle_timeout.value(), 1U);
  EXPECT_EQ(http2_stats().goaway_sent.value(), 1U) << "it says goodbye";
  ExpectNoConnection();
}

TEST_F(Http2PoolTest, ConnectionTakesNoMoreThanItsShareOfRequests) {
  options_.max_requests_per_connection = 3;
  Make();
  std::deque<StreamClient> clients(7);
  Begin(clients);
  EXPECT_EQ(server_->connection_count(), 3U);
  EXPECT_EQ(stats().upstream_cx_max_requests.value(), 2U);
  EXPECT_TRUE(AnswerAll(clients));
  EXPECT_TRUE(Ends(0));
  Turn(3);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  ExpectIdle();
}

TEST_F(Http2PoolTest, TooOldConnectionFinishesWhatRuns) {
  options_.max_connection_duration_ms = 1000;
  Make();
  std::deque<StreamClient> before(2), after(1);
  Begin(before);
  Advance(1500);
  Begin(after);
  EXPECT_EQ(server_->connection_count(), 2U);
  EXPECT_TRUE(AnswerAll(before));
  EXPECT_TRUE(Ends(0));
  EXPECT_TRUE(AnswerAll(after));
}

TEST_F(Http2PoolTest, RemovedHostsStreamsFinish) {
  Make();
  std::deque<StreamClient> clients(2);
  Begin(clients);
  worker_->OnHostsRemoved(SetHosts({}));
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
  EXPECT_TRUE(AnswerAll(clients));
  EXPECT_EQ(clients[0].status, 200);
  EXPECT_TRUE(Ends(0));
  Turn(3);
  ExpectNoConnection();
}

TEST_F(Http2PoolTest, PeerThatDoesNotAnswerPingsIsLost) {
  h2_.http2.keepalive.interval_ms = 1000;
  h2_.http2.keepalive.timeout_ms = 200;
  h2_.http2.keepalive.jitter_percent = 0;
  Make();
  std::deque<StreamClient> clients(2);
  Begin(clients);
  Advance(1010);  // asked …
  server_->Run();
  Turn(3);  // … and answered
  Advance(300);
  EXPECT_FALSE(clients[0].is_done());
  Advance(800);  // asked again, and the server is silent
  Advance(210);
  EXPECT_TRUE(clients[0].is_done() && clients[1].is_done());
  ASSERT_TRUE(clients[0].reset.has_value());
  EXPECT_EQ(clients[0].reset->kind, ErrorKind::kPeerClosed);
  EXPECT_EQ(http2_stats().keepalive_timeout.value(), 1U);
  ExpectIdle();
  Turn(3);
  ExpectNoConnection();
}

TEST_F(Http2PoolTest, GarbageResetsTheStreamsAndEndsTheConnection) {
  Make();
  std::deque<StreamClient> clients(2);
  Begin(clients);
  server_->raw(0).Send(std::string(64, 'x'));
  EXPECT_TRUE(TurnUntil([&] { return clients[0].is_done() && clients[1].is_done(); }));
  EXPECT_TRUE(clients[0].reset.has_value() && clients[1].reset.has_value());
  ExpectIdle();
  Turn(3);
  ExpectNoConnection();
}

TEST_F(Http2PoolTest, SteadyRequestAllocatesNothing) {
  Make();
  for (int i = 0; i < 3; ++i) Warm();
  StreamClient client;
  client.sends = false;  // the codec's own cost is the codec's test
  client.Ask(*worker_);
  client.stream->Reset(http::ResetKind::kCancel);
  test::AllocationCounter counter;
  client.Ask(*worker_);
  const int64_t allocations = counter.count();
  ASSERT_TRUE(client.is_ready());
  EXPECT_EQ(allocations, 0);
  client.stream->Reset(http::ResetKind::kCancel);
}

TEST_F(Http2PoolTest, EndsWithStreamsRunning) {
  Make();
  std::deque<StreamClient> clients(3);
  Begin(clients);
  delete std::exchange(worker_, nullptr);
  ExpectIdle();
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
}

}  // namespace
}  // namespace weir::upstream
