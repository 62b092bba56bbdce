// HTTP/1.1 towards an upstream host: requests out, one at a time, responses in.
//
// A connection is reusable only if the request was sent whole, the response was read whole, not a
// byte is left over and both sides keep the connection alive: anything else risks that one
// request's bytes are taken for another's. One connection on one worker.
//
//   kIdle ─NewStream─► kHead ─┬─ body ─► kBody ─end─┐
//     ▲                 │ ▲   ├─ no body ──────────►├─► kReadDone ─ request sent ─► kIdle | kBroken
//     │                 └─┘1xx└─ 101, CONNECT ─► kTunnel ─ end ─┘
//   kBroken: not reusable; whatever still comes is swallowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/body_reader.h"
#include "source/http/body_writer.h"
#include "source/http/codec.h"
#include "source/http/http1_options.h"
#include "source/http/response_parser.h"

namespace weir::http {

class Http1ClientConnection final : public ClientConnection, private ClientStream {
 public:
  // `handler` and `options` outlive the connection.
  Http1ClientConnection(ClientConnectionHandler& handler, const Http1ClientOptions& options);

  // Payload for an upgrade is held until the upstream has agreed to it; a handler hears OnSendHigh
  // as long as any is.
  ClientStream& NewStream(ClientStreamHandler& handler, base::Arena& arena) override;
  bool can_take_stream() const override { return state_ == State::kIdle; }
  uint32_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  uint32_t max_streams() const override { return 1; }
  bool is_reusable() const override { return state_ == State::kIdle; }
  size_t Feed(std::string_view bytes) override;
  void OnPeerEnd() override;
  void OnConnectionLost(const StreamError& error) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  Version version() const override { return Version::kHttp11; }

  // Streams that ended well on this connection. An error before the first byte of a response is
  // marked retryable when there were any: the upstream closed an idle connection as we took it.
  uint64_t streams_served() const { return streams_served_; }

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kTunnel, kReadDone, kBroken };
  enum class Request : uint8_t { kHeadOwed, kBodyOwed, kEnded, kReset };

  // ClientStream.
  void SendHead(const RequestHead& head, bool ends_stream) override;
  void SendBody(base::Buffer& body, bool ends_stream) override;
  void SendTrailers(const HeaderMap& trailers) override;
  void Reset(ResetKind kind) override;
  void PauseReceiving() override;
  void ResumeReceiving() override;

  bool Step(std::string_view bytes, size_t& consumed);
  bool ReadHead(std::string_view bytes, size_t& consumed);
  bool ReadBody(std::string_view bytes, size_t& consumed);
  bool ReadTunnel(std::string_view bytes, size_t& consumed);
  bool OnInformational(const ParsedResponse& response);
  MessageFault CheckUpgrade(const ParsedResponse& response) const;
  MessageFault CheckWebSocket(HeaderMap& headers) const;
  void OnFinalHead(const ParsedResponse& response);
  void OpenTunnel();
  void DeliverBody(HeaderMap* trailers, bool ends_stream);
  void SendHeld(base::Buffer& body, bool ends_stream);
  void EndRequest(bool is_complete);
  // Finishes the stream if it is over and no callback of its handler is running.
  void Settle();
  void FinishStream();
  // `tells_owner`: by OnConnectionAbort.
  void FailStream(const StreamError& error, bool tells_owner);
  void FailMessage(const MessageFault& fault);
  // Nothing of a response has come, so that the request may never have been looked at.
  bool IsUntouched() const;
  bool CanRetry() const;
  void Break();
  void UpdateReading();

  ClientConnectionHandler& handler_;
  const Http1ClientOptions& options_;
  base::Buffer body_;
  base::Buffer held_;  // an upgrade's payload, until it is agreed to
  ResponseParser parser_;
  BodyReader reader_;
  BodyWriter writer_;

  // Of the current stream; no stream: null.
  ClientStreamHandler* stream_ = nullptr;
  base::Arena* arena_ = nullptr;
  HeaderMap* trailers_ = nullptr;
  std::string_view upgrade_;        // asked for, in the arena
  std::string_view websocket_key_;  // of our own making, if the head had none; in the arena
  uint32_t informational_count_ = 0;
  uint32_t stream_pauses_ = 0;
  Request request_ = Request::kHeadOwed;
  Method method_ = Method::kGet;
  bool expects_continue_ = false;
  bool keeps_alive_ = true;
  bool is_close_delimited_ = false;
  bool held_ends_ = false;

  State state_ = State::kIdle;
  uint8_t callback_depth_ = 0;
  bool has_surplus_ = false;  // bytes came that belong to no response
  bool is_reading_paused_ = false;
  uint64_t streams_served_ = 0;
};

}  // namespace weir::http
