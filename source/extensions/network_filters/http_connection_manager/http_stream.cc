#include "source/extensions/network_filters/http_connection_manager/http_stream.h"

#include <utility>

#include "source/base/random.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_connection.h"
#include "source/http/grpc.h"

namespace weir::extensions::http_connection_manager {

namespace {

using filter::ResponseFlag;
using http::HeaderId;

// Enough spare streams for a burst; more would only hold memory.
constexpr size_t kMaxSpareStreams = 256;

// The bytes of path, query and Host are the client's: they go into no local reply's body.
constexpr std::string_view kNoBody;

}  // namespace

HttpStream::HttpStream(event::Loop& loop)
    : loop_(loop),
      idle_timer_(loop, [this] { OnIdle(); }),
      request_timer_(loop, [this] { OnRequestTimeout(); }),
      duration_timer_(loop, [this] { OnTooOld(); }) {}

HttpStream::~HttpStream() = default;

void HttpStream::Begin(HcmConnection& connection, http::ServerStream& codec_stream,
                       base::Arena& arena) {
  connection_ = &connection;
  config_ = &connection.config();
  codec_stream_ = &codec_stream;
  arena_ = &arena;
  info_.connection = &connection.info();
  info_.remote = &info_.connection->direct_remote;
  info_.is_http = true;
  info_.stream_id = base::Random::OfThread().Next();
  info_.start_ns = loop_.now_ns();
  info_.start_wall_us = loop_.wall_us();
  connection.worker().stats.downstream_rq_active.Add();
}

void HttpStream::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  info_.request = &head;
  info_.version = head.version;
  table_ = connection_->worker().routes.Get();
  chain_.Begin(config_->filters, *this, config_->stream_buffer_bytes);
  if (config_->request_timeout_ms > 0) request_timer_.Arm(config_->request_timeout_ms);
  if (ends_stream) RequestEnded();
  connection_->PrepareClientCertificate(head.headers);
  const Refusal refusal =
      PrepareRequest(*config_, *info_.connection, base::Random::OfThread(), head, remote_);
  info_.remote = &remote_;
  if (refusal) return Refuse(refusal);
  RemoveInternalOnlyFields(head);
  RefreshRoute();
  LimitDuration();
  const bool wants_tunnel = !head.upgrade.empty() || head.method == http::Method::kConnect;
  if (wants_tunnel && info_.route != nullptr && !AdmitUpgrade(head)) return;
  const bool expects_continue = std::exchange(head.expects_continue, false);
  if (expects_continue && config_->proxy_100_continue) head.expects_continue = true;
  chain_.OnRequestHead(head, ends_stream);
  if (expects_continue && !config_->proxy_100_continue) SendContinue();
}

void HttpStream::RefreshRoute() {
  info_.route = table_ ? table_->Find(*info_.request, info_.stream_id) : nullptr;
  info_.weighted_cluster =
      routing::RouteTable::Choose(info_.route, *info_.request, info_.stream_id);
  ChooseIdleTimeout();  // the route may be more patient, or less
}

// What the route table calls internal counts only when it comes from inside.
void HttpStream::RemoveInternalOnlyFields(http::RequestHead& head) {
  if (!table_ || table_->internal_only_headers().empty()) return;
  if (head.headers.Value(HeaderId::kXEnvoyInternal) == "true") return;
  for (const std::string& name : table_->internal_only_headers()) head.headers.Remove(name);
}

// The route's limit, or else the connection manager's.
void HttpStream::LimitDuration() {
  int64_t most_ms = config_->max_stream_duration_ms;
  const auto* forward = ForwardAction();
  if (forward != nullptr && forward->max_stream_duration.has_value()) {
    most_ms = absl::ToInt64Milliseconds(*forward->max_stream_duration);
  }
  if (forward != nullptr && forward->grpc_timeout_header_max.has_value()) {
    const auto asked_ms = http::GrpcTimeoutMs(info_.request->headers);
    if (asked_ms.has_value() && http::IsGrpc(*info_.request)) {
      most_ms = http::BoundGrpcTimeout(
          asked_ms, absl::ToInt64Milliseconds(*forward->grpc_timeout_header_max),
          absl::ToInt64Milliseconds(forward->grpc_timeout_header_offset));
    }
  }
  if (most_ms > 0) duration_timer_.Arm(most_ms);
}

const routing::ForwardAction* HttpStream::ForwardAction() const {
  if (info_.route == nullptr) return nullptr;
  return std::get_if<routing::ForwardAction>(&info_.route->action);
}

void HttpStream::Refuse(const Refusal& refusal) {
  ChooseIdleTimeout();
  HcmStats& stats = connection_->worker().stats;
  if (refusal.status == 421) {
    info_.flags.Set(ResponseFlag::kNoRouteFound);
  } else if (refusal.location.empty()) {
    stats.downstream_rq_failed_path_normalization.Add();
    info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
  } else {
    stats.downstream_rq_redirected_with_normalized_path.Add();
  }
  chain_.ReplyLocally(refusal.status, kNoBody, refusal.details, [&](http::ResponseHead& head) {
    if (!refusal.location.empty()) head.headers.Add(HeaderId::kLocation, refusal.location);
  });
}

