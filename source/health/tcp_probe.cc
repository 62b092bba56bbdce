// Tested by test/health/active_checks_test.cc.
#include "source/health/tcp_probe.h"

#include <utility>

#include "source/health/checked_cluster.h"

namespace weir::health {

using balancing::ProbeAnswer;

TcpProbe::TcpProbe(const ProbeTarget& target, ProbeOwner& owner) : target_(target), owner_(owner) {}

TcpProbe::~TcpProbe() = default;

void TcpProbe::Start() {
  is_running_ = true;
  // To connect is to ask, where nothing is waited for.
  if (target_.cluster.config->receive.empty()) ProbeConnection::Release(std::move(connection_));
  is_reused_ = connection_ != nullptr;
  if (is_reused_) return Ask();
  Connect();
}

void TcpProbe::Connect() {
  connection_ = std::make_unique<ProbeConnection>(target_, static_cast<User&>(*this));
}

void TcpProbe::Abandon() {
  is_running_ = false;
  answer_.reset();
  ProbeConnection::Release(std::move(connection_));
}

void TcpProbe::OnConnected() { Ask(); }

void TcpProbe::Ask() {
  const HealthCheckConfig& config = *target_.cluster.config;
  net::Connection& connection = *connection_->connection();
  if (!config.send.empty()) {
    connection.output().Append(config.send);
    connection.FlushLater();
  }
  if (config.receive.empty()) return Finish(ProbeOutcome::Success(ProbeAnswer::kConnected));
  answer_.emplace(config.receive);
}

size_t TcpProbe::OnRead(std::string_view bytes) {
  if (!answer_.has_value()) return bytes.size();
  answer_->Feed(bytes);
  if (answer_->has_all()) Finish(ProbeOutcome::Success(ProbeAnswer::kExpectedBytes));
  return bytes.size();
}

void TcpProbe::OnReadEnd() { OnLost(ProbeAnswer::kClosed); }

void TcpProbe::OnLost(ProbeAnswer why) {
  ProbeConnection::Release(std::move(connection_));
  if (!is_running_ || AskAnew()) return;
  Finish(ProbeOutcome::Network(why));
}

bool TcpProbe::AskAnew() {
  if (!std::exchange(is_reused_, false)) return false;
  answer_.reset();
  Connect();
  return true;
}

void TcpProbe::Finish(const ProbeOutcome& outcome) {
  is_running_ = false;
  answer_.reset();
  const HealthCheckConfig& config = *target_.cluster.config;
  // Of no more use, unless something is on its way still.
  if (config.receive.empty() && config.send.empty()) {
    ProbeConnection::Release(std::move(connection_));
  }
  owner_.OnProbeDone(outcome);
}

}  // namespace weir::health
