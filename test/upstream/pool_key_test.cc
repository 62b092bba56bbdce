// Which requests share a connection: by protocol, by ALPN, by the host that TLS is told of.
#include "source/upstream/pool_key.h"

#include <gtest/gtest.h>

#include "test/support/fake_client_transports.h"
#include "test/upstream/http2_backend.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using http::ErrorKind;

class PoolKeyTest : public WorkerFixture {
 protected:
  void Make(const HttpConfig& http, bool is_secure = true) {
    options_.http = std::make_shared<const HttpConfig>(http);
    if (is_secure) config_.transport = transports_;
    server_.options.is_secure = is_secure;
    MakeCluster({server_.address()});
  }
  // A request that the HTTP/2 server answers.
  void Exchange2(StreamClient& client, const balancing::PickContext& context = {}) {
    client.Ask(*worker_, context);
    EXPECT_TRUE(TurnUntil([&] { return server_.Answer(), client.is_done(); }));
    EXPECT_EQ(client.status, 200);
  }
  // A request for `authority` as it came from downstream.
  balancing::PickContext For(std::string_view authority,
                             http::Version version = http::Version::kHttp11) {
    head_.authority = authority;
    head_.version = version;
    balancing::PickContext context;
    context.head = &head_;
    return context;
  }

  std::shared_ptr<test::FakeClientTransports> transports_ =
      std::make_shared<test::FakeClientTransports>();
  Http2Backend server_;
  base::Arena arena_;
  http::RequestHead head_{arena_};
};

TEST(PoolKey, EqualKeysHashAlike) {
  const PoolKey key{reinterpret_cast<const balancing::Host*>(0x1000), HttpProtocol::kHttp2, "a"};
  PoolKey other = key;
  EXPECT_EQ(HashOf(key), HashOf(other));
  other.name = "b";
  EXPECT_FALSE(key == other);
  EXPECT_NE(HashOf(key), HashOf(other));
  other = key;
  other.protocol = HttpProtocol::kHttp1;
  EXPECT_FALSE(key == other);
  EXPECT_NE(HashOf(key), HashOf(other));
}

TEST_F(PoolKeyTest, AlpnChoosesHttp2) {
  server_.hello = "H";
  transports_->alpn = "h2";
  HttpConfig http;
  http.protocol = HttpProtocol::kByAlpn;
  Make(http);
  StreamClient first, second;
  first.Ask(*worker_);
  second.Ask(*worker_);
  EXPECT_EQ(Taken(Resource::kConnections), 1U) << "hoping for HTTP/2";
  EXPECT_TRUE(TurnUntil([&] { return server_.Answer(), first.is_done() && second.is_done(); }));
  EXPECT_EQ(first.info.version, http::Version::kHttp2);
  ASSERT_NE(first.info.secure, nullptr);
  ASSERT_EQ(transports_->asked.size(), 1U);
  EXPECT_EQ(transports_->asked[0].alpn, "h2,http/1.1");
  EXPECT_EQ(transports_->asked[0].server_name, "");
}

TEST_F(PoolKeyTest, WithoutAlpnItIsHttp1) {
  HttpConfig http;
  http.protocol = HttpProtocol::kByAlpn;
  options_.http = std::make_shared<const HttpConfig>(http);
  config_.transport = transports_;
  MakeCluster({backend_.address()});
  StreamClient first, second;
  first.Ask(*worker_);
  second.Ask(*worker_);
  size_t greeted = 0;
  EXPECT_TRUE(TurnUntil([&] {
    while (greeted < backend_.Accept()) backend_.peer(greeted++).Send("H");
    backend_.Answer();
    return first.is_done() && second.is_done();
  }));
  EXPECT_EQ(first.info.version, http::Version::kHttp11);
  EXPECT_EQ(first.status + second.status, 400);
  EXPECT_EQ(greeted, 2U) << "one connection each, once it is known";
  ExpectIdle();
}

TEST_F(PoolKeyTest, PlaintextIsHttp1WhereAlpnWouldDecide) {
  HttpConfig http;
  http.protocol = HttpProtocol::kByAlpn;
  options_.http = std::make_shared<const HttpConfig>(http);
  MakeCluster({backend_.address()});
  StreamClient client;
  Exchange(client);
  EXPECT_EQ(client.info.version, http::Version::kHttp11);
  EXPECT_EQ(client.info.secure, nullptr);
}

