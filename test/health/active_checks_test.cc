#include "source/health/active_checks.h"

#include <fstream>

#include "source/base/line_writer.h"
#include "test/health/checks_fixture.h"
#include "test/support/temporary_folder.h"

namespace weir::health {
namespace {

using balancing::HealthFlag;

class ActiveChecksTest : public ChecksFixture {
 protected:
  void BeginOne() {
    host_ = NewHost(backend_.address());
    Begin({host_});
  }
  void BecomeHealthy() {
    BeginOne();
    Finish(Answering("200 OK"));
    ASSERT_TRUE(host_->is_usable());
  }
  // One check with a host that says `bytes` and then behaves.
  void FinishWith(const std::function<void(net::RawPeer&)>& behave) {
    bool has_behaved = false;
    Finish([&] {
      const size_t count = backend_.Accept();
      if (has_behaved || count == 0) return;
      net::RawPeer& peer = backend_.peer(count - 1);
      if (peer.Receive().find("\r\n\r\n") == std::string::npos) return;
      has_behaved = true;
      behave(peer);
    });
  }

  balancing::HostPtr host_;
};

TEST_F(ActiveChecksTest, TheFirstSuccessMakesAHostUsable) {
  UseHttp();
  BeginOne();
  EXPECT_FALSE(host_->is_usable());
  EXPECT_FALSE(checks_->has_first_round());
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  std::string request;
  ASSERT_TRUE(TurnUntil([&] { return !(request += backend_.peer(0).Receive()).empty(); }));
  EXPECT_EQ(request.substr(0, request.find('\n')), "GET /healthz HTTP/1.1\r");
  EXPECT_NE(request.find("\r\nhost: web\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("\r\nuser-agent: Weir/HC\r\n"), std::string::npos) << request;
  clock_.AdvanceMs(3);
  backend_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(TurnUntil([&] { return host_->is_usable(); }));
  EXPECT_TRUE(checks_->has_first_round());
  EXPECT_FALSE(Has(host_, HealthFlag::kPendingActiveCheck));
  EXPECT_EQ(stats().attempt.value(), 1U);
  EXPECT_EQ(stats().success.value(), 1U);
  EXPECT_EQ(stats().healthy.value(), 1);
  EXPECT_EQ(LastOf(host_), "200");
  EXPECT_EQ(balancing::ProbeReport::Unpack(host_->activity().last_probe.load()).latency_us, 3000U);
  EXPECT_EQ(told_, 1);
}

TEST_F(ActiveChecksTest, RequestsAreAsConfigured) {
  UseHttp("/readyz?x=1");
  config_.method = http::Method::kPut;
  config_.method_name = "PUT";
  config_.send = "hello";
  config_.authority = "shop";
  config_.headers_to_add = {{"x-a", "1", HeaderToAdd::Action::kAppend},
                            {"user-agent", "me", HeaderToAdd::Action::kOverwrite}};
  BeginOne();
  std::string request;
  ASSERT_TRUE(TurnUntil([&] {
    if (backend_.Accept() == 1) request += backend_.peer(0).Receive();
    return request.ends_with("hello");
  })) << request;
  EXPECT_TRUE(request.starts_with("PUT /readyz?x=1 HTTP/1.1\r\n")) << request;
  for (const char* const line : {"host: shop", "x-a: 1", "user-agent: me", "content-length: 5"}) {
    EXPECT_NE(request.find(line), std::string::npos) << request;
  }
}

TEST_F(ActiveChecksTest, AnUnexpectedStatusEjectsAtOnce) {
  UseHttp();
  BecomeHealthy();
  Next(Answering("503 Service Unavailable"));
  EXPECT_FALSE(host_->is_usable());
  EXPECT_EQ(LastOf(host_), "503");
  EXPECT_EQ(stats().failure.value(), 1U);
  EXPECT_EQ(stats().network_failure.value(), 0U);
  EXPECT_EQ(stats().healthy.value(), 0);
  Next(Answering("200 OK"));
  EXPECT_FALSE(host_->is_usable()) << "healthy_threshold";
  Next(Answering("200 OK"));
  EXPECT_TRUE(host_->is_usable());
}

TEST_F(ActiveChecksTest, ARetriableStatusCounts) {
  UseHttp();
  config_.retriable_statuses = {{500, 600}};
  BecomeHealthy();
  Next(Answering("503 Service Unavailable"));
  EXPECT_TRUE(host_->is_usable());
  Next(Answering("503 Service Unavailable"));
  EXPECT_FALSE(host_->is_usable());
}

// N01
TEST_F(ActiveChecksTest, ARefusedConnectionCountsTowardsTheThreshold) {
  UseHttp();
  config_.reuses_connection = false;
  BecomeHealthy();
  backend_.Stop();
  Next([] {});
  EXPECT_TRUE(host_->is_usable());
  Next([] {});
  EXPECT_FALSE(host_->is_usable());
  EXPECT_EQ(LastOf(host_), "connection refused");
  EXPECT_EQ(stats().network_failure.value(), 2U);
}

// N09, N10: a host that takes the connection and never says a word.
TEST_F(ActiveChecksTest, ASilentHostTimesOut) {
  UseHttp();
  BeginOne();
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  Advance(499);
  EXPECT_EQ(results(), 0U);
  Advance(1);
  EXPECT_EQ(results(), 1U);
  EXPECT_TRUE(checks_->has_first_round()) << "nobody waits for it any longer";
  EXPECT_FALSE(host_->is_usable());
  EXPECT_EQ(LastOf(host_), "timeout");
  Advance(1000);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 2; })) << "over another connection";
}

// N11
TEST_F(ActiveChecksTest, WhateverIsNoGoodAnswerFails) {
  struct Case {
    std::string said, text;
    bool resets = false;
  };
  const std::string huge = "HTTP/1.1 200 OK\r\nx: " + std::string(20'000, 'x') + "\r\n\r\n";
  for (const Case& each :
       {Case{"", "connection closed"}, Case{"", "connection reset", true},
        Case{"\x16\x03\x01 nonsense\r\n\r\n", "malformed response"},
        Case{huge, "malformed response"},
        Case{"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", "302"},
        Case{"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal", "connection closed"}}) {
    UseHttp();
    BeginOne();
    FinishWith([&](net::RawPeer& peer) {
      peer.Send(each.said);
      each.resets ? peer.Reset() : peer.Close();
    });
    EXPECT_FALSE(host_->is_usable());
    EXPECT_EQ(LastOf(host_), each.text) << each.said.substr(0, 40);
    checks_.reset();
    Turn(5);
  }
}

// N11
TEST_F(ActiveChecksTest, BodiesAreLookedAt) {
  UseHttp();
  config_.receive = {"all", "well"};
  config_.examined_body_bytes = 16;
  BeginOne();
  Finish([&] { Answer("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nwell, alive"); });
  EXPECT_EQ(LastOf(host_), "unexpected body");
  Next([&] { Answer("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nall well"); });
  EXPECT_EQ(LastOf(host_), "200");
  const std::string far = std::string(16, ' ') + "all well";
  Next([&] { Answer("HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n" + far); });
  EXPECT_EQ(LastOf(host_), "unexpected body") << "behind what is examined";
  const std::string huge(300'000, 'x');
  Next([&] { Answer("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nall well"); });
  EXPECT_EQ(LastOf(host_), "200");
}

TEST_F(ActiveChecksTest, ConnectionsAreKept) {
  UseHttp();
  BecomeHealthy();
  Next(Answering("200 OK"));
  Next(Answering("200 OK"));
  EXPECT_EQ(backend_.Accept(), 1U);
}

TEST_F(ActiveChecksTest, ConnectionsAreNotKeptWhereThatIsSaid) {
  UseHttp();
  config_.reuses_connection = false;
  BecomeHealthy();
  Next(Answering("200 OK"));
  EXPECT_EQ(backend_.Accept(), 2U);
}

// N12: closed while nothing was asked, and just as something is.
TEST_F(ActiveChecksTest, AKeptConnectionThatWasClosedIsNoFailure) {
  UseHttp();
  config_.unhealthy_threshold = 1;
  BecomeHealthy();
  backend_.peer(0).Close();
  Turn(5);
  Next(Answering("200 OK"));
  EXPECT_EQ(backend_.Accept(), 2U);
  Advance(1000);
  std::string request;
  ASSERT_TRUE(TurnUntil([&] { return !(request += backend_.peer(1).Receive()).empty(); }));
  backend_.peer(1).Close();
  Finish(Answering("200 OK"));
  EXPECT_EQ(backend_.Accept(), 3U);
  EXPECT_EQ(stats().failure.value(), 0U);
  EXPECT_TRUE(host_->is_usable());
}

TEST_F(ActiveChecksTest, AHostCanSayThatItIsDegraded) {
  UseHttp();
  BecomeHealthy();
  Next(Answering("200 OK", "x-envoy-degraded: true\r\n"));
  EXPECT_EQ(host_->health(), balancing::HostHealth::kDegraded);
  Next(Answering("200 OK"));
  EXPECT_EQ(host_->health(), balancing::HostHealth::kHealthy);
}

// N14
TEST_F(ActiveChecksTest, AHostCanAskToBeLeftOut) {
  UseHttp();
  BecomeHealthy();
  Next(Answering("503 No", "x-envoy-immediate-health-check-fail: true\r\n"));
  EXPECT_TRUE(Has(host_, HealthFlag::kExcluded));
  Next(Answering("200 OK"));
  EXPECT_FALSE(Has(host_, HealthFlag::kExcluded));
}

// N14
TEST_F(ActiveChecksTest, TrafficCanTellThatAHostAsksToBeLeftOut) {
  UseHttp();
  BecomeHealthy();
  checks_->OnImmediateFailure(host_);
  EXPECT_FALSE(host_->is_usable());
  EXPECT_TRUE(Has(host_, HealthFlag::kExcluded));
  EXPECT_EQ(stats().passive_failure.value(), 1U);
  EXPECT_EQ(stats().healthy.value(), 0);
  Turn(3);
  Next(Answering("200 OK"));
  EXPECT_FALSE(host_->is_usable()) << "healthy_threshold";
  Next(Answering("200 OK"));
  EXPECT_TRUE(host_->is_usable());
  EXPECT_FALSE(Has(host_, HealthFlag::kExcluded));
  checks_->OnImmediateFailure(NewHost(balancing::HostAddress(9)));  // nobody's
  EXPECT_EQ(stats().passive_failure.value(), 1U);
}

TEST_F(ActiveChecksTest, ChecksMayGoElsewhere) {
  UseHttp();
  config_.alt_port = backend_.address().port();
  host_ = NewHost(backend_.address().WithPort(1));
  Begin({host_});
  Finish(Answering("200 OK"));
  EXPECT_TRUE(host_->is_usable());

  upstream::Backend other;
  balancing::HostCheck own;
  own.address = other.address();
  own.hostname = "elsewhere";
  host_ = NewHost(backend_.address(), std::make_shared<const balancing::HostCheck>(own));
  checks_->SetHosts({&host_, 1});
  std::string request;
  ASSERT_TRUE(TurnUntil([&] {
    if (other.Accept() == 1) request += other.peer(0).Receive();
    return !request.empty();
  }));
  EXPECT_NE(request.find("host: elsewhere"), std::string::npos) << request;
}

TEST_F(ActiveChecksTest, ExemptHostsAreLeftAlone) {
  UseHttp();
  balancing::HostCheck own;
  own.is_exempt = true;
  host_ = NewHost(backend_.address(), std::make_shared<const balancing::HostCheck>(own));
  Begin({host_});
  Turn(10);
  EXPECT_TRUE(checks_->has_first_round());
  EXPECT_EQ(stats().attempt.value(), 0U);
}

// N16
TEST_F(ActiveChecksTest, AHostMayLeaveWhileItIsChecked) {
  UseHttp();
  BeginOne();
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  checks_->SetHosts({});
  EXPECT_TRUE(checks_->has_first_round());
  Turn(5);
  backend_.peer(0).Receive();
  EXPECT_TRUE(backend_.peer(0).ended() || backend_.peer(0).error() != 0) << "the check is given up";
  Advance(10'000);
  EXPECT_EQ(stats().attempt.value(), 1U);
  EXPECT_EQ(results(), 0U);
}

// N16
TEST_F(ActiveChecksTest, TheClusterMayLeaveWhileItIsChecked) {
  UseHttp();
  BeginOne();
  ASSERT_TRUE(TurnUntil([&] { return backend_.Accept() == 1; }));
  checks_.reset();
  Turn(5);
  backend_.peer(0).Receive();
  EXPECT_TRUE(backend_.peer(0).ended() || backend_.peer(0).error() != 0);
  EXPECT_EQ(told_, 0);
}

// N13: they come by the thousand, and take turns.
TEST_F(ActiveChecksTest, ManyHostsDelayNothing) {
  config_.kind = CheckKind::kTcp;
  std::vector<balancing::HostPtr> hosts;
  for (int i = 0; i < 1000; ++i) hosts.push_back(NewHost(backend_.address()));
  Begin(hosts);
  uint64_t before = 0;
  for (int i = 0; i < 5000 && results() < 1000; ++i) {
    Turn();
    const uint64_t now = stats().attempt.value();
    EXPECT_LE(now - before, static_cast<uint64_t>(CheckRunner::kMostPerTurn));
    before = now;
    backend_.Accept();
  }
  Turn(3);
  EXPECT_EQ(stats().success.value(), 1000U);
  EXPECT_EQ(stats().healthy.value(), 1000);
  EXPECT_TRUE(checks_->has_first_round());
}

TEST_F(ActiveChecksTest, HostsThatBeganTogetherAreSpreadOverTheInterval) {
  config_.kind = CheckKind::kTcp;
  std::vector<balancing::HostPtr> hosts;
  for (int i = 0; i < 2000; ++i) hosts.push_back(NewHost(backend_.address()));
  Begin(hosts);
  const auto finish = [&](uint64_t count) {
    return TurnUntil([&] {
      backend_.Accept();
      return results() == count;
    });
  };
  ASSERT_TRUE(finish(2000)) << "the first at once";
  uint64_t before = 2000;
  for (int ms = 0; ms < 1000; ms += 10) {
    Advance(10);
    ASSERT_TRUE(finish(stats().attempt.value()));
    EXPECT_LE(results() - before, 22U);
    before = results();
  }
  EXPECT_EQ(before, 4000U);
  for (int ms = 0; ms < 3000; ms += 10) {
    Advance(10);
    ASSERT_TRUE(finish(stats().attempt.value()));
    EXPECT_LE(results() - before, 22U) << "and so they stay";
    before = results();
  }
  EXPECT_EQ(before, 10'000U);
}

TEST_F(ActiveChecksTest, TcpConnects) {
  BeginOne();
  Finish([&] { backend_.Accept(); });
  EXPECT_TRUE(host_->is_usable());
  EXPECT_EQ(LastOf(host_), "connected");
}

// N10
TEST_F(ActiveChecksTest, TcpSendsAndExpects) {
  config_.send = "PING\r\n";
  config_.receive = {"+PO", "NG"};
  BeginOne();
  std::string heard;
  Finish([&] {
    if (backend_.Accept() == 0) return;
    heard += backend_.peer(0).Receive();
    if (heard.ends_with("\n")) backend_.peer(0).Send("hm +PO N");
    if (heard.ends_with("\n")) backend_.peer(0).Send("G");
    if (heard.ends_with("\n")) backend_.peer(0).Send("NG");
    if (heard.ends_with("\n")) heard.clear();
  });
  EXPECT_EQ(LastOf(host_), "expected bytes");
  Advance(1000);
  Advance(500);
  EXPECT_EQ(LastOf(host_), "timeout");
  EXPECT_TRUE(host_->is_usable());
  Next([&] {
    if (backend_.Accept() > 1 && !backend_.peer(1).Receive().empty()) backend_.peer(1).Close();
  });
  EXPECT_EQ(LastOf(host_), "connection closed");
  EXPECT_FALSE(host_->is_usable());
}

TEST_F(ActiveChecksTest, TransportsAreTheClusters) {
  UseHttp();
  transport_ = std::make_shared<test::FakeClientTransports>();
  transport_->is_ready = false;
  BeginOne();
  Finish([] {});
  EXPECT_EQ(LastOf(host_), "handshake failed");
  transport_->is_ready = true;
  Advance(1000);
  ASSERT_TRUE(TurnUntil([&] { return !transport_->asked.empty(); }));
  EXPECT_EQ(transport_->asked[0].alpn, "http/1.1");
}

class GrpcChecksTest : public ChecksFixture {
 protected:
  // Replies with those bytes of a message, and that status.
  void Reply(std::string_view message, const std::string& grpc_status) {
    backend_.Run();
    for (size_t i = 0; i < backend_.connection_count(); ++i) {
      for (const auto& request : backend_.server(i).requests) {
        if (request->stream == nullptr || !request->ended) continue;
        seen_ = request->body;
        path_ = request->path;
        fields_ = request->fields;
        request->Reply(200, message,
                       {{"content-type", "application/grpc"}, {"grpc-status", grpc_status}});
      }
    }
    backend_.Run();
  }

  upstream::Http2Backend backend_;
  std::string seen_, path_, fields_;
};

TEST_F(GrpcChecksTest, AsksForTheService) {
  UseGrpc();
  config_.grpc_service = "shop";
  const balancing::HostPtr host = NewHost(backend_.address());
  Begin({host});
  Finish([&] { Reply(std::string_view("\0\0\0\0\2\x08\1", 7), "0"); });
  EXPECT_TRUE(host->is_usable());
  EXPECT_EQ(LastOf(host), "grpc SERVING");
  EXPECT_EQ(path_, "/grpc.health.v1.Health/Check");
  EXPECT_EQ(seen_, std::string("\0\0\0\0\6\x0a\4shop", 11));
  EXPECT_NE(fields_.find("content-type: application/grpc"), std::string::npos) << fields_;
  EXPECT_NE(fields_.find("te: trailers"), std::string::npos) << fields_;
}

TEST_F(GrpcChecksTest, AnythingButServingFails) {
  UseGrpc();
  const balancing::HostPtr host = NewHost(backend_.address());
  Begin({host});
  Finish([&] { Reply(std::string_view("\0\0\0\0\2\x08\2", 7), "0"); });
  EXPECT_EQ(LastOf(host), "grpc NOT_SERVING");
  Next([&] { Reply("", "12"); });
  EXPECT_EQ(LastOf(host), "grpc status 12");
  Next([&] { Reply(std::string_view("\0\0\0\0\2\x08", 6), "0"); });
  EXPECT_EQ(LastOf(host), "malformed response");
  Next([&] { Reply(std::string(5000, 'x'), "0"); });
  EXPECT_EQ(LastOf(host), "malformed response");
  Next([&] { Reply(std::string_view("\0\0\0\0\0", 5), "0"); });
  EXPECT_EQ(LastOf(host), "grpc UNKNOWN");
  EXPECT_FALSE(host->is_usable());
  EXPECT_EQ(backend_.connection_count(), 5U) << "a failure ends the connection";
}

TEST_F(ActiveChecksTest, EventsAreLogged) {
  test::TemporaryFolder folder;
  const std::string path = folder.path + "/events.log";
  base::LineWriter writer;
  const auto file = writer.Open(path);
  ASSERT_TRUE(file.ok());
  events_ = std::make_shared<CheckEventLog>(*file);
  UseHttp();
  BecomeHealthy();
  Next(Answering("503 No"));
  Next(Answering("503 No"));
  Next(Answering("200 OK", "x-envoy-degraded: true\r\n"));
  ASSERT_TRUE(writer.Flush());
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[0].find(R"("add_healthy_event":{"first_check":true})"), std::string::npos)
      << lines[0];
  EXPECT_NE(lines[0].find(R"("cluster_name":"web")"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find(R"("eject_unhealthy_event":{"http_status_code":503})"), std::string::npos)
      << lines[1];
  EXPECT_NE(lines[2].find("degraded_healthy_host"), std::string::npos) << lines[2];
}

}  // namespace
}  // namespace weir::health
