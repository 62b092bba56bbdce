// Tested by test/health/active_checks_test.cc.
#include "source/health/probe.h"

#include "source/health/checked_cluster.h"
#include "source/health/http_probe.h"
#include "source/health/tcp_probe.h"

namespace weir::health {

ProbeOutcome ProbeOutcome::Success(balancing::ProbeAnswer answer, uint16_t code) {
  ProbeOutcome outcome;
  outcome.is_success = true;
  outcome.report = {answer, code, 0};
  return outcome;
}

ProbeOutcome ProbeOutcome::Network(balancing::ProbeAnswer answer) {
  ProbeOutcome outcome;
  outcome.report = {answer, 0, 0};
  return outcome;
}

std::unique_ptr<Probe> CreateProbe(const ProbeTarget& target, ProbeOwner& owner) {
  if (target.cluster.config->kind == CheckKind::kTcp) {
    return std::make_unique<TcpProbe>(target, owner);
  }
  return std::make_unique<HttpProbe>(target, owner);
}

}  // namespace weir::health
