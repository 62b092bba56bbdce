// A request through either HTTP/2 codec allocates nothing of ours once its connection is warm.
// (nghttp2 takes what it needs from malloc, which is not counted here.)
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "source/http2/http2_connection.h"
#include "test/support/allocation_counter.h"

namespace weir::http2 {
namespace {

constexpr int kWarmUp = 20;
constexpr int kRounds = 1000;

// Answers every request with the same response.
class Responder final : public http::ServerConnectionHandler, public http::ServerStreamHandler {
 public:
  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena& arena) override {
    stream_ = &stream;
    arena_ = &arena;
    return *this;
  }
  void OnBadRequest(const http::StreamError&, int) override { ++failures; }
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnConnectionDone(bool) override { ++failures; }
  void OnConnectionAbort() override { ++failures; }

  void OnRequestHead(http::RequestHead&, bool) override {}
  void OnRequestBody(base::Buffer& body, bool ends_stream) override {
    body.Clear();
    if (ends_stream) Reply();
  }
  void OnRequestTrailers(http::HeaderMap&) override {}
  void OnStreamReset(const http::StreamError&) override { ++failures; }
  void OnStreamDone() override { ++done; }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  int done = 0;
  int failures = 0;

 private:
  void Reply() {
    http::ResponseHead head(*arena_);
    for (int i = 0; i < 10; ++i) head.headers.Add("x-header", "value");
    stream_->SendHead(head, false);
    base::Buffer body;
    body.Commit(1024 * (body.Reserve(1024) != nullptr));
    stream_->SendBody(body, false);
    http::HeaderMap trailers(*arena_);
    trailers.Add("x-sum", "1");
    stream_->SendTrailers(trailers);
  }

  base::Buffer output_;
  http::ServerStream* stream_ = nullptr;
  base::Arena* arena_ = nullptr;
};

class Requester final : public http::ClientConnectionHandler, public http::ClientStreamHandler {
 public:
  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnStreamSlotFree() override {}
  void OnConnectionDone() override { ++failures; }

  void OnInformational(http::ResponseHead&) override {}
  void OnResponseHead(http::ResponseHead&, bool) override {}
  void OnResponseBody(base::Buffer& body, bool) override { body.Clear(); }
  void OnResponseTrailers(http::HeaderMap&) override { ++trailers; }
  void OnStreamReset(const http::StreamError&) override { ++failures; }
  void OnStreamDone() override { ++done; }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  void Ask(http::ClientConnection& connection) {
    arena_.Reset();
    http::ClientStream& stream = connection.NewStream(*this, arena_);
    http::RequestHead head(arena_);
    head.method_name = "POST";
    head.method = http::Method::kPost;
    head.path = "/some/path?query";
    head.authority = "example.com";
    head.scheme = "http";
    head.content_length = -1;
    for (int i = 0; i < 15; ++i) head.headers.Add("x-header", "some value");
    stream.SendHead(head, false);
    base::Buffer body;
    body.Append("hello");
    stream.SendBody(body, true);
  }

  int done = 0;
  int failures = 0;
  int trailers = 0;

 private:
  base::Arena arena_;
  base::Buffer output_;
};

template <class Connection>
void Carry(base::Buffer& from, Connection& to) {
  while (!from.empty()) {
    const std::string_view bytes = from.Front();
    ASSERT_EQ(to.Feed(bytes), bytes.size());
    from.Drain(bytes.size());
  }
}

TEST(StreamAllocationTest, ARequestAllocatesNothing) {
  const Options options;
  Stats stats;
  Responder responder;
  Requester requester;
  const auto server = CreateServer(responder, options, stats);
  const auto client = CreateClient(requester, options, stats, false);
  const auto exchange = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      requester.Ask(*client);
      while (!requester.output().empty() || !responder.output().empty()) {
        Carry(requester.output(), *server);
        Carry(responder.output(), *client);
      }
    }
  };
  exchange(kWarmUp);
  const test::AllocationCounter counter;
  exchange(kRounds);
  EXPECT_EQ(counter.count(), 0);
  EXPECT_EQ(responder.done, kWarmUp + kRounds);
  EXPECT_EQ(requester.done, kWarmUp + kRounds);
  EXPECT_EQ(requester.trailers, kWarmUp + kRounds);
  EXPECT_EQ(responder.failures + requester.failures, 0);
}

}  // namespace
}  // namespace weir::http2
