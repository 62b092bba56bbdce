// Tested by test/http2/round_trip_test.cc.

#include "source/http2/session.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/http2/field_list.h"

namespace weir::http2 {
namespace {

constexpr size_t kPrefaceBytes = 24;

bool EndsStream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

// A reset that the peer's own doing made necessary.
bool IsProvoked(uint32_t code) {
  return code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
         code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_FRAME_SIZE_ERROR ||
         code == NGHTTP2_REFUSED_STREAM;
}

// Shared by all sessions of the process; never changed.
nghttp2_option* MakeOptions() {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_send_header_block_length(option, 256 * 1024);
  nghttp2_option_set_peer_max_concurrent_streams(option, 100);
  return option;
}

}  // namespace

struct Session::Callbacks {
  static Session& Of(void* user_data) { return *static_cast<Session*>(user_data); }
  static Stream* StreamOf(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  // Behind an end of ours nothing is read, not even of the bytes that nghttp2 has already.
  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd*, void* user_data) {
    return Of(user_data).is_ending_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Session& self = Of(user_data);
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream != nullptr && stream->head_received_) {
      stream->in_trailers_ = true;
      stream->head_reader_.StartTrailers(stream->arena(), self.options_);
      return 0;
    }
    self.OnHeadBegins(frame->hd.stream_id, stream);
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* /*user_data*/) {
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr || !stream->is_listening()) return 0;
    stream->head_reader_.Add({reinterpret_cast<const char*>(name), name_size},
                             {reinterpret_cast<const char*>(value), value_size});
    return 0;
  }

  static int OnInvalidHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                             const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Session& self = Of(user_data);
    Stream* const stream =
        frame->hd.stream_id == 0 ? nullptr : StreamOf(session, frame->hd.stream_id);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (stream != nullptr) self.OnHeadersFrame(*stream, EndsStream(*frame));
        break;
      case NGHTTP2_DATA:
        self.CountPadding(*frame);
        if (stream != nullptr) self.DeliverBody(*stream, EndsStream(*frame));
        break;
      case NGHTTP2_RST_STREAM:
        self.OnResetFrame(stream);
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
          self.OnPeerSettings();
        } else {
          self.is_settled_ = true;
        }
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) self.OnPong();
        break;
      case NGHTTP2_GOAWAY:
        self.OnGoaway();
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* data,
                    size_t size, void* user_data) {
    Stream* const stream = StreamOf(session, id);
    if (stream == nullptr || !stream->is_listening() || stream->receive_ended_) {
      nghttp2_session_consume(session, id, size);
      return 0;
    }
    stream->received_.Append({reinterpret_cast<const char*>(data), size});
    Of(user_data).partial_ = stream;
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/,
                            void* user_data) {
    Session& self = Of(user_data);
    self.stats_.rx_messaging_error.Add();
    const bool is_message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    Stream* const stream = is_message ? StreamOf(session, frame->hd.stream_id) : nullptr;
    if (stream != nullptr) self.OnMalformed(*stream);
    return 0;
  }

  static int OnClose(nghttp2_session* session, int32_t id, uint32_t code, void* user_data) {
    Stream* const stream = StreamOf(session, id);
    if (stream != nullptr) Of(user_data).OnClosed(*stream, code);
    return 0;
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Of(user_data).OnSent(*frame);
    return 0;
  }

  // A head that does not fit in a frame, or that its encoder refuses.
  static int OnFrameNotSent(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/,
                            void* user_data) {
    Stream* const stream =
        frame->hd.type == NGHTTP2_HEADERS ? StreamOf(session, frame->hd.stream_id) : nullptr;
    if (stream != nullptr) Of(user_data).OnHeadNotSent(*stream);
    return 0;
  }

  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t*, size_t size,
                          uint32_t* flags, nghttp2_data_source*, void* user_data) {
    Stream* const stream = StreamOf(session, id);
    if (stream == nullptr || stream->is_cut_) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (Of(user_data).is_output_high_) return NGHTTP2_ERR_PAUSE;
    const size_t wanted = std::min(size, stream->to_send_.size());
    if (wanted == 0 && !stream->send_ended_) {
      stream->is_deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!stream->send_ended_ || wanted < stream->to_send_.size())
      return static_cast<ssize_t>(wanted);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->trailers_ != nullptr) {
      const FieldList fields(*stream->trailers_);
      if (fields.size() > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, fields.data(), fields.size());
      }
      stream->trailers_ = nullptr;
    }
    return static_cast<ssize_t>(wanted);
  }

  static int SendData(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* header,
                      size_t size, nghttp2_data_source*, void* user_data) {
    Session& self = Of(user_data);
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    base::Buffer& output = self.output_.output();
    output.Append({reinterpret_cast<const char*>(header), FrameGuard::kFrameHeaderBytes});
    output.Move(stream->to_send_, size);
    stream->sent_bytes_ += size;
    self.sent_bytes_ += size;
    self.NotePending(-static_cast<int64_t>(size));
    self.guard_.CountDataSent();
    return 0;
  }

  static nghttp2_session_callbacks* Make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, OnBeginFrame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, OnInvalidHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, OnInvalidFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, OnFrameNotSent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, SendData);
    return callbacks;
  }
};

