// A kept-alive request through either codec allocates nothing once its connection is warm.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "source/http/http1_client.h"
#include "source/http/http1_server.h"
#include "test/support/allocation_counter.h"

namespace weir::http {
namespace {

constexpr int kWarmUp = 10;
constexpr int kRounds = 1000;

// Answers every request with the same response.
class Responder final : public ServerConnectionHandler, public ServerStreamHandler {
 public:
  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  ServerStreamHandler& OnNewStream(ServerStream& stream, base::Arena& arena) override {
    stream_ = &stream;
    arena_ = &arena;
    return *this;
  }
  void OnBadRequest(const StreamError&, int) override { ++failures; }
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnConnectionDone(bool) override { ++failures; }
  void OnConnectionAbort() override { ++failures; }

  void OnRequestHead(RequestHead&, bool ends_stream) override {
    if (ends_stream) Reply();
  }
  void OnRequestBody(base::Buffer& body, bool ends_stream) override {
    body.Clear();
    if (ends_stream) Reply();
  }
  void OnRequestTrailers(HeaderMap&) override {}
  void OnStreamReset(const StreamError&) override { ++failures; }
  void OnStreamDone() override { ++done; }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  int done = 0;
  int failures = 0;

 private:
  void Reply() {
    ResponseHead head(*arena_);
    for (int i = 0; i < 10; ++i) head.headers.Add("x-header", "value");
    head.content_length = is_chunked_ ? -1 : 1024;
    is_chunked_ = !is_chunked_;
    stream_->SendHead(head, false);
    base::Buffer body;
    body.Commit(1024 * (body.Reserve(1024) != nullptr));
    stream_->SendBody(body, true);
  }

  base::Buffer output_;
  ServerStream* stream_ = nullptr;
  base::Arena* arena_ = nullptr;
  bool is_chunked_ = false;
};

TEST(CodecAllocationTest, ServerAllocatesNothing) {
  std::string request = "POST /some/path?query HTTP/1.1\r\nHost: example.com\r\n";
  for (int i = 0; i < 15; ++i) request += "X-Field-" + std::to_string(i) + ": some value\r\n";
  const std::string counted = request + "Content-Length: 5\r\n\r\nhello";
  const std::string chunked = request + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const Http1ServerOptions options;
  Responder responder;
  Http1ServerConnection connection(responder, options);
  const auto serve = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      for (std::string_view bytes : {std::string_view(counted), std::string_view(chunked)}) {
        ASSERT_EQ(connection.Feed(bytes), bytes.size());
        responder.output().Clear();
      }
    }
  };
  serve(kWarmUp);
  const test::AllocationCounter counter;
  serve(kRounds);
  EXPECT_EQ(counter.count(), 0);
  EXPECT_EQ(responder.done, 2 * (kWarmUp + kRounds));
  EXPECT_EQ(responder.failures, 0);
}

class Requester final : public ClientConnectionHandler, public ClientStreamHandler {
 public:
  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnStreamSlotFree() override {}
  void OnConnectionDone() override { ++failures; }

  void OnInformational(ResponseHead&) override {}
  void OnResponseHead(ResponseHead&, bool) override {}
  void OnResponseBody(base::Buffer& body, bool) override { body.Clear(); }
  void OnResponseTrailers(HeaderMap&) override {}
  void OnStreamReset(const StreamError&) override { ++failures; }
  void OnStreamDone() override { ++done; }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  int done = 0;
  int failures = 0;

 private:
  base::Buffer output_;
};

TEST(CodecAllocationTest, ClientAllocatesNothing) {
  std::string fields = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 15; ++i) fields += "X-Field-" + std::to_string(i) + ": some value\r\n";
  const std::string counted = fields + "Content-Length: 5\r\n\r\nhello";
  const std::string chunked = fields + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const Http1ClientOptions options;
  Requester requester;
  Http1ClientConnection connection(requester, options);
  base::Arena arena;
  const auto request = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      const std::string_view response = i % 2 == 0 ? counted : chunked;
      ClientStream& stream = connection.NewStream(requester, arena);
      {
        RequestHead head(arena);
        head.method_name = "POST";
        head.method = Method::kPost;
        head.path = "/some/path";
        head.authority = "example.com";
        for (int field = 0; field < 10; ++field) head.headers.Add("x-header", "value");
        head.content_length = i % 2 == 0 ? -1 : 5;
        stream.SendHead(head, false);
      }
      base::Buffer body;
      body.Append("hello");
      stream.SendBody(body, true);
      ASSERT_EQ(connection.Feed(response), response.size());
      requester.output().Clear();
      arena.Reset();
    }
  };
  request(kWarmUp);
  const test::AllocationCounter counter;
  request(kRounds);
  EXPECT_EQ(counter.count(), 0);
  EXPECT_EQ(requester.done, kWarmUp + kRounds);
  EXPECT_EQ(requester.failures, 0);
}

}  // namespace
}  // namespace weir::http
