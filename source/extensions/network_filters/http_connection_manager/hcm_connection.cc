#include "source/extensions/network_filters/http_connection_manager/hcm_connection.h"

#include <utility>

#include "source/extensions/network_filters/http_connection_manager/http_stream.h"
#include "source/http2/http2_connection.h"

namespace weir::extensions::http_connection_manager {

namespace {

// How long the rest of a request that was answered already may take to arrive.
constexpr int64_t kDrainBodyMs = 1000;

}  // namespace

HcmConnection::HcmConnection(std::shared_ptr<const HcmConfig> config,
                             const filter::ConnectionContext& context)
    : config_(std::move(config)),
      context_(context),
      worker_(config_->Here()),
      wait_timer_(context.loop, [this] { OnWaitOver(); }) {}

HcmConnection::~HcmConnection() = default;

void HcmConnection::OnConnection(net::Connection& connection) {
  connection_ = &connection;
  connection.set_delayed_close(config_->delayed_close_ms);
  opened_ns_ = loop().now_ns();
  HcmStats& stats = worker_.stats;
  stats.downstream_cx_total.Add();
  stats.downstream_cx_active.Add();
  if (context_.info.is_secure) {
    stats.downstream_cx_ssl_total.Add();
    stats.downstream_cx_ssl_active.Add();
  }
  if (config_->max_connection_duration_ms > 0) {
    age_timer_.Arm(loop(), config_->max_connection_duration_ms, [this] { OnOld(); });
  }
  WaitForRequest();
}

void HcmConnection::WaitForRequest() {
  if (is_head_coming_) return;  // it has begun
  if (is_draining_) {
    wait_timer_.Arm(config_->drain_timeout_ms);
  } else if (config_->idle_timeout_ms > 0) {
    wait_timer_.Arm(config_->idle_timeout_ms);
  }
}

void HcmConnection::StopWaiting() {
  wait_timer_.Cancel();
  is_head_coming_ = false;
}

void HcmConnection::OnWaitOver() {
  std::exchange(is_head_coming_, false) ? OnSlowHead() : OnIdle();
}

std::unique_ptr<http::ServerConnection> HcmConnection::ChooseCodec(std::string_view bytes) {
  bool is_http2 = config_->codec == CodecType::kHttp2;
  if (config_->codec == CodecType::kAuto) {
    net::TransportSocket* const transport = connection_->transport();
    const std::string_view alpn = transport == nullptr ? std::string_view() : transport->alpn();
    const std::string_view begin = http2::kPreface.substr(0, bytes.size());
    is_http2 = alpn.empty() ? bytes.starts_with(begin) : alpn == "h2";
    if (is_http2 && alpn.empty() && bytes.size() < http2::kPreface.size()) return nullptr;
  }
  http::ServerConnectionHandler& handler = *this;
  const bool is_secure = context_.info.is_secure;
  if (is_http2) {
    return http2::CreateServer(handler, is_secure ? config_->http2_secure : config_->http2,
                               worker_.http2_stats);
  }
  return std::make_unique<http::Http1ServerConnection>(
      handler, is_secure ? config_->http1_secure : config_->http1);
}

void HcmConnection::StartHttp2() {
  worker_.stats.downstream_cx_http2_total.Add();
  worker_.stats.downstream_cx_http2_active.Add();
  if (is_draining_ || context_.is_draining) {
    is_draining_ = false;
    OnDrain();
  }
  http2::PeerWatch::Owner& watcher = *this;
  peer_watch_ = std::make_unique<http2::PeerWatch>(loop(), watcher);
  const http2::KeepaliveOptions& keepalive = config_->http2.keepalive;
  if (!http2::Keepalive::IsWanted(keepalive)) return;
  http2::Keepalive::Owner& owner = *this;
  keepalive_ = std::make_unique<http2::Keepalive>(loop(), keepalive, worker_.http2_stats, owner);
}

bool HcmConnection::YieldReading() {
  if (codec_->version() != http::Version::kHttp2) return false;
  connection_->PauseReading();
  yield_timer_.Arm(loop(), 0, [this] { connection_->ResumeReading(); });
  return true;
}

void HcmConnection::OnOutputHigh() {
  if (codec_ != nullptr) codec_->OnOutputHigh();
}

void HcmConnection::OnOutputLow() {
  if (codec_ != nullptr) codec_->OnOutputLow();
}

size_t HcmConnection::OnRead(std::string_view bytes) {
  if (codec_ == nullptr) {
    codec_ = ChooseCodec(bytes);
    unseen_bytes_ = codec_ == nullptr ? static_cast<uint32_t>(bytes.size()) : 0;
    if (codec_ == nullptr) {
      WatchSender();
      return 0;
    }
    if (is_http2()) {
      StartHttp2();
    } else {
      worker_.stats.downstream_cx_http1_total.Add();
      worker_.stats.downstream_cx_http1_active.Add();
    }
  }
  if (keepalive_ != nullptr) keepalive_->OnHeard();
  const size_t consumed = codec_->Feed(bytes);
  CountTraffic();
  WatchSender();
  return consumed;
}

// A head must come in one stretch of time, and so must the rest of a body that nobody reads.
void HcmConnection::WatchSender() {
  if (connection_->is_closing()) return;
  const bool is_reading_head = codec_ == nullptr ? unseen_bytes_ > 0 : codec_->is_reading_head();
  if (codec_ != nullptr && is_http2()) return WatchHead(is_reading_head);
  if (codec_ != nullptr && codec_->is_draining_body()) {
    if (!drain_timer_.is_armed()) {
      drain_timer_.Arm(loop(), kDrainBodyMs, [this] { StopDraining(); });
    }
    return;
  }
  drain_timer_.Cancel();
  WatchHead(is_reading_head);
}

void HcmConnection::WatchHead(bool is_reading_head) {
  if (!is_reading_head) {
    if (!is_head_coming_) return;
    StopWaiting();
    // It may have become no stream: one that was refused.
    if (active_streams_ == 0) WaitForRequest();
  } else if (!is_head_coming_ && config_->request_headers_timeout_ms > 0) {
    is_head_coming_ = true;
    wait_timer_.Arm(config_->request_headers_timeout_ms);
  }
}

void HcmConnection::OnReadEnd() {
  peer_ended_ = true;
  if (codec_ == nullptr) return connection_->Close(net::CloseMode::kFlushNoWait);
  codec_->OnPeerEnd();
}

http::ServerStreamHandler& HcmConnection::OnNewStream(http::ServerStream& stream,
                                                      base::Arena& arena) {
  StopWaiting();
  CountRequest();
  if (keepalive_ != nullptr && active_streams_ == 0) keepalive_->OnStreamStarts();
  if (peer_watch_ != nullptr) peer_watch_->OnStreamStarts();
  ++active_streams_;
  ++served_;
  const bool is_last =
      config_->max_requests_per_connection > 0 && served_ >= config_->max_requests_per_connection;
  if (is_http2()) {
    if (is_last) OnDrain();
  } else if (is_last || context_.is_draining || is_draining_) {
    worker_.stats.downstream_cx_drain_close.Add();
    codec_->Drain();
  }
  auto& spare = worker_.spare_streams;
  std::unique_ptr<HttpStream> made;
  if (spare.empty()) {
    made = std::make_unique<HttpStream>(loop());
  } else {
    made = std::move(spare.back());
    spare.pop_back();
  }
  HttpStream* http_stream = made.release();  // comes back in OnStreamFinished
  http_stream->Begin(*this, stream, arena);
  return http_stream->handler();
}

void HcmConnection::OnStreamFinished(HttpStream& stream) {
  --active_streams_;
  stream.RecycleLater(config_);
  if (active_streams_ == 0 && !connection_->is_closing()) WaitForRequest();
}

void HcmConnection::OnUpgraded() {
  worker_.stats.downstream_cx_upgrades_total.Add();
  worker_.stats.downstream_cx_upgrades_active.Add();
}

void HcmConnection::CountRequest() {
  HcmStats& stats = worker_.stats;
  stats.downstream_rq_total.Add();
  const bool has_http2 = codec_ != nullptr && is_http2();
  (has_http2 ? stats.downstream_rq_http2_total : stats.downstream_rq_http1_total).Add();
}

void HcmConnection::OnBadRequest(const http::StreamError& error, int status) {
  HcmStats& stats = worker_.stats;
  CountRequest();
  stats.downstream_cx_protocol_error.Add();
  stats.downstream_rq_4xx.Add(status < 500 ? 1 : 0);
  stats.downstream_rq_5xx.Add(status >= 500 ? 1 : 0);
  if (error.kind == http::ErrorKind::kHeadTooLarge) stats.downstream_rq_too_large.Add();
  LogRefusal(error, status);
  codec_->SendErrorReply(status, {});
}

// A request that was refused before it became a stream has its access-log line all the same.
void HcmConnection::LogRefusal(const http::StreamError& error, int status) {
  if (config_->access_logs.empty()) return;
  filter::StreamInfo info;
  info.connection = &context_.info;
  info.remote = &context_.info.direct_remote;
  info.is_http = true;
  info.start_ns = info.end_ns = loop().now_ns();
  info.start_wall_us = loop().wall_us();
  info.response_code = status;
  info.response_code_details = error.detail;
  filter::ResponseFlag flag;
  if (filter::FlagOf(error, flag)) info.flags.Set(flag);
  config_->access_logs.Log(info);
}

void HcmConnection::OnConnectionDone(bool lingers) {
  StopWaiting();
  connection_->Close(lingers ? net::CloseMode::kFlush : net::CloseMode::kFlushNoWait);
}

void HcmConnection::OnDrain() {
  if (is_draining_) return;
  is_draining_ = true;
  if (codec_ != nullptr && is_http2()) {
    worker_.stats.downstream_cx_drain_close.Add();
    codec_->AnnounceDrain();
    drain_timer_.Arm(loop(), config_->drain_timeout_ms, [this] { StopDraining(); });
    return;
  }
  // An idle connection is not closed at once: a request may be on its way, and would be lost. It is
  // answered with "connection: close"; if none comes the drain timeout ends the wait.
  if (active_streams_ > 0) {
    codec_->Drain();
  } else {
    WaitForRequest();
  }
}

// Enough time was given: to the rest of a body that nobody reads, or to requests on their way.
void HcmConnection::StopDraining() {
  if (codec_ != nullptr && is_http2()) return codec_->Drain();
  connection_->Close(net::CloseMode::kFlush);
}

void HcmConnection::OnIdle() {
  if (is_draining_) {
    worker_.stats.downstream_cx_drain_close.Add();
  } else {
    worker_.stats.downstream_cx_idle_timeout.Add();
  }
  if (codec_ != nullptr && is_http2()) codec_->Drain();  // tells the peer, and ends it
  connection_->Close(net::CloseMode::kFlushNoWait);
}

void HcmConnection::OnSlowHead() {
  HcmStats& stats = worker_.stats;
  CountRequest();
  stats.downstream_rq_header_timeout.Add();
  stats.downstream_rq_4xx.Add();
  LogRefusal({http::ErrorKind::kProtocol, http::Side::kDownstream, false, "request_header_timeout"},
             408);
  if (codec_ == nullptr) return connection_->Close(net::CloseMode::kFlushNoWait);
  codec_->SendErrorReply(408, {});
}

void HcmConnection::OnOld() {
  worker_.stats.downstream_cx_max_duration_reached.Add();
  OnDrain();
}

void HcmConnection::CountTraffic() {
  HcmStats& stats = worker_.stats;
  const uint64_t rx = connection_->bytes_read(), tx = connection_->bytes_written();
  stats.downstream_cx_rx_bytes_total.Add(rx - counted_rx_);
  stats.downstream_cx_tx_bytes_total.Add(tx - counted_tx_);
  counted_rx_ = rx;
  counted_tx_ = tx;
}

void HcmConnection::OnEnd(net::CloseReason reason) {
  CountTraffic();
  StopWaiting();
  drain_timer_.Cancel();
  age_timer_.Cancel();
  HcmStats& stats = worker_.stats;
  const bool is_remote = reason != net::CloseReason::kLocal || peer_ended_;
  stats.downstream_cx_destroy.Add();
  (is_remote ? stats.downstream_cx_destroy_remote : stats.downstream_cx_destroy_local).Add();
  if (active_streams_ > 0) {
    (is_remote ? stats.downstream_cx_destroy_remote_active_rq
               : stats.downstream_cx_destroy_local_active_rq)
        .Add(active_streams_);
  }
  stats.downstream_cx_active.Sub();
  if (context_.info.is_secure) stats.downstream_cx_ssl_active.Sub();
  stats.downstream_cx_length_ms.Record((loop().now_ns() - opened_ns_) / 1'000'000);
  keepalive_.reset();
  peer_watch_.reset();
  yield_timer_.Cancel();
  if (codec_ == nullptr) return;
  (is_http2() ? stats.downstream_cx_http2_active : stats.downstream_cx_http1_active).Sub();
  codec_->OnConnectionLost(
      {is_remote ? http::ErrorKind::kPeerClosed : http::ErrorKind::kLocal,
       is_remote ? http::Side::kDownstream : http::Side::kLocal, false,
       is_remote ? "downstream_remote_disconnect" : "downstream_local_disconnect"});
}

}  // namespace weir::extensions::http_connection_manager