Session::Session(Side side, http::CodecOutput& output, const Options& options, Stats& stats)
    : options_(options),
      stats_(stats),
      side_(side),
      output_(output),
      guard_(options, stats, side == Side::kServer ? kPrefaceBytes : 0),
      resets_(options.reset_burst, options.resets_per_second) {
  static const nghttp2_session_callbacks* const callbacks = Callbacks::Make();
  static const nghttp2_option* const option = MakeOptions();
  nghttp2_mem hooks = memory_.Hooks();
  const int result = side == Side::kServer
                         ? nghttp2_session_server_new3(&session_, callbacks, this, option, &hooks)
                         : nghttp2_session_client_new2(&session_, callbacks, this, option);
  WEIR_CHECK(result == 0);  // else memory is exhausted
  memory_.EndCreation();
  SubmitSettings();
}

Session::~Session() {
  WEIR_DCHECK(streams_.empty());
  stats_.pending_send_bytes.Sub(static_cast<int64_t>(pending_bytes_));
  nghttp2_session_del(session_);
}

void Session::SubmitSettings() {
  nghttp2_settings_entry settings[8];
  size_t count = 0;
  const auto set = [&](int32_t id, uint32_t value) { settings[count++] = {id, value}; };
  if (side_ == Side::kServer) {
    set(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_concurrent_streams);
    if (options_.allow_connect) set(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
  } else {
    set(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  }
  set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.initial_stream_window_bytes);
  set(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options_.limits.max_head_bytes);
  if (options_.hpack_table_bytes != NGHTTP2_DEFAULT_HEADER_TABLE_SIZE) {
    set(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options_.hpack_table_bytes);
  }
  // A client's nghttp2 shares the connection between uploads by the old scheme only.
  if (side_ == Side::kServer) set(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, count);
  nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, 0,
      static_cast<int32_t>(options_.initial_connection_window_bytes));
}

size_t Session::FeedBytes(std::string_view bytes) {
  size_t consumed = 0;
  guard_.StartTurn();
  while (!is_over_ && !is_broken_ && consumed < bytes.size()) {
    size_t passed = 0;
    const FrameGuard::Verdict verdict =
        guard_.Look(bytes.substr(consumed), &passed, is_output_high_);
    const bool goes_on = Read(bytes.substr(consumed, passed));
    consumed += passed;
    if (!goes_on) break;
    if (verdict == FrameGuard::Verdict::kEnd) {
      Terminate(guard_.end_code());
      break;
    }
    if (verdict == FrameGuard::Verdict::kYield) {
      if (is_output_high_) {
        if (!std::exchange(is_holding_, true)) HoldReading(true);
        break;
      }
      if (YieldReading()) break;
      guard_.StartTurn();
    }
  }
  Write();
  return is_over_ ? bytes.size() : consumed;
}

