// Drives HTTP/1 codecs without sockets: keeps the bytes a codec left unread as a connection would,
// shows them again, and records every event as a line of text.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/http/http1_client.h"
#include "source/http/http1_server.h"

namespace weir::http {

// "name: value" lines of a map, each with CRLF.
std::string FieldsToString(const HeaderMap& headers);
// "reset http1.invalid_status_line retryable", as the harnesses record errors.
std::string ErrorToString(const StreamError& error);

// What a server's user saw of one request.
struct SeenRequest final : ServerStreamHandler {
  void OnRequestHead(RequestHead& head, bool ends_stream) override;
  void OnRequestBody(base::Buffer& bytes, bool ends_stream) override;
  void OnRequestTrailers(HeaderMap& map) override;
  void OnStreamReset(const StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override { ++send_high; }
  void OnSendLow() override { ++send_low; }

  // One line; equal for equal requests however their bytes were split.
  std::string Summary() const;

  class ServerHarness* harness = nullptr;
  ServerStream* stream = nullptr;
  RequestHead* head = nullptr;  // until it is done
  std::string method, path, authority, scheme, upgrade, fields, body, trailers, error;
  int64_t content_length = 0;
  bool expects_continue = false;
  bool has_head = false, ended = false, done = false;
  int send_high = 0, send_low = 0;
};

// Replies 200 "ok" to each request as it ends, unless on_head or on_end say otherwise.
class ServerHarness final : public ServerConnectionHandler {
 public:
  explicit ServerHarness(Http1ServerOptions server_options = {});

  // Bytes from the peer; fed at once unless reading is paused.
  void Receive(std::string_view bytes);
  // In pieces of `size` bytes.
  void ReceiveSplit(std::string_view bytes, size_t size);
  void ReceiveEnd() { connection->OnPeerEnd(); }
  // What was written since the last call.
  std::string TakeOutput();
  // All requests, then how the connection stands: "open", "done", "aborted", "400 detail".
  std::string Summary() const;
  // The last request, or null.
  SeenRequest* last() { return requests.empty() ? nullptr : requests.back().get(); }

  static void Reply(ServerStream& stream, int status, std::string_view body, base::Arena& arena);
  void Reply(int status, std::string_view body);

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override { output_ended = true; }
  ServerStreamHandler& OnNewStream(ServerStream& stream, base::Arena& arena) override;
  void OnBadRequest(const StreamError& error, int status) override;
  void PauseReading() override { ++pauses; }
  void ResumeReading() override;
  bool YieldReading() override;
  void OnConnectionDone(bool lingers) override;
  void OnConnectionAbort() override { aborted = true; }

  Http1ServerOptions options;
  std::vector<std::unique_ptr<SeenRequest>> requests;
  std::function<void(SeenRequest&)> on_head;
  std::function<void(SeenRequest&)> on_body;
  std::function<void(SeenRequest&)> on_end;
  base::Arena* arena = nullptr;
  std::string unread;
  int pauses = 0;
  bool can_yield = true;
  int yields = 0;
  bool output_ended = false, done = false, lingers = false, aborted = false;
  int bad_status = 0;
  std::string bad_detail;
  std::unique_ptr<Http1ServerConnection> connection;

 private:
  void Pump();

  base::Buffer output_;
  bool is_feeding_ = false;
  bool must_feed_ = false;
  bool has_yielded_ = false;
};

// Sends one request after the other and records what comes back.
class ClientHarness final : public ClientConnectionHandler, public ClientStreamHandler {
 public:
  explicit ClientHarness(Http1ClientOptions client_options = {});

  // A new stream, its head sent.
  void Request(
      std::string_view method, std::string_view path, bool ends_stream = true,
      const std::function<void(RequestHead&)>& edit = [](RequestHead&) {});
  void SendBody(std::string_view bytes, bool ends_stream);
  void Receive(std::string_view bytes);
  void ReceiveSplit(std::string_view bytes, size_t size);
  void ReceiveEnd() { connection->OnPeerEnd(); }
  std::string TakeOutput();
  // The response's events in order, neighbouring body events joined.
  std::string Summary() const;

  base::Buffer& output() override { return output_; }
  void OnOutput() override {}
  void OnOutputEnd() override { output_ended = true; }
  void PauseReading() override { ++pauses; }
  void ResumeReading() override;
  void OnStreamSlotFree() override { ++slots_freed; }
  void OnConnectionDone() override { ++connection_done; }
  void OnConnectionAbort() override {
    ++connection_done;
    is_aborted = true;
  }

  void OnInformational(ResponseHead& head) override;
  void OnResponseHead(ResponseHead& head, bool ends_stream) override;
  void OnResponseBody(base::Buffer& bytes, bool ends_stream) override;
  void OnResponseTrailers(HeaderMap& map) override;
  void OnStreamReset(const StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override { ++send_high; }
  void OnSendLow() override { ++send_low; }

  Http1ClientOptions options;
  std::unique_ptr<base::Arena> arena;
  ClientStream* stream = nullptr;
  std::string events, fields, body, error_detail;
  int status = 0;
  int64_t content_length = -1;
  StreamError error;
  std::string unread;
  int pauses = 0;
  bool ended = false, output_ended = false, is_aborted = false;
  int done = 0, slots_freed = 0, connection_done = 0, send_high = 0, send_low = 0;
  std::function<void()> on_head;
  std::unique_ptr<Http1ClientConnection> connection;

 private:
  void Pump();

  base::Buffer output_;
  bool is_feeding_ = false;
  bool must_feed_ = false;
};

}  // namespace weir::http
