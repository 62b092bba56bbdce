// Tested by test/health/active_checks_test.cc.
#include "source/health/http_probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "source/health/checked_cluster.h"
#include "source/health/grpc_health_parser.h"

namespace weir::health {
namespace {

using balancing::ProbeAnswer;

bool HasStatus(const std::vector<StatusRange>& ranges, int status) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const StatusRange& range) { return range.Has(status); });
}

ProbeOutcome Failure(ProbeAnswer answer, int code, bool counts_towards_threshold) {
  ProbeOutcome outcome;
  outcome.failure = ProbeFailure::kActive;
  outcome.counts_towards_threshold = counts_towards_threshold;
  outcome.report = {answer, static_cast<uint16_t>(code), 0};
  return outcome;
}

}  // namespace

HttpProbe::HttpProbe(const ProbeTarget& target, ProbeOwner& owner)
    : target_(target), owner_(owner) {}

HttpProbe::~HttpProbe() = default;

void HttpProbe::Start() {
  is_running_ = true;
  if (exchange_ != nullptr && !exchange_->can_ask()) HttpExchange::Release(std::move(exchange_));
  if (exchange_ == nullptr) return Connect();
  exchange_->Ask();
}

void HttpProbe::Connect() {
  exchange_ = std::make_unique<HttpExchange>(target_, static_cast<User&>(*this));
}

void HttpProbe::Abandon() {
  is_running_ = false;
  HttpExchange::Release(std::move(exchange_));
}

void HttpProbe::OnReply(const HttpReply& reply) {
  if (!std::exchange(is_running_, false)) return;
  ProbeOutcome outcome =
      target_.cluster.config->kind == CheckKind::kGrpc ? JudgeGrpc(reply) : Judge(reply);
  outcome.is_degraded = reply.is_degraded;
  outcome.wants_exclusion = reply.wants_exclusion;
  owner_.OnProbeDone(outcome);
}

void HttpProbe::OnNoReply(ProbeAnswer why, bool may_retry) {
  HttpExchange::Release(std::move(exchange_));
  if (!is_running_) return;
  if (may_retry) return Connect();
  is_running_ = false;
  owner_.OnProbeDone(ProbeOutcome::Network(why));
}

ProbeOutcome HttpProbe::Judge(const HttpReply& reply) const {
  const HealthCheckConfig& config = *target_.cluster.config;
  const auto code = static_cast<uint16_t>(reply.status);
  if (HasStatus(config.expected_statuses, reply.status)) {
    if (!reply.has_expected_body) return Failure(ProbeAnswer::kUnexpectedBody, code, false);
    return ProbeOutcome::Success(ProbeAnswer::kHttpStatus, code);
  }
  return Failure(ProbeAnswer::kHttpStatus, code,
                 HasStatus(config.retriable_statuses, reply.status));
}

ProbeOutcome HttpProbe::JudgeGrpc(const HttpReply& reply) const {
  if (reply.status != 200) return Failure(ProbeAnswer::kHttpStatus, reply.status, false);
  if (reply.grpc_status != 0) return Failure(ProbeAnswer::kGrpcStatus, reply.grpc_status, false);
  const std::optional<int> status = ParseHealthReply(reply.body);
  if (!status.has_value()) return Failure(ProbeAnswer::kMalformed, 0, false);
  if (*status != kGrpcServing) return Failure(ProbeAnswer::kGrpcServing, *status, false);
  return ProbeOutcome::Success(ProbeAnswer::kGrpcServing, kGrpcServing);
}

}  // namespace weir::health
