#include "source/extensions/network_filters/tcp_proxy/tcp_proxy.h"

#include <algorithm>
#include <utility>

#include "source/base/random.h"
#include "source/extensions/network_filters/tcp_proxy/last_bytes.h"
#include "source/routing/hash_policy.h"
#include "source/upstream/cluster_stats.h"

namespace weir::extensions::tcp_proxy {

namespace {

using filter::ResponseFlag;

// Reading stops when this much waits for an upstream; one read more may be on top.
constexpr size_t kMaxEarlyBytes = 32 * 1024;

const TcpProxyConfig::Target* ChooseTarget(const TcpProxyConfig& config, uint64_t random) {
  uint64_t left = random % config.total_weight;
  for (const TcpProxyConfig::Target& target : config.targets) {
    if (left < target.weight) return &target;
    left -= target.weight;
  }
  return nullptr;
}

}  // namespace

TcpProxy::TcpProxy(std::shared_ptr<const TcpProxyConfig> config,
                   const filter::ConnectionContext& context)
    : config_(std::move(config)),
      context_(context),
      stats_(config_->stats->Here()),
      upstream_side_(*this),
      idle_timer_(context.loop, [this] { OnIdle(); }) {}

TcpProxy::~TcpProxy() = default;

void TcpProxy::OnConnection(net::Connection& connection) {
  downstream_ = &connection;
  stats_.downstream_cx_total.Add();
  info_.connection = &context_.info;
  info_.remote = &context_.info.direct_remote;
  info_.stream_id = base::Random::OfThread().Next();
  info_.start_ns = context_.loop.now_ns();
  info_.start_wall_us = context_.loop.wall_us();
  if (config_->max_duration_ms > 0) {
    age_timer_.emplace(context_.loop, [this] { OnTooOld(); });
    age_timer_->Arm(config_->max_duration_ms);
  }
  Touch();
  target_ = ChooseTarget(*config_, info_.stream_id);
  if (target_ != nullptr) info_.cluster_name = target_->slot->name();
  cluster_ = upstream::LocalClusterRef(target_ == nullptr ? nullptr : target_->slot->Here());
  if (!cluster_) {
    stats_.downstream_cx_no_route.Add();
    Refuse(ResponseFlag::kNoClusterFound);
    return;
  }
  Connect();
}

void TcpProxy::Connect() {
  ++info_.attempt_count;
  balancing::PickContext context;
  context.downstream_address = info_.remote;
  context.subset = target_->subset.get();
  context.original_destination = context_.info.original_destination();
  // That of the attempt before.
  const balancing::Host* const tried = info_.upstream_host.get();
  if (tried != nullptr) {
    context.tried = &tried;
    context.tried_count = 1;
  }
  if (config_->hashes_source_ip) context.hash = routing::HashOfClient(info_.remote);
  auto pending = cluster_->RequestConnection(context, 0, *this);
  if (pending != nullptr) pending_ = std::move(pending);
}

void TcpProxy::Refuse(ResponseFlag flag) {
  info_.flags.Set(flag);
  downstream_->Close(net::CloseMode::kNow);
}

void TcpProxy::OnConnectionReady(std::unique_ptr<net::Connection> connection,
                                 balancing::HostPtr host, std::unique_ptr<Lease> lease) {
  pending_.reset();
  upstream_ = std::move(connection);
  lease_ = std::move(lease);
  info_.upstream_host = std::move(host);
  info_.upstream_local = upstream_->local_address();
  info_.upstream_failure_reason.clear();  // an earlier attempt's
  if (net::TransportSocket* const transport = upstream_->transport()) {
    const net::SecureInfo* const secure = transport->secure_info();
    if (secure != nullptr) info_.NoteUpstream(*secure);
  }
  upstream_->Start();
  Touch();
  SendEarly();
}

void TcpProxy::HoldEarly(std::string_view bytes) {
  early_.Append(bytes);
  if (early_.size() < kMaxEarlyBytes || early_is_full_) return;
  early_is_full_ = true;
  PauseDownstream();
}

void TcpProxy::SendEarly() {
  if (!early_.empty()) {
    upstream_->output().Move(early_);
    upstream_->FlushLater();
  }
  if (downstream_ended_) upstream_->ShutdownWrite();
  if (std::exchange(early_is_full_, false)) ResumeDownstream();
}

void TcpProxy::OnTransportFailure(std::string_view reason) {
  info_.upstream_failure_reason = std::string(reason);
}

void TcpProxy::OnConnectionFailed(const http::StreamError& error, const balancing::HostPtr& host) {
  pending_.reset();
  info_.upstream_host = host;
  const bool is_connect_failure = error.kind == http::ErrorKind::kConnectFailed ||
                                  error.kind == http::ErrorKind::kConnectTimeout;
  if (is_connect_failure && info_.attempt_count < config_->max_connect_attempts) {
    Connect();
    return;
  }
  ResponseFlag flag = ResponseFlag::kUpstreamConnectionFailure;
  filter::FlagOf(error, flag);
  Refuse(flag);
}

size_t TcpProxy::OnRead(std::string_view bytes) {
  Touch();
  CountBytes();
  to_upstream_.OnRead(bytes.size());
  if (upstream_ == nullptr) {
    HoldEarly(bytes);
  } else {
    upstream_->output().Append(bytes);
    upstream_->FlushLater();
  }
  return bytes.size();
}

size_t TcpProxy::OnUpstreamRead(std::string_view bytes) {
  Touch();
  CountBytes();
  to_downstream_.OnRead(bytes.size());
  downstream_->output().Append(bytes);
  downstream_->FlushLater();
  return bytes.size();
}

void TcpProxy::OnReadEnd() {
  downstream_ended_ = true;
  if (upstream_ != nullptr) upstream_->ShutdownWrite();
}

void TcpProxy::OnUpstreamReadEnd() {
  upstream_ended_ = true;
  downstream_->ShutdownWrite();
}

void TcpProxy::OnUpstreamClosed(net::CloseReason reason) {
  const bool broke = reason == net::CloseReason::kRemoteReset;
  const bool was_revoked = reason == net::CloseReason::kLocal;  // its host has failed
  if (broke || was_revoked) info_.flags.Set(ResponseFlag::kUpstreamConnectionTermination);
  if (!downstream_->is_closing()) {
    downstream_->Close(broke && !upstream_ended_ ? net::CloseMode::kReset : net::CloseMode::kFlush);
  }
  DropUpstream();
}

void TcpProxy::OnFlushed() {
  if (upstream_ != nullptr) to_downstream_.OnFlushed(*upstream_, *downstream_);
}

void TcpProxy::OnUpstreamFlushed() { to_upstream_.OnFlushed(*downstream_, *upstream_); }

// By the connections' counters: nothing else knows of what the kernel moves. True when there was
// something new.
bool TcpProxy::CountBytes() {
  const uint64_t received = downstream_->bytes_read() - info_.bytes_received;
  const uint64_t sent = upstream_ == nullptr ? 0 : upstream_->bytes_read() - info_.bytes_sent;
  info_.bytes_received += received;
  info_.bytes_sent += sent;
  if (received > 0) stats_.downstream_cx_rx_bytes_total.Add(received);
  if (sent > 0) stats_.downstream_cx_tx_bytes_total.Add(sent);
  return received + sent > 0;
}

void TcpProxy::OnOutputHigh() {
  if (upstream_ != nullptr) upstream_->PauseReading();
}

void TcpProxy::OnOutputLow() {
  if (upstream_ != nullptr) upstream_->ResumeReading();
}

void TcpProxy::PauseDownstream() {
  stats_.downstream_flow_control_paused_reading_total.Add();
  downstream_->PauseReading();
}

void TcpProxy::ResumeDownstream() {
  stats_.downstream_flow_control_resumed_reading_total.Add();
  downstream_->ResumeReading();
}

void TcpProxy::Touch() {
  if (config_->idle_timeout_ms > 0) idle_timer_.Arm(config_->idle_timeout_ms);
}

void TcpProxy::OnIdle() {
  // The kernel moves bytes without telling.
  if (CountBytes()) return Touch();
  stats_.idle_timeout.Add();
  info_.flags.Set(ResponseFlag::kStreamIdleTimeout);
  downstream_->Close(net::CloseMode::kNow);
}

void TcpProxy::OnTooOld() {
  stats_.max_downstream_connection_duration.Add();
  info_.flags.Set(ResponseFlag::kDurationTimeout);
  downstream_->Close(net::CloseMode::kFlushNoWait);
}

void TcpProxy::DropUpstream() {
  pending_.reset();
  to_upstream_.Stop();
  to_downstream_.Stop();
  CountBytes();
  if (upstream_ != nullptr) {
    if (cluster_) {
      cluster_->stats().upstream_cx_rx_bytes_total.Add(upstream_->bytes_read());
      cluster_->stats().upstream_cx_tx_bytes_total.Add(upstream_->bytes_written());
    }
    info_.upstream_bytes_received = upstream_->bytes_read();
    info_.upstream_bytes_sent = upstream_->bytes_written();
    if (!upstream_->is_closing() && !upstream_->output().empty()) {
      LastBytes::Deliver(std::move(upstream_), std::move(lease_));
    } else {
      context_.loop.DeleteLater(std::move(upstream_));
    }
  }
  lease_.reset();
}

void TcpProxy::OnEnd(net::CloseReason reason) {
  idle_timer_.Cancel();
  if (age_timer_.has_value()) age_timer_->Cancel();
  if (reason == net::CloseReason::kRemoteReset) {
    info_.flags.Set(ResponseFlag::kDownstreamConnectionTermination);
    if (upstream_ != nullptr) upstream_->Close(net::CloseMode::kReset);
  }
  DropUpstream();
  info_.end_ns = context_.loop.now_ns();
  config_->access_logs.Log(info_);
}

}  // namespace weir::extensions::tcp_proxy
