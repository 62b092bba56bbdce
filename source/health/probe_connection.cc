// Tested by test/health/active_checks_test.cc.
#include "source/health/probe_connection.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "source/base/log.h"
#include "source/health/checked_cluster.h"

namespace weir::health {
namespace {

using balancing::ProbeAnswer;

std::vector<std::string_view> AlpnOf(const HealthCheckConfig& config) {
  if (!config.alpn.empty()) return {config.alpn.begin(), config.alpn.end()};
  if (config.kind == CheckKind::kTcp) return {};
  return {config.uses_http2 ? "h2" : "http/1.1"};
}

ProbeAnswer AnswerOf(const absl::Status& status) {
  if (absl::IsDeadlineExceeded(status)) return ProbeAnswer::kTimeout;
  const bool is_refused =
      absl::EndsWith(status.message(), std::generic_category().message(ECONNREFUSED));
  return is_refused ? ProbeAnswer::kRefused : ProbeAnswer::kCannotConnect;
}

}  // namespace

ProbeConnection::ProbeConnection(const ProbeTarget& target, User& user)
    : loop_(target.loop), user_(&user) {
  if (!MakeTransport(target)) {
    has_failed_ = true;
    loop_.AtTurnEnd(*this);
    return;
  }
  net::ConnectOptions options = target.cluster.connect;
  options.timeout_ms = target.cluster.config->timeout_ms + 1;  // the checker's comes first
  connector_ = net::Connector::Start(loop_, target.address, options,
                                     [this](absl::StatusOr<int> fd) { OnSocket(std::move(fd)); });
}

ProbeConnection::~ProbeConnection() = default;

bool ProbeConnection::MakeTransport(const ProbeTarget& target) {
  if (target.cluster.transport == nullptr) return true;
  const std::vector<std::string_view> alpn = AlpnOf(*target.cluster.config);
  net::ClientTransportOptions options;
  options.alpn = alpn;
  options.host_name = target.host_name;
  auto transport = target.cluster.transport->Create(options);
  if (!transport.ok()) {
    WEIR_LOG(kDebug, "health", "cluster '", target.cluster.name,
             "': no transport for a check: ", transport.status().message());
    return false;
  }
  transport_ = *std::move(transport);
  return true;
}

void ProbeConnection::Detach() {
  user_ = nullptr;
  connector_.reset();
  // Without a lingering close: checks come and go by the thousand.
  if (connection_ != nullptr) connection_->Close(net::CloseMode::kNow);
}

void ProbeConnection::Release(std::unique_ptr<ProbeConnection> connection) {
  if (connection == nullptr) return;
  connection->Detach();
  event::Loop& loop = connection->loop_;
  loop.DeleteLater(std::move(connection));
}

void ProbeConnection::OnSocket(absl::StatusOr<int> fd) {
  if (!fd.ok()) return Lose(AnswerOf(fd.status()));
  const bool has_handshake = transport_ != nullptr;
  net::ConnectionOptions options;
  options.half_close = true;  // what the peer's end means is for the protocol above to say
  connection_ = std::make_unique<net::Connection>(
      loop_, *fd, static_cast<net::ConnectionHandler&>(*this), options, std::move(transport_));
  if (has_handshake) return connection_->Start();
  is_connected_ = true;
  connection_->Start();
  if (user_ != nullptr) user_->OnConnected();
}

void ProbeConnection::OnEstablished() {
  if (is_connected_ || user_ == nullptr) return;
  connection_->PauseReading();
  loop_.AtTurnEnd(*this);
}

void ProbeConnection::OnTurnEnd() {
  if (user_ == nullptr) return;
  if (has_failed_) return Lose(ProbeAnswer::kHandshakeFailed);
  is_connected_ = true;
  connection_->ResumeReading();
  user_->OnConnected();
}

size_t ProbeConnection::OnRead(std::string_view bytes) {
  if (user_ == nullptr) return bytes.size();
  return is_connected_ ? user_->OnRead(bytes) : 0;
}

void ProbeConnection::OnReadEnd() {
  if (user_ != nullptr && is_connected_) user_->OnReadEnd();
}

void ProbeConnection::OnClosed(net::CloseReason reason) {
  if (!is_connected_) return Lose(ProbeAnswer::kHandshakeFailed);
  Lose(reason == net::CloseReason::kRemoteEnd ? ProbeAnswer::kClosed : ProbeAnswer::kReset);
}

void ProbeConnection::Lose(ProbeAnswer why) {
  event::TurnEndHook::Unlink();
  is_connected_ = false;
  if (user_ != nullptr) std::exchange(user_, nullptr)->OnLost(why);
}

}  // namespace weir::health
