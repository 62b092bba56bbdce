#include "source/upstream/http_connection.h"

#include <atomic>
#include <utility>

#include "source/base/check.h"
#include "source/http/http1_client.h"
#include "source/http2/http2_connection.h"

namespace weir::upstream {
namespace {

uint64_t NextConnectionId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

HttpConnection::HttpConnection(const WorkerContext& context, HttpConnectionOwner& owner,
                               std::unique_ptr<net::Connection> connection, http::Version version,
                               const net::Address& to, ConnectionSlot slot)
    : context_(context),
      owner_(owner),
      slot_(std::move(slot)),
      target_(to),
      local_(connection->local_address()),
      connection_(std::move(connection)),
      idle_timer_(context.loop, [this] { OnIdleTimeout(); }),
      multiplexes_(version == http::Version::kHttp2) {
  connection_->set_handler(static_cast<net::ConnectionHandler&>(*this));
  info_.host = slot_.host();
  info_.local_address = &local_;
  info_.remote_address = &target_;
  info_.connection_id = NextConnectionId();
  info_.version = version;
  if (net::TransportSocket* const transport = connection_->transport()) {
    info_.secure = transport->secure_info();
  }
  if (const int64_t limit_ms = context_.cluster.config()->options->max_connection_duration_ms) {
    age_timer_ = std::make_unique<event::Timer>(context_.loop, [this] { OnTooOld(); });
    age_timer_->Arm(limit_ms);
  }
  MakeCodec();
  connection_->Start();
}

// Options live as long as the cluster's definition, which the connection keeps.
void HttpConnection::MakeCodec() {
  const HttpConfig& config = context_.cluster.config()->http_config();
  auto& handler = static_cast<http::ClientConnectionHandler&>(*this);
  if (!multiplexes_) {
    codec_ = std::make_unique<http::Http1ClientConnection>(handler, config.http1);
    context_.stats.upstream_cx_http1_total.Add();
    return;
  }
  context_.stats.upstream_cx_http2_total.Add();
  codec_ = http2::CreateClient(handler, config.http2, *context_.http2_stats,
                               context_.cluster.config()->is_secure());
  peer_watch_ = std::make_unique<http2::PeerWatch>(context_.loop,
                                                   static_cast<http2::PeerWatch::Owner&>(*this));
  if (http2::Keepalive::IsWanted(config.http2.keepalive)) {
    keepalive_ = std::make_unique<http2::Keepalive>(context_.loop, config.http2.keepalive,
                                                    *context_.http2_stats,
                                                    static_cast<http2::Keepalive::Owner&>(*this));
  }
}

HttpConnection::~HttpConnection() {
  if (active_streams_ > 0) {
    slot_.NoteEnd(false, true);
    ReleaseEnded(0);
  }
  CountBytes();
}

void HttpConnection::StartStream(base::Arena& arena, StreamRequester& requester) {
  WEIR_DCHECK(can_take_stream());
  if (active_streams_++ == 0) idle_timer_.Cancel();
  if (!multiplexes_) connection_->ReadLittleFirst();
  info_.reused_connection = streams_started_++ > 0;
  context_.stats.upstream_rq_total.Add();
  context_.stats.upstream_rq_active.Add();
  info_.host->activity().requests_total.fetch_add(1, std::memory_order_relaxed);
  http::ClientStream& stream = codec_->NewStream(requester.stream_handler(), arena);
  if (streams_started_ == context_.cluster.config()->options->max_requests_per_connection) {
    context_.stats.upstream_cx_max_requests.Add();
    BeginDraining();
  }
  requester.OnStreamReady(stream, info_);
  if (keepalive_ != nullptr) keepalive_->OnStreamStarts();
}

void HttpConnection::Rest() {
  if (const int64_t timeout_ms = context_.cluster.config()->options->idle_timeout_ms) {
    idle_timer_.Arm(timeout_ms);
  }
}

void HttpConnection::Drain() {
  if (state_ == State::kClosing) return;
  if (is_idle()) return Close();
  BeginDraining();
}

void HttpConnection::BeginDraining() {
  if (!is_open()) return;
  state_ = State::kDraining;
  owner_.OnClosing(*this);
}

size_t HttpConnection::OnRead(std::string_view bytes) {
  if (keepalive_ != nullptr) keepalive_->OnHeard();
  // Whatever a server says in HTTP/1 while nothing was asked is no answer to the next request: the
  // codec declares the connection done.
  if (is_idle() && !multiplexes_) context_.stats.upstream_cx_protocol_error.Add();
  return codec_->Feed(bytes);
}

// Where the codec lets the stream go on after this, it has something left to send.
void HttpConnection::OnReadEnd() {
  slot_.NoteEnd(true, !is_idle());
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

// The codec adds whether a request may be sent again. However the connection was lost, it is lost:
// a reset is what happens to one stream.
http::StreamError HttpConnection::LossOf(net::CloseReason reason) const {
  if (reason == net::CloseReason::kLocal && !is_peer_silent_) {
    return {http::ErrorKind::kLocal, http::Side::kLocal, false,
            "upstream_reset_before_response_started{local_connection_termination}"};
  }
  return {http::ErrorKind::kPeerClosed, http::Side::kUpstream, false,
          "upstream_reset_before_response_started{connection_termination}"};
}

void HttpConnection::OnClosed(net::CloseReason reason) {
  if (reason != net::CloseReason::kLocal || !is_idle()) {
    slot_.NoteEnd(reason != net::CloseReason::kLocal, !is_idle());
  }
  if (!is_idle()) {
    BeginDraining();  // nobody gets it while the streams are told
    codec_->OnConnectionLost(LossOf(reason));
    CountBytes();
    ReleaseEnded(0);
  }
  if (state_ != State::kClosing) Close();
  owner_.OnClosed(*this);
}

void HttpConnection::PauseReading() {
  context_.stats.upstream_flow_control_paused_reading_total.Add();
  connection_->PauseReading();
}

void HttpConnection::ResumeReading() {
  context_.stats.upstream_flow_control_resumed_reading_total.Add();
  connection_->ResumeReading();
}

void HttpConnection::OnOutputEnd() {
  output_ended_ = true;
  connection_->ShutdownWrite();
}

// The pool may start the next stream before this returns.
void HttpConnection::OnStreamSlotFree() {
  CountBytes();
  ReleaseEnded(codec_->active_streams());
  if (is_open()) {
    owner_.OnAvailable(*this);
  } else if (is_idle() && state_ == State::kDraining) {
    Close();
  }
}

void HttpConnection::OnCapacityChanged() {
  most_streams_ = UINT32_MAX;
  if (is_open()) owner_.OnAvailable(*this);
}

void HttpConnection::OnPingAck() {
  if (keepalive_ != nullptr) keepalive_->OnPingAck();
}

// Streams that the codec still has finish: the peer said that it takes no more.
void HttpConnection::OnConnectionDone() {
  if (state_ == State::kClosing) return;
  CountBytes();
  ReleaseEnded(codec_->active_streams());
  if (is_idle()) return Close();
  BeginDraining();
}

void HttpConnection::OnConnectionAbort() {
  // A tunnel has told its end by itself, and what it sent before still has to arrive.
  if (!output_ended_) connection_->Close(net::CloseMode::kReset);
  OnConnectionDone();
}

void HttpConnection::OnPeerLost() {
  is_peer_silent_ = true;
  if (is_idle()) return Close();
  BeginDraining();
  connection_->Close(net::CloseMode::kReset);  // the streams are told when it is reported
}

void HttpConnection::ReleaseEnded(uint32_t running) {
  while (active_streams_ > running) {
    --active_streams_;
    context_.stats.upstream_rq_active.Sub();
    info_.host->active_requests.fetch_sub(1, std::memory_order_relaxed);
    context_.cluster.breakers().Release(Resource::kRequests, slot_.priority());
  }
}

void HttpConnection::Close() {
  const bool was_open = is_open();
  state_ = State::kClosing;
  idle_timer_.Cancel();
  age_timer_.reset();
  keepalive_.reset();
  peer_watch_.reset();
  if (was_open) owner_.OnClosing(*this);
  codec_->Drain();  // HTTP/2 says goodbye
  // What a tunnel sent before it ended still has to arrive, and that goodbye; of anything else the
  // peer has no use.
  const bool has_last_words = output_ended_ || (multiplexes_ && !connection_->output().empty());
  connection_->Close(has_last_words ? net::CloseMode::kFlushNoWait : net::CloseMode::kNow);
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
  context_.stats.upstream_cx_rx_bytes_total.Add(connection_->bytes_read() - counted_bytes_read_);
  context_.stats.upstream_cx_tx_bytes_total.Add(connection_->bytes_written() -
                                                counted_bytes_written_);
  counted_bytes_read_ = connection_->bytes_read();
  counted_bytes_written_ = connection_->bytes_written();
}

}  // namespace weir::upstream