TEST_F(PoolKeyTest, ExplicitProtocolsOfferTheirOwnAlpn) {
  HttpConfig http;
  http.protocol = HttpProtocol::kHttp2;
  server_.hello = "H";
  Make(http);
  StreamClient client;
  Exchange2(client);
  EXPECT_EQ(transports_->asked.back().alpn, "h2");
  Retire();
  Make(HttpConfig());
  client.Ask(*worker_);
  EXPECT_EQ(transports_->asked.back().alpn, "http/1.1");
  client.Cancel();
}

TEST_F(PoolKeyTest, DownstreamsVersionChooses) {
  HttpConfig http;
  http.protocol = HttpProtocol::kByDownstream;
  Make(http, false);
  StreamClient two, one;
  Exchange2(two, For("a", http::Version::kHttp2));
  EXPECT_EQ(two.info.version, http::Version::kHttp2);
  one.Ask(*worker_, For("a", http::Version::kHttp11));
  EXPECT_TRUE(one.is_pending()) << "a connection of its own";
  EXPECT_TRUE(TurnUntil([&] { return one.is_ready(); }));
  EXPECT_EQ(one.info.version, http::Version::kHttp11);
  EXPECT_EQ(stats().upstream_cx_http1_total.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_http2_total.value(), 1U);
  one.stream->Reset(http::ResetKind::kCancel);
}

TEST_F(PoolKeyTest, NamesKeepConnectionsApart) {
  HttpConfig http;
  http.protocol = HttpProtocol::kHttp2;
  http.auto_sni = http.auto_san_validation = true;
  server_.hello = "H";
  Make(http);
  StreamClient a, again, b;
  Exchange2(a, For("a.example:8443"));
  Exchange2(again, For("A.example"));
  Exchange2(b, For("b.example"));
  EXPECT_EQ(a.info.connection_id, again.info.connection_id);
  EXPECT_NE(a.info.connection_id, b.info.connection_id);
  ASSERT_EQ(transports_->asked.size(), 2U);
  EXPECT_EQ(transports_->asked[0].server_name, "a.example");
  EXPECT_EQ(transports_->asked[0].verified_name, "a.example");
  EXPECT_EQ(transports_->asked[1].server_name, "b.example");
}

TEST_F(PoolKeyTest, AnAddressIsVerifiedButNeverSni) {
  HttpConfig http;
  http.protocol = HttpProtocol::kHttp2;
  http.auto_sni = http.auto_san_validation = true;
  server_.hello = "H";
  Make(http);
  StreamClient client;
  Exchange2(client, For("[::1]:8443"));
  ASSERT_EQ(transports_->asked.size(), 1U);
  EXPECT_EQ(transports_->asked[0].server_name, "");
  EXPECT_EQ(transports_->asked[0].verified_name, "::1");
}

TEST_F(PoolKeyTest, RequestWithoutAHostFailsWhereItsNameIsToBeVerified) {
  HttpConfig http;
  http.auto_san_validation = true;
  Make(http);
  StreamClient client;
  client.Ask(*worker_, For(""));
  ASSERT_TRUE(client.has_failed());
  EXPECT_EQ(client.failure->kind, ErrorKind::kConnectFailed);
  EXPECT_FALSE(client.transport_failure.empty());
  EXPECT_TRUE(transports_->asked.empty());
}

TEST_F(PoolKeyTest, WhatWaitsMovesToAHostUnderItsOwnName) {
  HttpConfig http;
  http.protocol = HttpProtocol::kHttp2;
  http.auto_sni = true;
  Make(http);
  StreamClient client;
  client.Ask(*worker_, For("a.example"));
  Http2Backend other(server_.options);
  other.hello = "H";
  worker_->OnHostsRemoved(SetHosts({other.address()}));
  EXPECT_TRUE(TurnUntil([&] { return other.Answer(), client.is_done(); }));
  EXPECT_EQ(client.status, 200);
  ASSERT_EQ(transports_->asked.size(), 2U);
  EXPECT_EQ(transports_->asked[1].server_name, "a.example");
  ExpectIdle();
}

TEST_F(PoolKeyTest, FailedHandshakeTellsWhy) {
  Make(HttpConfig());
  server_.hello = "X";
  std::vector<std::unique_ptr<StreamClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<StreamClient>());
    clients.back()->Ask(*worker_);
  }
  EXPECT_TRUE(TurnUntil([&] { return server_.Run(), clients[1]->has_failed(); }));
  EXPECT_EQ(clients[1]->failure->kind, ErrorKind::kConnectFailed);
  EXPECT_TRUE(clients[1]->failure->retryable);
  EXPECT_EQ(clients[1]->transport_failure, "bad hello");
  EXPECT_EQ(stats().upstream_cx_connect_fail.value(), 2U);
  Turn(3);
  ExpectIdle();
  ExpectNoConnection();
}

}  // namespace
}  // namespace weir::upstream
