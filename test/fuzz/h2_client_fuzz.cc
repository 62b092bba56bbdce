// Plays a hostile upstream to an HTTP/2 client codec: frames and its owner's acts by a script
// (h2_script.h). Whatever comes, the codec survives, every response has a head, a middle and one
// end, and none outlives its connection.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/http2/http2_connection.h"
#include "test/fuzz/h2_script.h"

namespace weir::http2 {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class Response final : public http::ClientStreamHandler {
 public:
  void OnInformational(http::ResponseHead& head) override {
    Require(!has_head_ && stream != nullptr && head.status < 200, "a hint out of place");
  }
  void OnResponseHead(http::ResponseHead& head, bool ends_stream) override {
    Require(!has_head_ && stream != nullptr, "a head too many");
    Require(head.status == 101 ? !head.upgrade.empty() : head.status >= 200 && head.status < 600,
            "a status that is none");
    for (const http::Header& field : head.headers) {
      for (const char c : field.value) Require(c != '\r' && c != '\n' && c != 0, "a split value");
    }
    has_head_ = true;
    has_ended_ = ends_stream;
    if (act == 1) stream->Reset(http::ResetKind::kCancel);
    if (act == 2) stream->PauseReceiving();
  }
  void OnResponseBody(base::Buffer& body, bool ends_stream) override {
    Require(has_head_ && !has_ended_ && stream != nullptr, "a body out of place");
    body.Clear();
    has_ended_ = ends_stream;
    if (act == 3) stream->Reset(http::ResetKind::kInternal);
  }
  void OnResponseTrailers(http::HeaderMap&) override {
    Require(has_head_ && !has_ended_ && stream != nullptr, "trailers out of place");
    has_ended_ = true;
  }
  void OnStreamReset(const http::StreamError& error) override {
    Require(stream != nullptr && error && !was_reset_, "a reset out of place");
    was_reset_ = true;
  }
  void OnStreamDone() override {
    Require(stream != nullptr, "done twice");
    stream = nullptr;
  }
  void OnSendHigh() override {}
  void OnSendLow() override {}

  http::ClientStream* stream = nullptr;
  base::Arena arena;
  uint8_t act = 0;

 private:
  bool has_head_ = false, has_ended_ = false, was_reset_ = false;
};

class Owner final : public http::ClientConnectionHandler {
 public:
  explicit Owner(const Options& options) {
    connection = CreateClient(*this, options, stats_, false);
  }
  ~Owner() {
    connection->OnConnectionLost({http::ErrorKind::kPeerReset, http::Side::kUpstream, false, "x"});
    Require(connection->active_streams() == 0, "a stream outlives its connection");
    for (const auto& response : responses) Require(!response->stream, "a handler was forgotten");
    Require(stats_.streams_active.value() == 0, "streams are miscounted");
  }

  void Ask(uint8_t kind) {
    if (!connection->can_take_stream() || responses.size() == 64) return;
    auto& response = *responses.emplace_back(std::make_unique<Response>());
    response.act = kind % 4;
    response.stream = &connection->NewStream(response, response.arena);
    http::RequestHead head(response.arena);
    head.method_name = kind % 8 == 7 ? "HEAD" : kind % 2 == 0 ? "GET" : "POST";
    head.method = http::ParseMethod(head.method_name);
    head.path = "/";
    head.authority = "a.test";
    head.scheme = "http";
    if (kind % 8 == 6) head.upgrade = "websocket";
    const bool ends_stream = kind % 2 == 0 && head.upgrade.empty();
    head.content_length = ends_stream ? 0 : -1;
    response.stream->SendHead(head, ends_stream);
    if (ends_stream || response.stream == nullptr) return;
    base::Buffer body;
    body.Append(std::string(kind % 8 == 5 ? 100'000 : 10, 'u'));
    response.stream->SendBody(body, kind % 8 == 3);
  }

  void Receive(std::string_view bytes) {
    const std::vector<char> shown(bytes.begin(), bytes.end());
    Require(connection->Feed({shown.data(), shown.size()}) == bytes.size(), "bytes were left");
  }

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnStreamSlotFree() override {}
  void OnConnectionDone() override {
    Require(!connection->can_take_stream(), "done, and yet it takes streams");
  }

  std::vector<std::unique_ptr<Response>> responses;
  std::unique_ptr<http::ClientConnection> connection;

 private:
  Stats stats_;
  base::Buffer output_;
};

void Act(uint8_t act, Owner& owner) {
  switch (act) {
    case 0xf0:
      return owner.connection->OnOutputHigh();
    case 0xf1:
      return owner.connection->OnOutputLow();
    case 0xf2:
      return owner.connection->Drain();
    case 0xf3:
      return owner.connection->OnPeerEnd();
    case 0xf4:
      return owner.connection->SendPing();
    case 0xf5:
      for (const auto& response : owner.responses) {
        if (response->stream != nullptr) response->stream->ResumeReceiving();
      }
      return;
    case 0xf6:
      for (const auto& response : owner.responses) {
        if (response->stream != nullptr) return response->stream->Reset(http::ResetKind::kCancel);
      }
      return;
    case 0xf7:
      return owner.output().Clear();
    default:
      return owner.Ask(act);
  }
}

}  // namespace
}  // namespace weir::http2

// The first byte chooses options, the rest is the script.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http2;
  if (size < 1 || size > 4096) return 0;
  Options options;
  options.limits.max_head_bytes = 512;
  options.limits.max_headers = 10;
  options.limits.max_trailers = 3;
  options.allow_trailers = (data[0] & 1) != 0;
  options.send_buffer_bytes = 1000;
  Owner owner(options);
  if ((data[0] & 2) != 0) owner.Receive(std::string_view("\0\0\6\4\0\0\0\0\0\0\x8\0\0\0\1", 15));
  Script script({reinterpret_cast<const char*>(data) + 1, size - 1});
  Script::Step step;
  owner.Ask(0);
  while (script.Next(step)) {
    if (step.is_act) {
      Act(step.act, owner);
    } else {
      owner.Receive(step.frame);
    }
  }
  return 0;
}