// False: the connection reads no more.
bool Session::Read(std::string_view bytes) {
  Scope scope(*this);
  const ssize_t result = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (result < 0) {
    is_broken_ = true;
    const bool is_flood = result == NGHTTP2_ERR_FLOODED;
    if (is_flood) stats_.outbound_control_flood.Add();
    uint32_t code = is_flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR;
    if (guard_.end_code() != 0) code = guard_.end_code();  // it saw the same, and knows why
    Terminate(code);
  } else if (partial_ != nullptr) {
    DeliverBody(*partial_, false);
  }
  return result >= 0 && nghttp2_session_want_read(session_) != 0;
}

// What is said first stays. From inside a callback: nghttp2 is stopped at the next frame.
void Session::Terminate(uint32_t code) {
  is_ending_ = true;
  nghttp2_session_terminate_session(session_, code);
}

void Session::Write() {
  if (depth_ > 0) return;
  Flush();
  Settle();
}

void Session::Flush() {
  if (is_over_) return;
  Scope scope(*this);
  base::Buffer& output = output_.output();
  const size_t size_before = output.size();
  const uint8_t* bytes = nullptr;
  for (;;) {
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    is_broken_ |= size < 0;
    if (size <= 0) break;
    output.Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  memory_.OnFlushed();
  if (output.size() != size_before) output_.OnOutput();
}

void Session::WriteFor(Stream& stream) {
  if (depth_ > 0) return;
  Flush();
  if (!stream.is_closed_ && CheckSendMark(stream)) Flush();
  Settle();
}

void Session::Settle() {
  if (std::exchange(has_cut_, false)) {
    streams_.ForEach([this](Stream& stream) {
      if (!stream.is_cut_ || !stream.has_handler()) return;
      Scope scope(*this);
      stream.TellDone();
    });
  }
  while (!closed_.empty()) {
    Free(closed_.PopFront());
    if (stream_count_ == 0) memory_.OnNoStreams();
    OnStreamGone();
  }
  if (is_over_) return;
  const bool has_work = !is_broken_ && (nghttp2_session_want_read(session_) != 0 ||
                                        nghttp2_session_want_write(session_) != 0);
  if (!has_work) {
    Lose({http::ErrorKind::kProtocol,
          side_ == Side::kServer ? http::Side::kDownstream : http::Side::kUpstream, false,
          "http2.connection_ended"});
    return OnEnd(true);
  }
}

void Session::Lose(const http::StreamError& error) {
  is_over_ = true;
  partial_ = nullptr;
  while (!streams_.empty()) {
    Stream& stream = streams_.PopFront();
    if (stream.id_ != 0) nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
    stream.is_closed_ = true;
    stats_.streams_active.Sub();
    --stream_count_;
    if (stream.has_handler()) {
      Scope scope(*this);
      http::StreamError told = error;
      if (!stream.head_sent_) told.retryable = true;
      if (!stream.is_cut_) stream.TellReset(told);
      stream.TellDone();
    }
    closed_.PushBack(stream);
  }
  if (depth_ > 0) return;
  while (!closed_.empty()) Free(closed_.PopFront());
}

void Session::FreeAll() {
  while (!streams_.empty()) Free(streams_.PopFront());
  while (!closed_.empty()) Free(closed_.PopFront());
}

void Session::SetOutputHigh(bool is_high) {
  is_output_high_ = is_high;
  if (is_high) return;
  waiting_frames_ = waiting_control_frames_ = 0;
  waiting_bytes_ = 0;
  Write();
  if (!is_output_high_ && std::exchange(is_holding_, false)) HoldReading(false);
}

void Session::Track(Stream& stream) {
  streams_.PushBack(stream);
  if (stream_count_++ == 0) memory_.OnFirstStream();
  stats_.streams_active.Add();
}

void Session::Attach(Stream& stream, int32_t id) {
  stream.id_ = id;
  nghttp2_session_set_stream_user_data(session_, id, &stream);
}

nghttp2_data_provider Session::BodyOf(Stream& stream) const {
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = Callbacks::ReadBody;
  return provider;
}

void Session::ShareFairly(Stream& stream) {
  const nghttp2_extpri priority = {NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
  nghttp2_session_change_extpri_stream_priority(session_, stream.id_, &priority, 1);
}

void Session::OnHeadersFrame(Stream& stream, bool ends_stream) {
  if (!stream.in_trailers_) return OnHeadComplete(stream, ends_stream);
  stats_.trailers.Add();
  if (stream.head_reader_.FinishTrailers()) {
    stats_.header_overflow.Add();
    return Reset(stream, NGHTTP2_PROTOCOL_ERROR);
  }
  stream.receive_ended_ = true;
  if (stream.is_listening() && stream.has_handler()) stream.TellTrailers();
}

// The handler takes the bytes, and the peer may send as many more; not so on a stream that is
// paused. A few of those must not stop the others: of the connection's window they can take half,
// and only a server's, which is shared by one peer's requests alone.
void Session::DeliverBody(Stream& stream, bool ends_stream) {
  partial_ = nullptr;
  const size_t bytes = stream.received_.size();
  const bool is_heard = stream.is_listening() && stream.has_handler() && !stream.receive_ended_;
  stream.receive_ended_ |= ends_stream;
  if (is_heard && (bytes > 0 || ends_stream)) stream.TellBody(ends_stream);
  stream.received_.Clear();
  if (bytes == 0) return;
  if (stream.pauses_ == 0 || stream.is_closed_) {
    nghttp2_session_consume(session_, stream.id_, bytes);
    return;
  }
  stream.unreturned_bytes_ += bytes;
  unreturned_bytes_ += bytes;
  if (side_ == Side::kServer && unreturned_bytes_ > options_.initial_connection_window_bytes / 2) {
    stream.withheld_bytes_ += bytes;
  } else {
    nghttp2_session_consume_connection(session_, bytes);
  }
}

void Session::ReturnWindow(Stream& stream) {
  const uint64_t bytes = std::exchange(stream.unreturned_bytes_, 0);
  unreturned_bytes_ -= bytes;
  const uint64_t withheld = std::exchange(stream.withheld_bytes_, 0);
  if (is_over_ || bytes == 0) return;
  if (withheld > 0) nghttp2_session_consume_connection(session_, withheld);
  if (!stream.is_closed_) nghttp2_session_consume_stream(session_, stream.id_, bytes);
  WriteFor(stream);
}

bool Session::SubmitTrailers(Stream& stream) {
  if (is_over_ || nghttp2_session_find_stream(session_, stream.id_) == nullptr) return false;
  const FieldList fields(*stream.trailers_);
  if (fields.size() == 0) return false;
  stream.trailers_ = nullptr;
  return nghttp2_submit_trailer(session_, stream.id_, fields.data(), fields.size()) == 0;
}

void Session::ResumeBody(Stream& stream) {
  if (is_over_ || stream.is_closed_ || !std::exchange(stream.is_deferred_, false)) return;
  nghttp2_session_resume_data(session_, stream.id_);
}

void Session::Reset(Stream& stream, uint32_t code) {
  if (is_over_ || stream.is_closed_ || stream.is_cut_) return;
  stream.is_cut_ = true;
  DropPending(stream);
  has_cut_ = true;
  if (stream.id_ != 0) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, code);
  } else {
    OnClosed(stream, code);
  }
  WriteFor(stream);
}