// An upgrade must be switched on, by the route or else by the connection manager.
bool HttpStream::AdmitUpgrade(const http::RequestHead& head) {
  const std::string_view protocol = head.upgrade.empty() ? "connect" : head.upgrade;
  const auto enabled_in = [protocol](const absl::flat_hash_map<std::string, bool>& upgrades) {
    const auto found = upgrades.find(std::string(protocol));
    return found == upgrades.end() ? -1 : static_cast<int>(found->second);
  };
  int enabled = -1;
  if (const auto* forward = ForwardAction()) enabled = enabled_in(forward->upgrades);
  if (enabled < 0) enabled = enabled_in(config_->upgrades);
  if (enabled == 1) return true;
  connection_->worker().stats.downstream_rq_ws_on_non_ws_route.Add();
  chain_.ReplyLocally(403, kNoBody, "upgrade_failed", [](http::ResponseHead&) {});
  return false;
}

void HttpStream::SendContinue() {
  if (is_done_ || response_started_ || request_ended_) return;
  http::ResponseHead head(*arena_);
  head.status = 100;
  codec_stream_->SendInformational(head);
}

void HttpStream::OnRequestBody(base::Buffer& body, bool ends_stream) {
  info_.bytes_received += body.size();
  if (ends_stream) RequestEnded();
  Touch();
  chain_.OnRequestBody(body, ends_stream);
}

void HttpStream::OnRequestTrailers(http::HeaderMap& trailers) {
  RequestEnded();
  Touch();
  chain_.OnRequestTrailers(trailers);
}

void HttpStream::RequestEnded() {
  request_ended_ = true;
  info_.last_downstream_rx_ns = loop_.now_ns();
  request_timer_.Cancel();
  if (config_->request_body_idle_timeout_ms > 0) ChooseIdleTimeout();
}

void HttpStream::ChooseIdleTimeout() {
  const bool waits_for_body = !request_ended_ && !is_tunnel_;
  int64_t idle_ms = config_->stream_idle_timeout_ms;
  if (waits_for_body && config_->request_body_idle_timeout_ms > 0 &&
      (idle_ms == 0 || config_->request_body_idle_timeout_ms < idle_ms)) {
    idle_ms = config_->request_body_idle_timeout_ms;
  }
  const auto* forward = ForwardAction();
  if (forward != nullptr && forward->idle_timeout.has_value()) {
    idle_ms = absl::ToInt64Milliseconds(*forward->idle_timeout);
  }
  idle_timeout_ms_ = idle_ms;
  if (idle_ms <= 0) idle_timer_.Cancel();
  Touch();
}

// Bytes moved, in one direction or the other: the idle time begins anew.
void HttpStream::Touch() {
  if (idle_timeout_ms_ > 0) idle_timer_.Arm(idle_timeout_ms_);
}

void HttpStream::OnIdle() {
  connection_->worker().stats.downstream_rq_idle_timeout.Add();
  // All was answered, and the peer does not take it.
  const bool is_flushing = info_.last_downstream_tx_ns >= 0;
  if (is_flushing && connection_->is_http2()) {
    connection_->worker().http2_stats.tx_flush_timeout.Add();
  }
  info_.flags.Set(ResponseFlag::kStreamIdleTimeout);
  chain_.ReplyLocally(request_ended_ ? 504 : 408, "stream timeout", "stream_idle_timeout",
                      [](http::ResponseHead&) {});
}

void HttpStream::OnRequestTimeout() {
  connection_->worker().stats.downstream_rq_timeout.Add();
  chain_.ReplyLocally(408, "request timeout", "request_overall_timeout",
                      [](http::ResponseHead&) {});
}

void HttpStream::OnTooOld() {
  connection_->worker().stats.downstream_rq_max_duration_reached.Add();
  info_.flags.Set(ResponseFlag::kDurationTimeout);
  chain_.ReplyLocally(request_ended_ ? 504 : 408, "downstream duration timeout",
                      "max_duration_timeout", [](http::ResponseHead&) {});
}

void HttpStream::WriteInformational(http::ResponseHead& head) {
  if (!is_done_ && !response_started_) codec_stream_->SendInformational(head);
}

void HttpStream::FinishResponseHead(http::ResponseHead& head) {
  using enum ServerHeader;
  http::HeaderMap& headers = head.headers;
  const bool has_server = headers.Has(HeaderId::kServer);
  if (config_->server_header == kOverwrite ||
      (config_->server_header == kAppendIfAbsent && !has_server)) {
    if (has_server) headers.Remove(HeaderId::kServer);
    headers.Add(HeaderId::kServer, config_->server_name);
  }
  if (!headers.Has(HeaderId::kDate)) {
    headers.AddCopy(HeaderId::kDate, connection_->worker().date.At(loop_.wall_us()));
  }
  if (!config_->via.empty()) headers.Add(HeaderId::kVia, config_->via);
  if (config_->always_set_request_id_in_response) {
    const http::Header* id = info_.request->headers.Find(HeaderId::kXRequestId);
    if (id != nullptr) headers.Set(HeaderId::kXRequestId, id->value);
  }
}

