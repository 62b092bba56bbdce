// Drives HTTP/2 codecs without sockets. A Server and a Client can be joined by a Wire, which
// carries bytes between them in pieces of any size; or a Server hears frames that a test writes by
// hand. Every event is kept as a line of text.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/http2/http2_connection.h"

struct nghttp2_hd_deflater;

namespace weir::http2 {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string ToText(const http::HeaderMap& map);
std::string ToText(const http::StreamError& error);

// One request as a server's user saw it.
struct SeenRequest final : http::ServerStreamHandler {
  void OnRequestHead(http::RequestHead& request, bool ends_stream) override;
  void OnRequestBody(base::Buffer& bytes, bool ends_stream) override;
  void OnRequestTrailers(http::HeaderMap& map) override;
  void OnStreamReset(const http::StreamError& why) override;
  void OnStreamDone() override;
  void OnSendHigh() override { ++highs; }
  void OnSendLow() override;

  void Reply(int status, std::string_view bytes, const Fields& fields = {});
  void SendHead(int status, bool ends_stream, int64_t length = -1, const Fields& fields = {});
  void SendBody(std::string_view bytes, bool ends_stream);

  class Server* server = nullptr;
  http::ServerStream* stream = nullptr;  // null once it is done
  base::Arena* arena = nullptr;
  http::RequestHead* head = nullptr;
  std::string method, path, authority, scheme, upgrade, fields, body, trailers, error;
  int64_t content_length = 0;
  bool expects_continue = false, ended = false, done = false;
  int highs = 0, lows = 0;
};

// Replies 200 "ok" to each request when it has ended, unless `answers` is off.
class Server final : public http::ServerConnectionHandler {
 public:
  explicit Server(Options server_options = {});

  void Receive(std::string_view bytes);
  std::string TakeOutput();
  SeenRequest& last() { return *requests.back(); }

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena& arena) override;
  void OnBadRequest(const http::StreamError& error, int status) override;
  void PauseReading() override {}
  void ResumeReading() override {}
  bool YieldReading() override;
  void OnConnectionDone(bool lingers) override;
  void OnConnectionAbort() override {}
  void OnPingAck() override { ++pongs; }

  Options options;
  Stats stats;
  std::vector<std::unique_ptr<SeenRequest>> requests;
  std::vector<std::string> refused;  // "400 http2.invalid_path"
  std::function<void(SeenRequest&)> on_head, on_end;
  bool answers = true, yields = false, is_done = false;
  int pongs = 0, yield_count = 0;
  std::unique_ptr<http::ServerConnection> connection;

 private:
  base::Buffer output_;
  std::string unread_;
};

// One response as a client's user saw it.
struct SeenResponse final : http::ClientStreamHandler {
  void OnInformational(http::ResponseHead& response) override;
  void OnResponseHead(http::ResponseHead& response, bool ends_stream) override;
  void OnResponseBody(base::Buffer& bytes, bool ends_stream) override;
  void OnResponseTrailers(http::HeaderMap& map) override;
  void OnStreamReset(const http::StreamError& why) override;
  void OnStreamDone() override;
  void OnSendHigh() override { ++highs; }
  void OnSendLow() override { ++lows; }

  void SendBody(std::string_view bytes, bool ends_stream);

  base::Arena arena;
  http::ClientStream* stream = nullptr;
  int status = 0;
  int64_t content_length = -1;
  std::string informational, upgrade, fields, body, trailers, error;
  bool is_retryable = false, ended = false, done = false;
  int highs = 0, lows = 0;
};

class Client final : public http::ClientConnectionHandler {
 public:
  explicit Client(Options client_options = {}, bool is_secure = false);

  SeenResponse& Request(
      std::string_view method, std::string_view path, bool ends_stream = true,
      const std::function<void(http::RequestHead&)>& edit = [](http::RequestHead&) {});
  void Receive(std::string_view bytes) { connection->Feed(bytes); }
  std::string TakeOutput();

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  void OnStreamSlotFree() override { ++slots; }
  void OnCapacityChanged() override { ++capacity_changes; }
  void OnConnectionDone() override { ++ends; }
  void OnPingAck() override { ++pongs; }

  Options options;
  Stats stats;
  std::vector<std::unique_ptr<SeenResponse>> responses;
  int slots = 0, capacity_changes = 0, ends = 0, pongs = 0;
  std::unique_ptr<http::ClientConnection> connection;

 private:
  base::Buffer output_;
};

// Carries bytes both ways until neither side has anything to say.
void Exchange(Client& client, Server& server, size_t piece = SIZE_MAX);

// Frames by hand.
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
std::string Settings(const std::vector<std::pair<uint16_t, uint32_t>>& entries = {});
// Encodes fields the way a peer would, one connection's state at a time.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  std::string Encode(const Fields& fields);

 private:
  ::nghttp2_hd_deflater* deflater_ = nullptr;
};
Fields Get(const Fields& more = {});  // a GET of "/" at "a.test"

// What a server answers, frame by frame: "SETTINGS GOAWAY(11) RST_STREAM 1(1)".
std::string Describe(std::string_view frames);

// A peer that writes frames by hand: preface and settings are sent and answered.
struct RawPeer {
  explicit RawPeer(Options options = {});
  // A whole request head; the number of its stream.
  uint32_t Head(const Fields& fields, bool ends_stream = true);
  void Send(std::string_view frames) { server.Receive(frames); }
  std::string Answer() { return Describe(server.TakeOutput()); }

  Server server;
  Encoder encoder;
  uint32_t next_stream = 1;
};

}  // namespace weir::http2