void Session::OnResetFrame(Stream* stream) {
  stats_.rx_reset.Add();
  if (stream != nullptr) {
    stream->is_reset_ = true;
    if (stream->send_closed_) return;
  }
  if (side_ == Side::kServer) CountCutShort();
}

void Session::OnSent(const nghttp2_frame& frame) {
  if (side_ == Side::kClient && frame.hd.type == NGHTTP2_HEADERS) guard_.CountRequestSent();
  if (is_output_high_ && frame.hd.type != NGHTTP2_GOAWAY) CountWaiting(frame);
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    stats_.tx_reset.Add();
    // What we cut ourselves is our own affair: a refusal under load must not end the connection.
    const Stream* const stream = Callbacks::StreamOf(session_, frame.hd.stream_id);
    const bool is_ours = stream != nullptr && stream->is_cut_;
    if (side_ == Side::kServer && !is_ours && IsProvoked(frame.rst_stream.error_code)) {
      CountCutShort();
    }
  } else if (frame.hd.type == NGHTTP2_GOAWAY) {
    stats_.goaway_sent.Add();
  } else if (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) {
    Stream* const stream = Callbacks::StreamOf(session_, frame.hd.stream_id);
    if (stream == nullptr) return;
    if (EndsStream(frame)) {
      stream->send_closed_ = true;
      // Nobody reads the rest of a request that was answered (RFC 9113 §8.1).
      const bool is_early = side_ == Side::kServer && !stream->receive_ended_;
      if (is_early && !stream->is_tunnel_) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id_, NGHTTP2_NO_ERROR);
      }
    } else if (stream->is_send_high_ && stream->to_send_.size() <= SendHighMark(*stream) / 2) {
      stream->is_send_high_ = false;
      if (stream->has_handler() && !stream->is_cut_) stream->TellSendLow();
    }
  }
}

