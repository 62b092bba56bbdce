// Whatever happens to requests, connections and hosts in whatever order: what is taken from the
// breakers is what runs, no limit is ever passed, and in the end everything was given back.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>

#include "test/upstream/http2_backend.h"
#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

constexpr uint32_t kMaxConnections = 3;
constexpr uint32_t kMaxRequests = 9;
constexpr uint32_t kMaxPending = 6;

enum class Step : uint8_t { kAsk, kCancel, kAnswer, kTurn, kGoaway, kLose, kRemoveHost, kTime };

class Pools final : public WorkerFixture {
 public:
  explicit Pools(bool uses_http2) : uses_http2_(uses_http2) {
    HttpConfig http;
    http.protocol = uses_http2 ? HttpProtocol::kHttp2 : HttpProtocol::kHttp1;
    http.http2.max_concurrent_streams = 3;
    options_.http = std::make_shared<const HttpConfig>(http);
    options_.breakers[0].max_connections = kMaxConnections;
    options_.breakers[0].max_requests = kMaxRequests;
    options_.breakers[0].max_pending_requests = kMaxPending;
    options_.idle_timeout_ms = 100;
    MakeCluster({Target()});
  }
  // Before the clients end, of whom some may still have streams when a check failed.
  ~Pools() override { delete std::exchange(worker_, nullptr); }
  void TestBody() override {}

  void Do(Step step, size_t which) {
    switch (step) {
      case Step::kAsk:
        clients_.emplace_back().Ask(*worker_);
        break;
      case Step::kCancel:
        Cancel(which);
        break;
      case Step::kAnswer:
        Answer();
        break;
      case Step::kTurn:
        Turn();
        break;
      case Step::kGoaway:
        if (Server(which) != nullptr) Server(which)->connection->Drain();
        break;
      case Step::kLose:
        Lose(which);
        break;
      case Step::kRemoveHost:
        worker_->OnHostsRemoved(SetHosts({}));
        SetHosts({Target()});
        break;
      case Step::kTime:
        Advance(60);
        break;
    }
    worker_->OnConnectionsFree(0);  // the broker's part
    Check();
  }
  // Everything that still runs ends.
  void Finish() {
    const auto is_over = [&] {
      Answer();
      worker_->OnConnectionsFree(0);
      for (const StreamClient& client : clients_) {
        if (client.is_pending() || client.stream != nullptr) return false;
      }
      return true;
    };
    RC_ASSERT(TurnUntil(is_over));
    const auto is_empty = [&] {
      Answer();
      Advance(20);
      return !worker_->has_connections();
    };
    RC_ASSERT(TurnUntil(is_empty));
    Check();
    RC_ASSERT(Taken(Resource::kConnections) == 0U);
    RC_ASSERT(stats().upstream_cx_active.value() == 0);
    RC_ASSERT(stats().upstream_cx_total.value() == stats().upstream_cx_destroy.value());
    RC_ASSERT(http2_stats().streams_active.value() == 0);
  }

 private:
  const net::Address& Target() { return uses_http2_ ? server_.address() : backend_.address(); }
  http2::Server* Server(size_t which) {
    const size_t count = server_.connection_count();
    return count == 0 ? nullptr : &server_.server(which % count);
  }
  void Answer() {
    if (uses_http2_) {
      server_.Answer();
    } else {
      backend_.Answer();
    }
  }
  void Cancel(size_t which) {
    if (clients_.empty()) return;
    StreamClient& client = clients_[which % clients_.size()];
    if (client.stream != nullptr) {
      client.stream->Reset(http::ResetKind::kCancel);
    } else {
      client.Cancel();
    }
  }
  void Lose(size_t which) {
    if (uses_http2_) {
      server_.Run();
      if (server_.connection_count() > 0) server_.raw(which % server_.connection_count()).Reset();
    } else if (const size_t count = backend_.Accept(); count > 0) {
      backend_.peer(which % count).Reset();
    }
  }
  void Check() {
    uint32_t running = 0, pending = 0;
    for (const StreamClient& client : clients_) {
      running += uint32_t{client.stream != nullptr};
      pending += uint32_t{client.is_pending()};
    }
    RC_ASSERT(Taken(Resource::kRequests) == running);
    RC_ASSERT(Taken(Resource::kPendingRequests) == pending);
    RC_ASSERT(stats().upstream_rq_active.value() == running);
    RC_ASSERT(stats().upstream_rq_pending_active.value() == pending);
    RC_ASSERT(Taken(Resource::kConnections) <= kMaxConnections);
    RC_ASSERT(running <= kMaxRequests);
    RC_ASSERT(stats().upstream_cx_active.value() == Taken(Resource::kConnections));
    for (const StreamClient& client : clients_) RC_ASSERT(client.done_count <= 1);
  }

  const bool uses_http2_;
  Http2Backend server_;
  std::deque<StreamClient> clients_;
};

void Play(bool uses_http2) {
  const auto steps = *rc::gen::container<std::vector<std::pair<int, size_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 24), rc::gen::inRange<size_t>(0, 50)));
  Pools pools(uses_http2);
  for (const auto& [number, which] : steps) {
    // Mostly requests and answers: else nothing ever runs for long.
    const int step = number < 8 ? number : number % 4;
    pools.Do(static_cast<Step>(step), which);
  }
  pools.Finish();
}

TEST(PoolAccounting, HoldsForHttp1) {
  EXPECT_TRUE(rc::check("HTTP/1", [] { Play(false); }));
}

TEST(PoolAccounting, HoldsForHttp2) {
  EXPECT_TRUE(rc::check("HTTP/2", [] { Play(true); }));
}

}  // namespace
}  // namespace weir::upstream
