#include "source/upstream/connect_attempt.h"

#include <utility>

#include "source/base/log.h"
#include "source/upstream/upstream_errors.h"

namespace weir::upstream {
namespace {

net::ConnectionOptions SocketOptions(const ClusterConfig& config) {
  net::ConnectionOptions options;
  options.output_limit_bytes = config.options->buffer_limit_bytes;
  options.half_close = true;  // what the peer's end means is for the protocol above to say
  return options;
}

}  // namespace

ConnectAttempt::ConnectAttempt(const WorkerContext& context, ConnectionSlot slot,
                               const net::Address& to, const net::ClientTransportOptions& names,
                               ConnectOwner& owner)
    : context_(context),
      owner_(owner),
      address_(to),
      start_ms_(context.loop.now_ms()),
      slot_(std::move(slot)) {
  const ClusterConfig& config = *context_.cluster.config();
  if (config.transport != nullptr) {
    net::ClientTransportOptions options = names;
    options.host_name = slot_.host()->hostname();
    auto transport = config.transport->Create(options);
    if (!transport.ok()) {
      failure_ = std::string(transport.status().message());
      context_.loop.AtTurnEnd(*this);
      return;
    }
    transport_ = *std::move(transport);
  }
  connector_ = net::Connector::Start(context_.loop, to, config.options->connect,
                                     [this](absl::StatusOr<int> fd) { OnSocket(std::move(fd)); });
}

ConnectAttempt::~ConnectAttempt() = default;

void ConnectAttempt::OnSocket(absl::StatusOr<int> fd) {
  if (!fd.ok()) {
    const bool timed_out = absl::IsDeadlineExceeded(fd.status());
    WEIR_LOG(kDebug, "upstream", "cluster '", context_.cluster.config()->name,
             "': no connection to ", slot_.host()->address_text(), ": ", fd.status().message());
    return Fail(timed_out ? kConnectTimeoutError : kConnectFailedError, !timed_out, {});
  }
  const ClusterConfig& config = *context_.cluster.config();
  const bool has_handshake = transport_ != nullptr;
  connection_ = std::make_unique<net::Connection>(context_.loop, *fd,
                                                  static_cast<net::ConnectionHandler&>(*this),
                                                  SocketOptions(config), std::move(transport_));
  if (!has_handshake) return HandOver();
  handshake_timer_ = std::make_unique<event::Timer>(context_.loop, [this] { OnTimeout(); });
  handshake_timer_->Arm(start_ms_ + config.options->connect.timeout_ms - context_.loop.now_ms());
  connection_->Start();
}

// What the peer says behind its handshake is kept for the owner.
void ConnectAttempt::OnEstablished() {
  handshake_timer_.reset();
  connection_->PauseReading();
  context_.loop.AtTurnEnd(*this);
}

void ConnectAttempt::OnTurnEnd() {
  if (!failure_.empty()) return Fail(kConnectFailedError, false, failure_);
  connection_->ResumeReading();
  HandOver();
}

void ConnectAttempt::HandOver() {
  context_.stats.upstream_cx_connect_ms.Record(context_.loop.now_ms() - start_ms_);
  owner_.OnConnected(*this, std::move(connection_));
}

void ConnectAttempt::OnTimeout() {
  connection_.reset();
  Fail(kConnectTimeoutError, false, "the handshake took longer than connect_timeout");
}

void ConnectAttempt::OnClosed(net::CloseReason reason) {
  base::ListNode<event::TurnEndHook>::Unlink();
  const std::string details = connection_->close_details();
  Fail(kConnectFailedError, reason != net::CloseReason::kLocal, details);
}

void ConnectAttempt::Fail(const http::StreamError& error, bool by_peer, std::string_view reason) {
  handshake_timer_.reset();
  const bool timed_out = error.kind == http::ErrorKind::kConnectTimeout;
  if (!reason.empty()) {
    WEIR_LOG(kDebug, "upstream", "cluster '", context_.cluster.config()->name,
             "': no handshake with ", slot_.host()->address_text(), ": ", reason);
  }
  context_.stats.upstream_cx_connect_fail.Add();
  if (timed_out) context_.stats.upstream_cx_connect_timeout.Add();
  slot_.host()->activity().connect_failures.fetch_add(1, std::memory_order_relaxed);
  slot_.NoteEnd(by_peer, false);
  owner_.OnConnectFailed(*this, error, reason);
}

}  // namespace weir::upstream