// Of a request nghttp2 closes the stream, of which the peer knows nothing.
void Session::OnHeadNotSent(Stream& stream) {
  if (side_ == Side::kClient) return;
  if (stream.has_handler() && stream.is_listening()) {
    stream.TellReset(
        {http::ErrorKind::kLocal, http::Side::kLocal, false, "http2.head_not_sendable"});
  }
  Reset(stream, NGHTTP2_INTERNAL_ERROR);
}

void Session::OnClosed(Stream& stream, uint32_t code) {
  if (partial_ == &stream) partial_ = nullptr;
  if (stream.receive_ended_ && stream.send_closed_)
    guard_.NotePeerEnded(static_cast<uint32_t>(stream.id_));
  if (stream.id_ != 0) nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
  stream.is_closed_ = true;
  DropPending(stream);
  ReturnWindow(stream);
  head_bytes_ -= stream.head_bytes_;
  stream.Unlink();
  closed_.PushBack(stream);
  --stream_count_;
  stats_.streams_active.Sub();
  if (!stream.has_handler()) return;
  const bool is_whole =
      side_ == Side::kServer
          ? stream.send_closed_ && (stream.receive_ended_ || !stream.is_tunnel_)
          : stream.receive_ended_ && (stream.send_closed_ || code == NGHTTP2_NO_ERROR);
  if (!is_whole && !stream.is_cut_) stream.TellReset(ErrorOf(stream, code));
  stream.TellDone();
}

http::StreamError Session::ErrorOf(const Stream& stream, uint32_t code) const {
  const http::Side peer = side_ == Side::kServer ? http::Side::kDownstream : http::Side::kUpstream;
  if (code == NGHTTP2_REFUSED_STREAM) {
    return {http::ErrorKind::kRefused, peer, true, "http2.remote_refuse"};
  }
  if (!stream.is_reset_ && IsProvoked(code)) {
    return {http::ErrorKind::kProtocol, peer, false, "http2.violation.of.messaging.rule"};
  }
  return {http::ErrorKind::kPeerReset, peer, false, "http2.remote_reset"};
}

}  // namespace weir::http2
