#include "source/http/http1_server.h"

#include "source/base/check.h"
#include "source/http/callback_scope.h"
#include "source/http/websocket.h"

namespace weir::http {
namespace {

constexpr StreamError kEndedInBody = {ErrorKind::kPeerClosed, Side::kDownstream, false,
                                      "http1.downstream_ended_in_body"};
constexpr StreamError kEndedBeforeUpgrade = {ErrorKind::kPeerClosed, Side::kDownstream, false,
                                             "http1.downstream_ended_before_upgrade"};

}  // namespace

Http1ServerConnection::Http1ServerConnection(ServerConnectionHandler& handler,
                                             const Http1ServerOptions& options)
    : handler_(handler), options_(options), parser_(options) {}

size_t Http1ServerConnection::Feed(std::string_view bytes) {
  size_t consumed = 0;
  int requests = 0;
  bool goes_on = true;
  while (goes_on) {
    size_t taken = 0;
    goes_on = Step(bytes.substr(consumed), taken, requests);
    consumed += taken;
  }
  return consumed;
}

bool Http1ServerConnection::Step(std::string_view bytes, size_t& consumed, int& requests) {
  if (state_ == State::kDone) {
    consumed = bytes.size();
    return false;
  }
  if (bytes.empty() || stream_pauses_ > 0) return false;
  switch (state_) {
    case State::kRequestHead:
      if (is_output_high_) {
        Hold(bytes);
        return false;
      }
      if (requests == kMaxRequestsPerFeed) {
        if (handler_.YieldReading()) return false;
        requests = 0;
      }
      ++requests;
      return ReadHead(bytes, consumed);
    case State::kRequestBody:
      return ReadBody(bytes, consumed);
    case State::kTunnel:
      return ReadTunnel(bytes, consumed);
    case State::kDraining:
      return DrainBody(bytes, consumed);
    case State::kAwaitingResponse:
    case State::kHolding:
      Hold(bytes);
      return false;
    case State::kDone:
      break;
  }
  return false;
}

bool Http1ServerConnection::ReadHead(std::string_view bytes, size_t& consumed) {
  ParsedRequest request;
  switch (parser_.Parse(bytes, arena_, request, consumed)) {
    case RequestParser::Result::kMore:
      return false;
    case RequestParser::Result::kHead:
      StartStream(request);
      return true;
    case RequestParser::Result::kFault:
      break;
  }
  arena_.Reset();
  consumed = bytes.size();
  state_ = State::kDone;
  handler_.OnBadRequest(request.fault.ToError(Side::kDownstream), request.fault.status());
  return false;
}

void Http1ServerConnection::StartStream(const ParsedRequest& request) {
  head_ = request.head;
  method_ = head_->method;
  request_version_ = head_->version;
  keeps_alive_ = request.keep_alive;
  expects_continue_ = head_->expects_continue;
  response_ = Response::kHeadOwed;
  closes_after_response_ = is_close_delimited_ = tunnel_read_ended_ = false;
  trailers_ = nullptr;

  websocket_key_ = {};
  if (head_->upgrade == kWebSocketProtocol) websocket_key_ = head_->headers.Value(kWebSocketKey);

  const bool holds = method_ == Method::kConnect || !head_->upgrade.empty();
  const bool has_body = head_->content_length != 0;
  if (has_body) {
    reader_.Start(request.framing);
    if (options_.enable_trailers && request.framing.kind == BodyFraming::Kind::kChunked) {
      trailers_ = arena_.New<HeaderMap>(arena_);
    }
  }
  state_ = holds ? State::kHolding : has_body ? State::kRequestBody : State::kAwaitingResponse;
  stream_ = &handler_.OnNewStream(*this, arena_);
  {
    CallbackScope scope(callback_depth_);
    stream_->OnRequestHead(*head_, !holds && !has_body);
    const bool declined = state_ == State::kHolding && method_ != Method::kConnect &&
                          head_->upgrade.empty() && response_ == Response::kHeadOwed;
    if (declined) {  // the handler took the offer out: an ordinary request without a body
      state_ = State::kAwaitingResponse;
      stream_->OnRequestBody(body_, true);
    }
  }
  Settle();
}

bool Http1ServerConnection::ReadBody(std::string_view bytes, size_t& consumed) {
  const BodyReader::Result result =
      reader_.Read(bytes, consumed, body_, options_.limits, trailers_);
  if (result == BodyReader::Result::kFault) {
    consumed = bytes.size();
    // What was good before the fault is delivered, as it would have been in a piece of its own.
    if (!body_.empty()) DeliverBody(nullptr, false);
    FailBody(reader_.fault());
    return false;
  }
  const bool is_done = result == BodyReader::Result::kDone;
  if (is_done) state_ = State::kAwaitingResponse;
  const bool has_trailers = is_done && trailers_ != nullptr && !trailers_->empty();
  if (is_done || !body_.empty()) DeliverBody(has_trailers ? trailers_ : nullptr, is_done);
  return consumed > 0;
}

void Http1ServerConnection::DeliverBody(HeaderMap* trailers, bool ends_stream) {
  {
    CallbackScope scope(callback_depth_);
    if (trailers == nullptr || !body_.empty()) {
      stream_->OnRequestBody(body_, ends_stream && trailers == nullptr);
      body_.Clear();
    }
    if (trailers != nullptr && stream_ != nullptr && response_ < Response::kEnded) {
      stream_->OnRequestTrailers(*trailers);
    }
  }
  Settle();
}

bool Http1ServerConnection::ReadTunnel(std::string_view bytes, size_t& consumed) {
  consumed = bytes.size();
  if (tunnel_read_ended_) return false;
  body_.Append(bytes);
  DeliverBody(nullptr, false);
  return false;
}

bool Http1ServerConnection::DrainBody(std::string_view bytes, size_t& consumed) {
  const BodyReader::Result result = reader_.Read(bytes, consumed, body_, options_.limits, nullptr);
  body_.Clear();
  drained_bytes_ += consumed;
  if (result == BodyReader::Result::kFault || drained_bytes_ > kMaxDrainBytes) {
    consumed = bytes.size();
    Finish(true);
    return false;
  }
  if (result == BodyReader::Result::kDone) {
    state_ = State::kRequestHead;
    if (is_draining_ || peer_ended_) Finish(false);
  }
  return consumed > 0;
}

void Http1ServerConnection::FailBody(const MessageFault& fault) {
  if (stream_ == nullptr) return Finish(true);
  const bool can_reply = response_ == Response::kHeadOwed;
  FailStream(fault.ToError(Side::kDownstream));
  if (can_reply) return SendErrorReply(fault.status(), {});
  if (is_close_delimited_) {
    state_ = State::kDone;
    return handler_.OnConnectionAbort();
  }
  Finish(true);
}

void Http1ServerConnection::OnPeerEnd() {
  peer_ended_ = true;
  switch (state_) {
    case State::kRequestHead:
    case State::kDraining:
      return Finish(false);
    case State::kRequestBody:
      FailStream(kEndedInBody);
      return Finish(false);
    case State::kHolding:
      FailStream(kEndedBeforeUpgrade);
      return Finish(false);
    case State::kTunnel:
      return EndTunnelRead();
    case State::kAwaitingResponse:  // a half-closed peer may still read its response
    case State::kDone:
      return;
  }
}

void Http1ServerConnection::EndTunnelRead() {
  if (tunnel_read_ended_) return;
  tunnel_read_ended_ = true;
  DeliverBody(nullptr, true);
}

void Http1ServerConnection::OnConnectionLost(const StreamError& error) {
  state_ = State::kDone;
  FailStream(error);
}

void Http1ServerConnection::Drain() {
  is_draining_ = true;
  if (stream_ == nullptr && state_ == State::kRequestHead && !parser_.has_begun()) Finish(false);
}

void Http1ServerConnection::SendErrorReply(int status, std::string_view body) {
  WEIR_DCHECK(stream_ == nullptr);
  WriteErrorReply(status, body, handler_.output());
  handler_.OnOutput();
  state_ = State::kDone;
  is_holding_ = false;
  UpdateReading();
  handler_.OnConnectionDone(true);
}

void Http1ServerConnection::OnOutputHigh() {
  is_output_high_ = true;
  if (stream_ == nullptr) return;
  {
    CallbackScope scope(callback_depth_);
    stream_->OnSendHigh();
  }
  Settle();
}

void Http1ServerConnection::OnOutputLow() {
  is_output_high_ = false;
  if (stream_ == nullptr) {
    is_holding_ = false;
    return UpdateReading();
  }
  {
    CallbackScope scope(callback_depth_);
    stream_->OnSendLow();
  }
  Settle();
}

bool Http1ServerConnection::AcceptsUpgrade(int status) const {
  if (state_ != State::kHolding) return false;
  return method_ == Method::kConnect ? status >= 200 && status < 300 : status == 101;
}

UpgradeFields Http1ServerConnection::AnswerUpgrade(const ResponseHead& head) {
  UpgradeFields fields;
  fields.protocol = head.upgrade.empty() ? head_->upgrade : head.upgrade;
  // An upstream that speaks HTTP/2 has not seen the key.
  if (!websocket_key_.empty() && head.headers.Find(kWebSocketAccept) == nullptr) {
    fields.websocket_accept = AnswerWebSocketKey(websocket_key_, arena_);
  }
  return fields;
}

bool Http1ServerConnection::MustClose(int status, const BodyFraming& framing,
                                      bool ends_stream) const {
  if (!keeps_alive_ || is_draining_ || peer_ended_) return true;
  // We gave up waiting for the rest (RFC 9110 §15.5.9).
  if (status == 408) return true;
  if (framing.kind == BodyFraming::Kind::kUntilClose) return true;
  // An upgrade refused: what the peer sent meanwhile was never meant as a request.
  if (state_ == State::kHolding) return true;
  if (state_ != State::kRequestBody) return false;
  // It still waits for leave to send the body: whether it will come nobody can tell.
  if (expects_continue_) return true;
  return ends_stream && reader_.left() > kMaxDrainBytes;
}

void Http1ServerConnection::SendHead(const ResponseHead& head, bool ends_stream) {
  if (stream_ == nullptr || response_ != Response::kHeadOwed) return;
  if (state_ == State::kHolding && method_ != Method::kConnect && head_->upgrade.empty()) {
    state_ = State::kAwaitingResponse;  // declined late
  }
  const bool is_tunnel = AcceptsUpgrade(head.status);
  if (head.status < 200 && !is_tunnel) {
    // An upgrade nobody asked for: whatever followed would not be an answer.
    WriteErrorReply(502, {}, handler_.output());
    handler_.OnOutput();
    return EndResponse(false);
  }
  const BodyFraming framing = FrameSentResponse(head, method_, request_version_, ends_stream);
  ConnectionField connection = ConnectionField::kNone;
  is_close_delimited_ = framing.kind == BodyFraming::Kind::kUntilClose;
  UpgradeFields upgrade;
  if (is_tunnel) {
    closes_after_response_ = true;
    if (head.status == 101) {
      connection = ConnectionField::kUpgrade;
      upgrade = AnswerUpgrade(head);
    }
  } else {
    closes_after_response_ = MustClose(head.status, framing, ends_stream);
    if (closes_after_response_) {
      connection = ConnectionField::kClose;
    } else if (request_version_ == Version::kHttp10) {
      connection = ConnectionField::kKeepAlive;
    }
  }
  WriteResponseHead(head, request_version_, framing, connection, upgrade, handler_.output());
  writer_.Start(framing);
  response_ = Response::kBodyOwed;
  handler_.OnOutput();
  if (stream_ == nullptr) return;  // the handler gave up as the output went over its limit
  if (is_tunnel) {
    state_ = State::kTunnel;
    is_holding_ = false;
    UpdateReading();
  }
  if (ends_stream) EndResponse(true);
}

void Http1ServerConnection::SendInformational(const ResponseHead& head) {
  if (stream_ == nullptr || response_ != Response::kHeadOwed) return;
  if (request_version_ == Version::kHttp10 || head.status >= 200 || head.status == 101) return;
  if (head.status == 100) {
    if (!expects_continue_) return;
    expects_continue_ = false;
  }
  WriteResponseHead(head, request_version_, BodyFraming{}, ConnectionField::kNone, {},
                    handler_.output());
  handler_.OnOutput();
}

void Http1ServerConnection::SendBody(base::Buffer& body, bool ends_stream) {
  if (stream_ == nullptr || response_ != Response::kBodyOwed) return body.Clear();
  const bool fits = writer_.Write(body, ends_stream, handler_.output());
  handler_.OnOutput();
  if (!fits || ends_stream) EndResponse(fits);
}

void Http1ServerConnection::SendTrailers(const HeaderMap& trailers) {
  if (stream_ == nullptr || response_ != Response::kBodyOwed) return;
  const bool fits =
      writer_.WriteTrailers(options_.enable_trailers ? &trailers : nullptr, handler_.output());
  handler_.OnOutput();
  EndResponse(fits);
}

void Http1ServerConnection::EndResponse(bool is_complete) {
  if (stream_ == nullptr || response_ == Response::kBrokenOff) return Settle();
  response_ = is_complete ? Response::kEnded : Response::kBrokenOff;
  if (is_complete && state_ == State::kTunnel && !tunnel_read_ended_) handler_.OnOutputEnd();
  Settle();
}

void Http1ServerConnection::Reset(ResetKind /*kind*/) {
  if (stream_ == nullptr || response_ == Response::kBrokenOff) return;
  response_ = Response::kBrokenOff;
  Settle();
}

void Http1ServerConnection::PauseReceiving() {
  if (stream_ == nullptr) return;
  ++stream_pauses_;
  UpdateReading();
}

void Http1ServerConnection::ResumeReceiving() {
  if (stream_ == nullptr || stream_pauses_ == 0) return;
  --stream_pauses_;
  UpdateReading();
}

void Http1ServerConnection::Settle() {
  if (stream_ == nullptr || callback_depth_ > 0) return;
  if (response_ == Response::kBrokenOff) return FinishStream();
  if (response_ != Response::kEnded) return;
  if (state_ == State::kTunnel && !tunnel_read_ended_) return;
  FinishStream();
}

void Http1ServerConnection::FinishStream() {
  ServerStreamHandler& stream = *stream_;
  const bool was_broken_off = response_ == Response::kBrokenOff;
  stream_ = nullptr;
  stream_pauses_ = 0;
  is_holding_ = false;
  stream.OnStreamDone();
  arena_.Reset();
  head_ = nullptr;
  trailers_ = nullptr;
  if (state_ == State::kDone) return;
  if (was_broken_off) {
    state_ = State::kDone;
    UpdateReading();
    return is_close_delimited_ ? handler_.OnConnectionAbort() : handler_.OnConnectionDone(true);
  }
  if (!EnterNextState()) return;
  UpdateReading();
}

bool Http1ServerConnection::EnterNextState() {
  const bool ends = closes_after_response_ || is_draining_ || peer_ended_;
  if (state_ == State::kRequestBody) {
    if (ends || reader_.left() > kMaxDrainBytes) {
      Finish(true);
      return false;
    }
    drained_bytes_ = 0;
    state_ = State::kDraining;
    return true;
  }
  if (ends) {
    Finish(state_ != State::kTunnel && !peer_ended_);
    return false;
  }
  state_ = State::kRequestHead;
  return true;
}

void Http1ServerConnection::FailStream(const StreamError& error) {
  if (stream_ == nullptr) return;
  ServerStreamHandler& stream = *stream_;
  stream_ = nullptr;
  stream_pauses_ = 0;
  is_holding_ = false;
  body_.Clear();
  stream.OnStreamReset(error);
  stream.OnStreamDone();
  arena_.Reset();
  head_ = nullptr;
  trailers_ = nullptr;
}

void Http1ServerConnection::Finish(bool lingers) {
  if (state_ == State::kDone) return;
  state_ = State::kDone;
  is_holding_ = false;
  UpdateReading();
  handler_.OnConnectionDone(lingers);
}

void Http1ServerConnection::Hold(std::string_view bytes) {
  is_holding_ = !bytes.empty();
  UpdateReading();
}

void Http1ServerConnection::UpdateReading() {
  const bool wants_pause = is_holding_ || stream_pauses_ > 0;
  if (wants_pause == is_reading_paused_) return;
  is_reading_paused_ = wants_pause;
  if (wants_pause) {
    handler_.PauseReading();
  } else {
    handler_.ResumeReading();
  }
}

}  // namespace weir::http
