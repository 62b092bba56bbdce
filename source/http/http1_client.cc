#include "source/http/http1_client.h"

#include "source/base/check.h"
#include "source/http/callback_scope.h"
#include "source/http/head_writer.h"
#include "source/http/websocket.h"

namespace weir::http {
namespace {

constexpr StreamError kEndedBeforeHead = {ErrorKind::kPeerClosed, Side::kUpstream, false,
                                          "http1.upstream_ended_before_response"};
constexpr StreamError kEndedInBody = {ErrorKind::kPeerClosed, Side::kUpstream, false,
                                      "http1.upstream_ended_in_body"};
constexpr StreamError kEndedInRequest = {ErrorKind::kPeerClosed, Side::kUpstream, false,
                                         "http1.upstream_ended_in_request"};
constexpr StreamError kBodyLength = {ErrorKind::kLocal, Side::kLocal, false,
                                     "http1.request_body_length_mismatch"};

}  // namespace

Http1ClientConnection::Http1ClientConnection(ClientConnectionHandler& handler,
                                             const Http1ClientOptions& options)
    : handler_(handler), options_(options), parser_(options.limits) {}

ClientStream& Http1ClientConnection::NewStream(ClientStreamHandler& handler, base::Arena& arena) {
  WEIR_CHECK(can_take_stream());
  stream_ = &handler;
  arena_ = &arena;
  trailers_ = nullptr;
  upgrade_ = websocket_key_ = {};
  informational_count_ = 0;
  request_ = Request::kHeadOwed;
  keeps_alive_ = true;
  expects_continue_ = is_close_delimited_ = held_ends_ = false;
  state_ = State::kHead;
  return *this;
}

size_t Http1ClientConnection::Feed(std::string_view bytes) {
  size_t consumed = 0;
  bool goes_on = true;
  while (goes_on) {
    size_t taken = 0;
    goes_on = Step(bytes.substr(consumed), taken);
    consumed += taken;
  }
  if (stream_ != nullptr) Settle();
  return consumed;
}

bool Http1ClientConnection::Step(std::string_view bytes, size_t& consumed) {
  if (bytes.empty()) return false;
  if (state_ == State::kBroken) {
    consumed = bytes.size();
    return false;
  }
  if (stream_pauses_ > 0) return false;
  switch (state_) {
    case State::kHead:
      return ReadHead(bytes, consumed);
    case State::kBody:
      return ReadBody(bytes, consumed);
    case State::kTunnel:
      return ReadTunnel(bytes, consumed);
    case State::kReadDone:
      consumed = bytes.size();
      has_surplus_ = true;
      return false;
    case State::kIdle:
      // Whoever sends unasked would have this taken for the next request's response.
      consumed = bytes.size();
      Break();
      return false;
    case State::kBroken:
      break;
  }
  return false;
}

bool Http1ClientConnection::ReadHead(std::string_view bytes, size_t& consumed) {
  ParsedResponse response;
  if (request_ == Request::kHeadOwed) {
    response.fault = fault::kUnsolicited;
  } else {
    switch (parser_.Parse(bytes, method_, *arena_, response, consumed)) {
      case ResponseParser::Result::kMore:
        return false;
      case ResponseParser::Result::kHead:
        if (response.head->status < 200 && response.head->status != 101) {
          if (OnInformational(response)) return true;
          response.fault = fault::kTooManyInformational;
        } else {
          response.fault = CheckUpgrade(response);
        }
        break;
      case ResponseParser::Result::kFault:
        break;
    }
  }
  if (response.fault) {
    consumed = bytes.size();
    FailMessage(response.fault);
    return false;
  }
  OnFinalHead(response);
  return true;
}

bool Http1ClientConnection::OnInformational(const ParsedResponse& response) {
  if (++informational_count_ > options_.limits.max_informational) return false;
  if (response.head->status == 100) {
    if (!expects_continue_) return true;  // nobody waits for it
    expects_continue_ = false;
  }
  {
    CallbackScope scope(callback_depth_);
    stream_->OnInformational(*response.head);
  }
  Settle();
  return true;
}

MessageFault Http1ClientConnection::CheckUpgrade(const ParsedResponse& response) const {
  if (response.head->status != 101) return fault::kNone;
  const bool is_asked_for = !upgrade_.empty() && response.head->upgrade == upgrade_;
  if (!is_asked_for) return fault::kUnexpectedUpgrade;
  return websocket_key_.empty() ? fault::kNone : CheckWebSocket(response.head->headers);
}

// The key was ours, so it is for us to see that the answer fits (RFC 6455 §4.1); who asked over
// HTTP/2 would not know what to do with it.
MessageFault Http1ClientConnection::CheckWebSocket(HeaderMap& headers) const {
  const bool fits = headers.Value(kWebSocketAccept) == AnswerWebSocketKey(websocket_key_, *arena_);
  headers.Remove(kWebSocketAccept);
  return fits ? fault::kNone : fault::kInvalidWebSocketAccept;
}

void Http1ClientConnection::OnFinalHead(const ParsedResponse& response) {
  const bool asked_for_tunnel = !upgrade_.empty() || method_ == Method::kConnect;
  const int status = response.head->status;
  const bool is_tunnel =
      status == 101 || (method_ == Method::kConnect && status >= 200 && status < 300);
  const BodyFraming& framing = response.framing;
  const bool has_body = framing.kind != BodyFraming::Kind::kNone && framing.length != 0;
  keeps_alive_ = response.keep_alive && !asked_for_tunnel;
  is_close_delimited_ = framing.kind == BodyFraming::Kind::kUntilClose && !is_tunnel;
  if (has_body) reader_.Start(framing);
  if (framing.kind == BodyFraming::Kind::kChunked && options_.enable_trailers) {
    trailers_ = arena_->New<HeaderMap>(*arena_);
  }
  if (is_tunnel) {
    state_ = State::kTunnel;
  } else {
    if (asked_for_tunnel) {  // refused: what was meant for the tunnel has nowhere to go
      held_.Clear();
      request_ = Request::kEnded;
    }
    state_ = has_body ? State::kBody : State::kReadDone;
  }
  {
    CallbackScope scope(callback_depth_);
    stream_->OnResponseHead(*response.head, !has_body);
    if (is_tunnel) OpenTunnel();
  }
  if (has_body) Settle();  // otherwise at the end of Feed, when it is known that nothing follows
}

void Http1ClientConnection::OpenTunnel() {
  if (stream_ == nullptr || request_ == Request::kReset) return;
  const bool was_holding = !held_.empty();
  if (was_holding) {
    handler_.output().Move(held_);
    handler_.OnOutput();
    stream_->OnSendLow();
  }
  if (held_ends_) {
    request_ = Request::kEnded;
    handler_.OnOutputEnd();
  }
}

bool Http1ClientConnection::ReadBody(std::string_view bytes, size_t& consumed) {
  const BodyReader::Result result =
      reader_.Read(bytes, consumed, body_, options_.limits, trailers_);
  if (result == BodyReader::Result::kFault) {
    consumed = bytes.size();
    // What was good before the fault is delivered, as it would have been in a piece of its own.
    if (!body_.empty()) DeliverBody(nullptr, false);
    if (stream_ != nullptr) FailMessage(reader_.fault());
    return false;
  }
  const bool is_done = result == BodyReader::Result::kDone;
  if (is_done) state_ = State::kReadDone;
  const bool has_trailers = is_done && trailers_ != nullptr && !trailers_->empty();
  if (is_done || !body_.empty()) DeliverBody(has_trailers ? trailers_ : nullptr, is_done);
  return consumed > 0;
}

void Http1ClientConnection::DeliverBody(HeaderMap* trailers, bool ends_stream) {
  {
    CallbackScope scope(callback_depth_);
    if (trailers == nullptr || !body_.empty()) {
      stream_->OnResponseBody(body_, ends_stream && trailers == nullptr);
      body_.Clear();
    }
    if (trailers != nullptr && stream_ != nullptr && request_ != Request::kReset) {
      stream_->OnResponseTrailers(*trailers);
    }
  }
  if (!ends_stream) Settle();  // otherwise at the end of Feed
}

bool Http1ClientConnection::ReadTunnel(std::string_view bytes, size_t& consumed) {
  consumed = bytes.size();
  body_.Append(bytes);
  DeliverBody(nullptr, false);
  return false;
}

void Http1ClientConnection::OnPeerEnd() {
  switch (state_) {
    case State::kIdle:
      return Break();
    case State::kHead: {
      StreamError error = kEndedBeforeHead;
      error.retryable = CanRetry();
      return FailStream(error, true);
    }
    case State::kBody:
      if (!is_close_delimited_) return FailStream(kEndedInBody, true);
      [[fallthrough]];
    case State::kTunnel:
      state_ = State::kReadDone;
      keeps_alive_ = false;
      DeliverBody(nullptr, true);
      return Settle();
    case State::kReadDone:
      // The response is whole, but the request will never be.
      if (upgrade_.empty() && method_ != Method::kConnect) FailStream(kEndedInRequest, true);
      return;
    case State::kBroken:
      return;
  }
}

void Http1ClientConnection::OnConnectionLost(const StreamError& error) {
  StreamError told = error;
  told.retryable = told.retryable || CanRetry();
  if (stream_ == nullptr) {
    state_ = State::kBroken;
    return;
  }
  FailStream(told, false);
}

void Http1ClientConnection::OnOutputHigh() {
  if (stream_ == nullptr) return;
  {
    CallbackScope scope(callback_depth_);
    stream_->OnSendHigh();
  }
  Settle();
}

void Http1ClientConnection::OnOutputLow() {
  if (stream_ == nullptr) return;
  {
    CallbackScope scope(callback_depth_);
    stream_->OnSendLow();
  }
  Settle();
}

void Http1ClientConnection::SendHead(const RequestHead& head, bool ends_stream) {
  if (stream_ == nullptr || request_ != Request::kHeadOwed) return;
  method_ = head.method;
  upgrade_ = head.upgrade.empty() ? head.upgrade : arena_->Copy(head.upgrade);
  const bool is_tunnel = !upgrade_.empty() || method_ == Method::kConnect;
  const BodyFraming framing = FrameSentRequest(head, ends_stream);
  expects_continue_ = head.expects_continue;
  if (upgrade_ == kWebSocketProtocol && head.headers.Find(kWebSocketKey) == nullptr) {
    websocket_key_ = MakeWebSocketKey(*arena_);
  }
  WriteRequestHead(head, framing, handler_.output(), websocket_key_);
  writer_.Start(framing);
  request_ = Request::kBodyOwed;
  handler_.OnOutput();
  // A tunnel that ends with its head ends as soon as it is open.
  if (is_tunnel) {
    held_ends_ = ends_stream;
  } else if (ends_stream) {
    EndRequest(true);
  }
}

void Http1ClientConnection::SendBody(base::Buffer& body, bool ends_stream) {
  if (stream_ == nullptr || request_ != Request::kBodyOwed) return body.Clear();
  const bool is_tunnel = !upgrade_.empty() || method_ == Method::kConnect;
  if (is_tunnel && state_ != State::kTunnel && state_ != State::kReadDone) {
    return SendHeld(body, ends_stream);
  }
  const bool fits = writer_.Write(body, ends_stream, handler_.output());
  handler_.OnOutput();
  if (!fits || ends_stream) EndRequest(fits);
}

void Http1ClientConnection::SendHeld(base::Buffer& body, bool ends_stream) {
  const bool was_holding = !held_.empty();
  held_.Move(body);
  held_ends_ = held_ends_ || ends_stream;
  if (was_holding || held_.empty()) return;
  {
    CallbackScope scope(callback_depth_);
    stream_->OnSendHigh();
  }
  Settle();
}

void Http1ClientConnection::SendTrailers(const HeaderMap& trailers) {
  if (stream_ == nullptr || request_ != Request::kBodyOwed) return;
  const bool fits =
      writer_.WriteTrailers(options_.enable_trailers ? &trailers : nullptr, handler_.output());
  handler_.OnOutput();
  EndRequest(fits);
}

void Http1ClientConnection::EndRequest(bool is_complete) {
  if (stream_ == nullptr || request_ == Request::kReset) return Settle();
  if (!is_complete) return FailStream(kBodyLength, true);
  request_ = Request::kEnded;
  if (state_ == State::kTunnel) handler_.OnOutputEnd();
  Settle();
}

void Http1ClientConnection::Reset(ResetKind /*kind*/) {
  if (stream_ == nullptr) return;
  request_ = Request::kReset;
  Settle();
}

void Http1ClientConnection::PauseReceiving() {
  if (stream_ == nullptr) return;
  ++stream_pauses_;
  UpdateReading();
}

void Http1ClientConnection::ResumeReceiving() {
  if (stream_ == nullptr || stream_pauses_ == 0) return;
  --stream_pauses_;
  UpdateReading();
}

void Http1ClientConnection::Settle() {
  if (stream_ == nullptr || callback_depth_ > 0) return;
  const bool is_over =
      request_ == Request::kReset || (state_ == State::kReadDone && request_ == Request::kEnded);
  if (is_over) FinishStream();
}

void Http1ClientConnection::FinishStream() {
  ClientStreamHandler& stream = *stream_;
  const bool is_whole = request_ != Request::kReset;
  const bool is_clean = is_whole && keeps_alive_ && !has_surplus_;
  if (is_whole) ++streams_served_;
  stream_ = nullptr;
  stream_pauses_ = 0;
  held_.Clear();
  body_.Clear();
  state_ = is_clean ? State::kIdle : State::kBroken;
  UpdateReading();
  stream.OnStreamDone();
  if (!is_whole) return handler_.OnConnectionAbort();
  if (!is_clean) return handler_.OnConnectionDone();
  if (state_ == State::kIdle) handler_.OnStreamSlotFree();
}

void Http1ClientConnection::FailMessage(const MessageFault& fault) {
  StreamError error = fault.ToError(Side::kUpstream);
  // It answered before it was asked: nothing was acted upon.
  error.retryable = request_ == Request::kHeadOwed;
  FailStream(error, true);
}

void Http1ClientConnection::FailStream(const StreamError& error, bool tells_owner) {
  ClientStreamHandler& stream = *stream_;
  stream_ = nullptr;
  stream_pauses_ = 0;
  held_.Clear();
  body_.Clear();
  state_ = State::kBroken;
  UpdateReading();
  stream.OnStreamReset(error);
  stream.OnStreamDone();
  if (tells_owner) handler_.OnConnectionAbort();
}

bool Http1ClientConnection::IsUntouched() const {
  return state_ == State::kHead && !parser_.has_begun() && informational_count_ == 0;
}

bool Http1ClientConnection::CanRetry() const {
  if (stream_ == nullptr) return false;
  return request_ == Request::kHeadOwed || (IsUntouched() && streams_served_ > 0);
}

void Http1ClientConnection::Break() {
  state_ = State::kBroken;
  handler_.OnConnectionDone();
}

void Http1ClientConnection::UpdateReading() {
  const bool wants_pause = stream_pauses_ > 0;
  if (wants_pause == is_reading_paused_) return;
  is_reading_paused_ = wants_pause;
  if (wants_pause) {
    handler_.PauseReading();
  } else {
    handler_.ResumeReading();
  }
}

}  // namespace weir::http
