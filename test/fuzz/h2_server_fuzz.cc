// Feeds an HTTP/2 server codec frames and its owner's acts (h2_script.h), or plain bytes whole and
// in pieces. Whatever they are: the codec survives, tells each stream a story with a head, a middle
// and one end, ends every stream with the connection, and hears the same requests however the bytes
// were split.
#include <algorithm>
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

class Owner;

// Does something different with every request.
class Request final : public http::ServerStreamHandler {
 public:
  Request(Owner& owner, http::ServerStream& stream, base::Arena& arena, size_t number)
      : owner_(owner), stream_(&stream), arena_(arena), number_(number) {}

  void OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  void OnRequestBody(base::Buffer& body, bool ends_stream) override;
  void OnRequestTrailers(http::HeaderMap& trailers) override;
  void OnStreamReset(const http::StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override {
    Require(!is_high_, "high twice");
    is_high_ = true;
  }
  void OnSendLow() override {
    Require(is_high_, "low without high");
    is_high_ = false;
  }

  http::ServerStream* stream() const { return stream_; }
  std::string text, body;
  bool paused = false;

 private:
  void End();
  void Answer();

  Owner& owner_;
  http::ServerStream* stream_;
  base::Arena& arena_;
  const size_t number_;
  bool has_head_ = false, has_ended_ = false, was_reset_ = false, is_high_ = false;
};

class Owner final : public http::ServerConnectionHandler {
 public:
  // `acts`: requests are treated in turn in all ways; else each is just answered.
  Owner(const Options& options, bool acts) : acts_(acts) {
    connection = CreateServer(*this, options, stats_);
  }
  ~Owner() {
    connection->OnConnectionLost(
        {http::ErrorKind::kPeerClosed, http::Side::kDownstream, false, "x"});
    Require(!connection->has_streams(), "a stream outlives its connection");
    for (const auto& request : requests) Require(!request->stream(), "a handler was forgotten");
    Require(stats_.streams_active.value() == 0, "streams are miscounted");
    connection.reset();
    Require(stats_.pending_send_bytes.value() == 0, "what waits to be sent is miscounted");
  }

  void Receive(std::string_view bytes) {
    unread_ += bytes;
    while (!unread_.empty() && pauses_ == 0) {
      // Memory of its own and of exact size, so that the sanitizers see a read past its end.
      const std::vector<char> shown(unread_.begin(), unread_.end());
      const size_t consumed = connection->Feed({shown.data(), shown.size()});
      Require(consumed <= unread_.size(), "more was consumed than there was");
      unread_.erase(0, consumed);
      if (consumed == 0) return;
    }
  }

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena& arena) override {
    Require(!is_done, "a request after the end");
    requests.push_back(std::make_unique<Request>(*this, stream, arena, requests.size()));
    return *requests.back();
  }
  void OnBadRequest(const http::StreamError& error, int status) override {
    Require(error.side == http::Side::kDownstream, "whose fault?");
    ++refused;
    connection->SendErrorReply(status, {});
  }
  void PauseReading() override { ++pauses_; }
  void ResumeReading() override {
    Require(pauses_-- > 0, "resumed without a pause");
    if (pauses_ == 0) Receive({});
  }
  void OnConnectionDone(bool) override {
    Require(!is_done, "done twice");
    is_done = true;
  }
  void OnConnectionAbort() override {}

  bool acts() const { return acts_; }
  std::vector<std::unique_ptr<Request>> requests;
  std::unique_ptr<http::ServerConnection> connection;
  int refused = 0;
  bool is_done = false;

 private:
  const bool acts_;
  Stats stats_;
  base::Buffer output_;
  std::string unread_;
  int pauses_ = 0;
};

void Request::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  Require(!has_head_ && stream_ != nullptr, "a head too many");
  has_head_ = true;
  text = std::string(head.method_name) + " " + std::string(head.authority) + std::string(head.path);
  for (const http::Header& field : head.headers) {
    Require(!field.name.empty(), "a field without a name");
    for (const char c : field.value) Require(c != '\r' && c != '\n' && c != 0, "a split value");
    text += "|" + std::string(field.name) + ":" + std::string(field.value);
  }
  for (const char c : text) Require(c != '\r' && c != '\n' && c != 0, "a split head");
  if (owner_.acts()) {
    if (number_ % 8 == 1) return stream_->Reset(http::ResetKind::kCancel);
    if (number_ % 8 == 2) stream_->PauseReceiving();
    paused = number_ % 8 == 2;
    if (number_ % 8 == 3) Answer();  // before the body is there
    if (number_ % 8 == 5) owner_.connection->Drain();
  }
  if (ends_stream) End();
}

void Request::OnRequestBody(base::Buffer& bytes, bool ends_stream) {
  Require(has_head_ && !has_ended_ && stream_ != nullptr, "a body out of place");
  body += bytes.ToString();
  bytes.Clear();
  if (ends_stream) End();
}

void Request::OnRequestTrailers(http::HeaderMap&) {
  Require(has_head_ && !has_ended_ && stream_ != nullptr, "trailers out of place");
  End();
}

void Request::End() {
  has_ended_ = true;
  if (stream_ != nullptr) Answer();
}

