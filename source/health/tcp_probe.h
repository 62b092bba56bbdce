// Asks by connecting and, where the configuration says so, by sending bytes and waiting for others.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "source/health/payload_matcher.h"
#include "source/health/probe.h"
#include "source/health/probe_connection.h"

namespace weir::health {

class TcpProbe final : public Probe, private ProbeConnection::User {
 public:
  TcpProbe(const ProbeTarget& target, ProbeOwner& owner);
  ~TcpProbe() override;

  void Start() override;
  void Abandon() override;

 private:
  // ProbeConnection::User
  void OnConnected() override;
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnLost(balancing::ProbeAnswer why) override;

  void Connect();
  void Ask();
  // Where a connection that was kept has ended meanwhile, nothing is said of the host: once more,
  // over a new one. False: it was a new one.
  bool AskAnew();
  void Finish(const ProbeOutcome& outcome);

  const ProbeTarget& target_;
  ProbeOwner& owner_;
  std::unique_ptr<ProbeConnection> connection_;
  std::optional<PayloadMatcher> answer_;  // while something is waited for
  bool is_running_ = false;
  bool is_reused_ = false;
};

}  // namespace weir::health