void HttpStream::CountResponse(int status) {
  if (info_.is_health_check) return;
  HcmStats& stats = connection_->worker().stats;
  stats::Counter* const by_class[] = {&stats.downstream_rq_1xx, &stats.downstream_rq_2xx,
                                      &stats.downstream_rq_3xx, &stats.downstream_rq_4xx,
                                      &stats.downstream_rq_5xx};
  by_class[status / 100 - 1]->Add();
  stats.downstream_rq_completed.Add();
}

// An upgrade that was answered with anything but 101 is an ordinary request (RFC 9110 §7.8).
bool HttpStream::OpensTunnel(const http::ResponseHead& head) const {
  const http::RequestHead& request = *info_.request;
  if (request.method == http::Method::kConnect) return head.status >= 200 && head.status < 300;
  return !request.upgrade.empty() && head.status == 101;
}

void HttpStream::WriteHead(http::ResponseHead& head, bool ends_stream) {
  if (is_done_) return;
  FinishResponseHead(head);
  response_started_ = true;
  info_.response = &head;
  info_.response_code = head.status;
  info_.first_downstream_tx_ns = loop_.now_ns();
  CountResponse(head.status);
  if (OpensTunnel(head)) {
    is_tunnel_ = true;
    request_timer_.Cancel();
    ChooseIdleTimeout();
    connection_->OnUpgraded();
  }
  Touch();
  if (ends_stream) ResponseEnded();
  codec_stream_->SendHead(head, ends_stream);
  if (ends_stream && !request_ended_) connection_->OnEarlyResponse();
}

void HttpStream::WriteBody(base::Buffer& body, bool ends_stream) {
  if (is_done_) {
    body.Clear();
    return;
  }
  info_.bytes_sent += body.size();
  Touch();
  if (ends_stream) ResponseEnded();
  codec_stream_->SendBody(body, ends_stream);
  if (ends_stream && !request_ended_) connection_->OnEarlyResponse();
}

void HttpStream::WriteTrailers(http::HeaderMap& trailers) {
  if (is_done_) return;
  info_.response_trailers = &trailers;
  ResponseEnded();
  codec_stream_->SendTrailers(trailers);
  if (!request_ended_) connection_->OnEarlyResponse();
}

void HttpStream::ResponseEnded() {
  info_.last_downstream_tx_ns = loop_.now_ns();
  if (!request_ended_) {
    connection_->worker().stats.downstream_rq_response_before_rq_complete.Add();
  }
}

void HttpStream::ResetStream(const http::StreamError& error) {
  if (is_done_) return;
  ResponseFlag flag;
  if (filter::FlagOf(error, flag)) info_.flags.Set(flag);
  if (info_.response_code_details.empty() || response_started_) {
    info_.response_code_details = error.detail;
  }
  connection_->worker().stats.downstream_rq_tx_reset.Add();
  codec_stream_->Reset(http::ResetKind::kInternal);
}

void HttpStream::PauseReceiving() {
  if (!is_done_) codec_stream_->PauseReceiving();
}

void HttpStream::ResumeReceiving() {
  if (!is_done_) codec_stream_->ResumeReceiving();
}

void HttpStream::OnStreamReset(const http::StreamError& error) {
  connection_->worker().stats.downstream_rq_rx_reset.Add();
  ResponseFlag flag;
  if (filter::FlagOf(error, flag)) info_.flags.Set(flag);
  if (!error.detail.empty()) info_.response_code_details = error.detail;
}

void HttpStream::OnStreamDone() {
  if (std::exchange(is_done_, true)) return;
  idle_timer_.Cancel();
  request_timer_.Cancel();
  duration_timer_.Cancel();
  if (is_tunnel_) connection_->OnTunnelOver();
  chain_.End();
  info_.end_ns = loop_.now_ns();
  config_->access_logs.Log(info_);
  HcmStats& stats = connection_->worker().stats;
  stats.downstream_rq_active.Sub();
  stats.downstream_rq_time.Record((info_.end_ns - info_.start_ns) / 1'000'000);
  connection_->OnStreamFinished(*this);
}

void HttpStream::RecycleLater(std::shared_ptr<const HcmConfig> config) {
  recycled_to_ = std::move(config);
  loop_.AtTurnEnd(*this);
}

void HttpStream::OnTurnEnd() {
  const std::shared_ptr<const HcmConfig> config = std::move(recycled_to_);
  chain_.Clear();
  table_ = {};
  info_ = filter::StreamInfo();
  idle_timeout_ms_ = 0;
  request_ended_ = response_started_ = is_tunnel_ = is_done_ = false;
  std::unique_ptr<HttpStream> self(this);
  auto& spare = config->Here().spare_streams;
  if (spare.size() < kMaxSpareStreams) spare.push_back(std::move(self));
}

}  // namespace weir::extensions::http_connection_manager