void Request::Answer() {
  http::ResponseHead head(arena_);
  head.status = number_ % 8 == 4 ? 101 : 200;
  head.headers.Add("x-answer", "1");
  const bool has_body = number_ % 2 == 0;
  if (owner_.acts() && number_ % 8 == 6) {
    http::ResponseHead hint(arena_);
    hint.status = 103;
    stream_->SendInformational(hint);
  }
  stream_->SendHead(head, !has_body);
  if (!has_body || stream_ == nullptr) return;
  base::Buffer bytes;
  bytes.Append(std::string(number_ % 4 == 0 ? 100'000 : 10, 'd'));
  const bool has_trailers = owner_.acts() && number_ % 8 == 6;
  stream_->SendBody(bytes, !has_trailers);
  if (!has_trailers || stream_ == nullptr) return;
  http::HeaderMap trailers(arena_);
  trailers.Add("x-sum", "1");
  stream_->SendTrailers(trailers);
}

void Request::OnStreamReset(const http::StreamError& error) {
  Require(!was_reset_ && stream_ != nullptr && error, "a reset out of place");
  was_reset_ = true;
}

void Request::OnStreamDone() {
  Require(stream_ != nullptr, "done twice");
  stream_ = nullptr;
}

Options OptionsFrom(uint8_t byte) {
  Options options;
  options.allow_connect = (byte & 1) != 0;
  options.allow_trailers = (byte & 2) != 0;
  options.underscores = static_cast<http::UnderscoreAction>((byte >> 2) % 3);
  // Small, so that short inputs reach them; those that time decides are out of reach.
  options.limits.max_head_bytes = 512;
  options.limits.max_headers = 10;
  options.limits.max_uri_bytes = 64;
  options.limits.max_trailers = 3;
  options.max_concurrent_streams = 100'000;
  options.reset_burst = 1'000'000;
  options.send_buffer_bytes = 1000;
  return options;
}

void Act(uint8_t act, Owner& owner) {
  switch (act) {
    case 0xf0:
      return owner.connection->OnOutputHigh();
    case 0xf1:
      return owner.connection->OnOutputLow();
    case 0xf2:
      return owner.connection->AnnounceDrain();
    case 0xf3:
      return owner.connection->Drain();
    case 0xf4:
      return owner.connection->SendPing();
    case 0xf5:
      return owner.output().Clear();
    case 0xf6:
      return owner.connection->OnPeerEnd();
    case 0xf7:
      for (const auto& request : owner.requests) {
        if (request->stream() == nullptr || !request->paused) continue;
        request->paused = false;
        request->stream()->ResumeReceiving();
      }
      return;
    case 0xfe:
      return owner.connection->CheckSettled();
    case 0xff:
      for (int i = 0; i < 6; ++i) owner.connection->CheckProgress();
      return;
    default:
      if (act - 0xf8u >= owner.requests.size()) return;
      if (auto* stream = owner.requests[act - 0xf8u]->stream()) {
        stream->Reset(static_cast<http::ResetKind>(act % 4));
      }
  }
}

void PlayScript(std::string_view bytes, const Options& options) {
  Owner owner(options, true);
  owner.Receive(std::string(kPreface) + std::string("\0\0\0\4\0\0\0\0\0", 9));
  Script script(bytes);
  Script::Step step;
  while (script.Next(step)) {
    if (step.is_act) {
      Act(step.act, owner);
    } else {
      owner.Receive(step.frame);
    }
  }
}

void CompareSplits(std::string_view bytes, const Options& options, uint8_t seed) {
  Owner whole(options, false);
  whole.Receive(bytes);
  Owner split(options, false);
  uint32_t random = seed;
  for (size_t at = 0; at < bytes.size();) {
    random = random * 1664525 + 1013904223;
    const size_t step = 1 + (random >> 24) % (seed % 32 + 1);
    split.Receive(bytes.substr(at, step));
    at += step;
  }
  // What is answered while a connection's end is already among the bytes depends on when it is
  // looked at; what is asked does not.
  const size_t common = std::min(whole.requests.size(), split.requests.size());
  if (!whole.is_done && !split.is_done) {
    Require(whole.refused == split.refused, "the split decides what is refused");
    Require(whole.requests.size() == split.requests.size(), "the split decides what is a request");
  }
  for (size_t i = 0; i < common; ++i) {
    const Request& one = *whole.requests[i];
    const Request& other = *split.requests[i];
    Require(one.text == other.text, "the split decides what is asked");
    // Of a frame that turns out to be bad, more or less may have been passed on before.
    Require(one.body.starts_with(other.body) || other.body.starts_with(one.body),
            "the split decides what is in a body");
  }
}

}  // namespace
}  // namespace weir::http2

// The first byte chooses options and how the rest is read, the second the pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http2;
  if (size < 2 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Options options = OptionsFrom(data[0]);
  if ((data[0] & 0x80) != 0) {
    PlayScript(bytes, options);
  } else {
    const bool has_preface = (data[0] & 0x40) != 0;
    CompareSplits((has_preface ? std::string(kPreface) : std::string()) + std::string(bytes),
                  options, data[1]);
  }
  return 0;
}
