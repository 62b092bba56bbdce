// HTTP/1.1 towards a downstream peer: requests in, one at a time, responses out.
//
// The next request is read only when the current stream is over; until then its bytes stay with the
// caller (Feed returns less) and reading is paused as soon as there are any. A response that ends
// before its request was read leaves the rest to be drained, up to kMaxDrainBytes, or the
// connection ends: an unread body is never taken for a request. One connection on one worker; the
// stream object and the arena are part of it, so that a kept-alive request allocates nothing.
//
//            ┌──────────────────── stream over ◄─────────────────────────────┐
//            ▼                                                               │
//        kRequestHead ─┬─ no body ───────────────────────► kAwaitingResponse ┤
//                      ├─ body ─► kRequestBody ─ end ─────►        ▲         │
//                      │               └─ response ended ─► kDraining ───────┘
//                      └─ upgrade, CONNECT ─► kHolding ─ 101, 2xx ─► kTunnel ─► kDone
//   kDone: after a fault, a close or a drain. Whatever still comes is swallowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/body_reader.h"
#include "source/http/body_writer.h"
#include "source/http/codec.h"
#include "source/http/head_writer.h"
#include "source/http/http1_options.h"
#include "source/http/request_parser.h"

namespace weir::http {

class Http1ServerConnection final : public ServerConnection, private ServerStream {
 public:
  // `handler` and `options` outlive the connection.
  Http1ServerConnection(ServerConnectionHandler& handler, const Http1ServerOptions& options);

  size_t Feed(std::string_view bytes) override;
  void OnPeerEnd() override;
  void OnConnectionLost(const StreamError& error) override;
  void Drain() override;
  bool has_streams() const override { return stream_ != nullptr; }
  void SendErrorReply(int status, std::string_view body) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  Version version() const override { return Version::kHttp11; }

  bool is_reading_head() const override {
    return state_ == State::kRequestHead && parser_.has_begun();
  }
  bool is_draining_body() const override { return state_ == State::kDraining; }

  static constexpr uint64_t kMaxDrainBytes = 64 * 1024;
  // Requests that one Feed starts before it offers to yield, so that one peer's pipeline does not
  // hold up everyone else.
  static constexpr int kMaxRequestsPerFeed = 10;

 private:
  enum class State : uint8_t {
    kRequestHead,
    kRequestBody,
    kAwaitingResponse,
    kHolding,
    kTunnel,
    kDraining,
    kDone,
  };
  enum class Response : uint8_t { kHeadOwed, kBodyOwed, kEnded, kBrokenOff };

  // ServerStream.
  void SendHead(const ResponseHead& head, bool ends_stream) override;
  void SendInformational(const ResponseHead& head) override;
  void SendBody(base::Buffer& body, bool ends_stream) override;
  void SendTrailers(const HeaderMap& trailers) override;
  void Reset(ResetKind kind) override;
  void PauseReceiving() override;
  void ResumeReceiving() override;

  // One step of Feed each; false: no further step is possible now.
  bool Step(std::string_view bytes, size_t& consumed, int& requests);
  bool ReadHead(std::string_view bytes, size_t& consumed);
  bool ReadBody(std::string_view bytes, size_t& consumed);
  bool ReadTunnel(std::string_view bytes, size_t& consumed);
  bool DrainBody(std::string_view bytes, size_t& consumed);

  void StartStream(const ParsedRequest& request);
  void DeliverBody(HeaderMap* trailers, bool ends_stream);
  void FailBody(const MessageFault& fault);
  void EndTunnelRead();
  bool AcceptsUpgrade(int status) const;
  UpgradeFields AnswerUpgrade(const ResponseHead& head);
  bool MustClose(int status, const BodyFraming& framing, bool ends_stream) const;
  void EndResponse(bool is_complete);
  // Finishes the stream if it is over and no callback of its handler is running.
  void Settle();
  void FinishStream();
  void FailStream(const StreamError& error);
  // Decides what follows a stream that is over; false: nothing.
  bool EnterNextState();
  void Finish(bool lingers);
  void Hold(std::string_view bytes);
  void UpdateReading();

  ServerConnectionHandler& handler_;
  const Http1ServerOptions& options_;
  base::Arena arena_;
  base::Buffer body_;
  RequestParser parser_;
  BodyReader reader_;
  BodyWriter writer_;

  // Of the current stream; no stream: null.
  ServerStreamHandler* stream_ = nullptr;
  RequestHead* head_ = nullptr;
  HeaderMap* trailers_ = nullptr;
  std::string_view websocket_key_;  // as the client sent it, in the arena
  uint64_t drained_bytes_ = 0;
  uint32_t stream_pauses_ = 0;
  Response response_ = Response::kHeadOwed;
  Method method_ = Method::kGet;  // the request's own: a handler may edit the head
  Version request_version_ = Version::kHttp11;
  bool keeps_alive_ = true;
  bool expects_continue_ = false;
  bool closes_after_response_ = false;
  bool is_close_delimited_ = false;
  bool tunnel_read_ended_ = false;

  State state_ = State::kRequestHead;
  uint8_t callback_depth_ = 0;
  bool is_draining_ = false;
  bool peer_ended_ = false;
  bool is_output_high_ = false;
  bool is_holding_ = false;         // bytes wait that cannot be read yet
  bool is_reading_paused_ = false;  // as the handler was told
};

}  // namespace weir::http
