// What one small message costs each codec. Instructions: run one under callgrind or perf stat with
// --benchmark_filter and a fixed --benchmark_min_time.
#include <benchmark/benchmark.h>

#include <string_view>

#include "source/http/http1_client.h"
#include "source/http/http1_server.h"

namespace weir::http {
namespace {

constexpr std::string_view kRequest =
    "GET /service/v1/items?id=42 HTTP/1.1\r\nHost: 127.0.0.1:10000\r\n"
    "User-Agent: benchmark/1.0\r\nAccept: */*\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nServer: backend\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

// A proxy without sockets: the server codec's request goes to the client codec, its response back.
class Relay final : public ServerConnectionHandler,
                    public ServerStreamHandler,
                    public ClientConnectionHandler,
                    public ClientStreamHandler {
 public:
  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnSendHigh() override {}
  void OnSendLow() override {}
  void OnStreamReset(const StreamError&) override {}
  void OnStreamDone() override {}

  ServerStreamHandler& OnNewStream(ServerStream& stream, base::Arena& arena) override {
    downstream_ = &stream;
    arena_ = &arena;
    return *this;
  }
  void OnBadRequest(const StreamError&, int) override {}
  void OnConnectionDone(bool) override {}
  void OnConnectionAbort() override {}
  void OnRequestHead(RequestHead& head, bool ends_stream) override {
    if (client == nullptr) return;
    client->NewStream(*this, *arena_).SendHead(head, ends_stream);
  }
  void OnRequestBody(base::Buffer&, bool) override {}
  void OnRequestTrailers(HeaderMap&) override {}

  void OnStreamSlotFree() override {}
  void OnConnectionDone() override {}
  void OnInformational(ResponseHead&) override {}
  void OnResponseHead(ResponseHead& head, bool ends_stream) override {
    downstream_->SendHead(head, ends_stream);
  }
  void OnResponseBody(base::Buffer& body, bool ends_stream) override {
    downstream_->SendBody(body, ends_stream);
  }
  void OnResponseTrailers(HeaderMap&) override {}

  Http1ClientConnection* client = nullptr;

 private:
  base::Buffer output_;
  ServerStream* downstream_ = nullptr;
  base::Arena* arena_ = nullptr;
};

void ParseRequestHead(benchmark::State& state) {
  const Http1ServerOptions options;
  RequestParser parser(options);
  base::Arena arena;
  for (auto _ : state) {
    ParsedRequest request;
    size_t consumed = 0;
    benchmark::DoNotOptimize(parser.Parse(kRequest, arena, request, consumed));
    arena.Reset();
  }
}
BENCHMARK(ParseRequestHead);

void ParseResponseHead(benchmark::State& state) {
  const CodecLimits limits;
  ResponseParser parser(limits);
  base::Arena arena;
  for (auto _ : state) {
    ParsedResponse response;
    size_t consumed = 0;
    benchmark::DoNotOptimize(parser.Parse(kResponse, Method::kGet, arena, response, consumed));
    arena.Reset();
  }
}
BENCHMARK(ParseResponseHead);

void RelayOneRequest(benchmark::State& state) {
  const Http1ServerOptions server_options;
  const Http1ClientOptions client_options;
  Relay relay;
  Http1ServerConnection server(relay, server_options);
  Http1ClientConnection client(relay, client_options);
  relay.client = &client;
  for (auto _ : state) {
    server.Feed(kRequest);
    client.Feed(kResponse);
    relay.output().Clear();
  }
}
BENCHMARK(RelayOneRequest);

}  // namespace
}  // namespace weir::http

BENCHMARK_MAIN();
