#include "source/upstream/http_connection.h"

#include <atomic>
#include <utility>

#include "source/base/check.h"
#include "source/http/http1_client.h"

namespace weir::upstream {
namespace {

uint64_t NextConnectionId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

net::ConnectionOptions SocketOptions(const ClusterConfig& config) {
  net::ConnectionOptions options;
  options.output_limit_bytes = config.buffer_limit_bytes;
  options.half_close = true;  // what the peer's end means is the codec's to say
  return options;
}

// Lives as long as the cluster's definition, which the connection keeps.
const http::Http1ClientOptions& Http1Options(const ClusterConfig& config) {
  static const http::Http1ClientOptions* const defaults = new http::Http1ClientOptions();
  return config.http1 != nullptr ? *config.http1 : *defaults;
}

// The codec adds whether the request may be sent again.
http::StreamError LossOf(net::CloseReason reason) {
  if (reason == net::CloseReason::kLocal) {
    return {http::ErrorKind::kLocal, http::Side::kLocal, false,
            "upstream_reset_before_response_started{local_connection_termination}"};
  }
  const bool is_clean = reason == net::CloseReason::kRemoteEnd;
  return {is_clean ? http::ErrorKind::kPeerClosed : http::ErrorKind::kPeerReset,
          http::Side::kUpstream, false,
          "upstream_reset_before_response_started{connection_termination}"};
}

}  // namespace

HttpConnection::HttpConnection(const WorkerContext& context, HttpConnectionOwner& owner, int fd,
                               const net::Address& to, ConnectionSlot slot)
    : context_(context),
      owner_(owner),
      slot_(std::move(slot)),
      target_(to),
      connection_(context.loop, fd, *this, SocketOptions(*context.cluster.config())),
      codec_(std::make_unique<http::Http1ClientConnection>(
          static_cast<http::ClientConnectionHandler&>(*this),
          Http1Options(*context.cluster.config()))),
      idle_timer_(context.loop, [this] { OnIdleTimeout(); }) {
  info_.host = slot_.host();
  info_.local_address = &connection_.local_address();
  info_.remote_address = &target_;
  info_.connection_id = NextConnectionId();
  context_.stats.upstream_cx_http1_total.Add();
  if (const int64_t limit_ms = context_.cluster.config()->max_connection_duration_ms) {
    age_timer_ = std::make_unique<event::Timer>(context_.loop, [this] { OnTooOld(); });
    age_timer_->Arm(limit_ms);
  }
  connection_.Start();
}

HttpConnection::~HttpConnection() {
  if (state_ == State::kBusy) {
    slot_.NoteEnd(false, true);
    ReleaseStream();
  }
  CountBytes();
}

void HttpConnection::StartStream(base::Arena& arena, StreamRequester& requester) {
  WEIR_DCHECK(state_ == State::kIdle && codec_->can_take_stream());
  idle_timer_.Cancel();
  state_ = State::kBusy;
  info_.reused_connection = streams_started_++ > 0;
  context_.stats.upstream_rq_total.Add();
  context_.stats.upstream_rq_active.Add();
  info_.host->requests_total.fetch_add(1, std::memory_order_relaxed);
  http::ClientStream& stream = codec_->NewStream(requester.stream_handler(), arena);
  requester.OnStreamReady(stream, info_);
}

void HttpConnection::Rest() {
  if (const int64_t timeout_ms = context_.cluster.config()->idle_timeout_ms) {
    idle_timer_.Arm(timeout_ms);
  }
}

void HttpConnection::Drain() {
  is_draining_ = true;
  if (state_ == State::kIdle) Close();
}

size_t HttpConnection::OnRead(std::string_view bytes) {
  // Whatever a server says while nothing was asked is no answer to the next request: the codec
  // declares the connection done.
  if (state_ == State::kIdle) context_.stats.upstream_cx_protocol_error.Add();
  return codec_->Feed(bytes);
}

// Where the codec lets the stream go on after this, it has something left to send.
void HttpConnection::OnReadEnd() {
  slot_.NoteEnd(true, state_ == State::kBusy);
  codec_->OnPeerEnd();
}

void HttpConnection::OnOutputHigh() {
  context_.stats.upstream_flow_control_backed_up_total.Add();
  codec_->OnOutputHigh();
}

void HttpConnection::OnOutputLow() {
  context_.stats.upstream_flow_control_drained_total.Add();
  codec_->OnOutputLow();
}

void HttpConnection::OnClosed(net::CloseReason reason) {
  if (reason != net::CloseReason::kLocal) slot_.NoteEnd(true, state_ == State::kBusy);
  is_draining_ = true;
  if (state_ == State::kBusy) {
    codec_->OnConnectionLost(LossOf(reason));
    EndStream();
  } else if (state_ == State::kIdle) {
    Close();
  }
  owner_.OnClosed(*this);
}

void HttpConnection::PauseReading() {
  context_.stats.upstream_flow_control_paused_reading_total.Add();
  connection_.PauseReading();
}

void HttpConnection::ResumeReading() {
  context_.stats.upstream_flow_control_resumed_reading_total.Add();
  connection_.ResumeReading();
}

void HttpConnection::OnOutputEnd() {
  output_ended_ = true;
  connection_.ShutdownWrite();
}

void HttpConnection::OnStreamSlotFree() { EndStream(); }

void HttpConnection::OnConnectionDone() {
  is_draining_ = true;
  if (state_ == State::kBusy) {
    EndStream();
  } else if (state_ == State::kIdle) {
    Close();
  }
}

// The pool may start the next stream before this returns.
void HttpConnection::EndStream() {
  state_ = State::kIdle;
  CountBytes();
  ReleaseStream();
  if (is_draining_ || IsUsedUp()) {
    Close();
  } else {
    owner_.OnAvailable(*this);
  }
}

void HttpConnection::ReleaseStream() {
  context_.stats.upstream_rq_active.Sub();
  info_.host->active_requests.fetch_sub(1, std::memory_order_relaxed);
  context_.cluster.breakers().Release(Resource::kRequests, slot_.priority());
}

bool HttpConnection::IsUsedUp() const {
  const uint32_t limit = context_.cluster.config()->max_requests_per_connection;
  if (limit == 0 || streams_started_ < limit) return false;
  context_.stats.upstream_cx_max_requests.Add();
  return true;
}

void HttpConnection::Close() {
  state_ = State::kClosing;
  idle_timer_.Cancel();
  if (age_timer_ != nullptr) age_timer_->Cancel();
  owner_.OnClosing(*this);
  // What a tunnel sent before it ended still has to arrive; of anything else the peer has no use.
  connection_.Close(output_ended_ ? net::CloseMode::kFlushNoWait : net::CloseMode::kNow);
}

void HttpConnection::OnIdleTimeout() {
  context_.stats.upstream_cx_idle_timeout.Add();
  Close();
}

void HttpConnection::OnTooOld() {
  context_.stats.upstream_cx_max_duration_reached.Add();
  Drain();
}

void HttpConnection::CountBytes() {
  context_.stats.upstream_cx_rx_bytes_total.Add(connection_.bytes_read() - counted_bytes_read_);
  context_.stats.upstream_cx_tx_bytes_total.Add(connection_.bytes_written() -
                                                counted_bytes_written_);
  counted_bytes_read_ = connection_.bytes_read();
  counted_bytes_written_ = connection_.bytes_written();
}

}  // namespace weir::upstream
