// Tested by test/extensions/http_filters/router/router_outcome_test.cc.
#include "source/extensions/http_filters/router/host_feedback.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "source/base/strings.h"
#include "source/extensions/http_filters/router/load_report_parser.h"
#include "source/http/grpc.h"

namespace weir::extensions::router {
namespace {

using http::ErrorKind;

// What a failure says of the host; none where it is not the host's: a limit of ours, or a stream
// that it gave back because it goes away or has enough of them.
std::optional<balancing::LocalOutcome> OutcomeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNoHost:
    case ErrorKind::kOverflow:
    case ErrorKind::kRefused:
    case ErrorKind::kLocal:
      return std::nullopt;
    case ErrorKind::kTimeout:
    case ErrorKind::kPerTryTimeout:
      return balancing::LocalOutcome::kTimeout;
    default:
      return balancing::LocalOutcome::kFailed;
  }
}

// 300 s at most; 0: it does not say.
int64_t RetryAfterNs(const http::ResponseHead& head) {
  const http::Header* const asked = head.headers.Find("retry-after");
  int64_t seconds = 0;
  if (asked == nullptr || !absl::SimpleAtoi(base::ToAbsl(asked->value), &seconds)) return 0;
  return std::clamp<int64_t>(seconds, 0, 300) * 1'000'000'000;
}

}  // namespace

int HostFeedback::StatusOf(const http::ResponseHead& head) {
  const auto grpc_status = http::FindGrpcStatus(head.headers);
  const bool is_grpc = grpc_status.has_value() && http::IsGrpc(head);
  return is_grpc && head.status < 500 ? http::HttpStatusOfGrpc(*grpc_status) : head.status;
}

void HostFeedback::OnHead(const http::ResponseHead& head) const {
  LearnLoad(head.headers);
  upstream::TrafficFindings* const findings = cluster_.findings();
  if (findings == nullptr) return;
  if (head.headers.Find("x-envoy-immediate-health-check-fail") == nullptr) return;
  findings->OnImmediateFailure(host_);
}

void HostFeedback::OnTrailers(const http::HeaderMap& trailers) const { LearnLoad(trailers); }

void HostFeedback::OnStatus(int status, const http::ResponseHead* head) const {
  if (host_ == nullptr) return;
  balancing::HostActivity& activity = host_->activity();
  (status < 500 ? activity.requests_success : activity.requests_error)
      .fetch_add(1, std::memory_order_relaxed);
  if (balancing::HostMonitor* const monitor = host_->monitor()) monitor->OnResponse(status);
  if (cluster_.learner() == nullptr) return;
  Learn(status < 500, status < 500 || head == nullptr ? 0 : RetryAfterNs(*head));
}

void HostFeedback::OnFailure(ErrorKind kind) const {
  if (host_ == nullptr) return;
  host_->activity().requests_error.fetch_add(1, std::memory_order_relaxed);
  TellFailure(kind);
}

void HostFeedback::OnTimeout() const {
  if (host_ != nullptr) TellFailure(ErrorKind::kTimeout);
}

void HostFeedback::TellFailure(ErrorKind kind) const {
  const std::optional<balancing::LocalOutcome> outcome = OutcomeOf(kind);
  if (!outcome.has_value()) return;
  Learn(false, 0);
  if (balancing::HostMonitor* const monitor = host_->monitor()) monitor->OnLocalOutcome(*outcome);
}

// A failure of a host that says when to come back counts that long.
void HostFeedback::Learn(bool is_success, int64_t retry_after_ns) const {
  const balancing::Balancer* const learner = cluster_.learner();
  if (learner == nullptr) return;
  balancing::Outcome outcome;
  outcome.is_success = is_success;
  outcome.latency_ns = now_ns_ - sent_ns_;
  outcome.retry_after_ns = retry_after_ns;
  learner->OnResponse(*host_, outcome, now_ns_);
}

void HostFeedback::LearnLoad(const http::HeaderMap& fields) const {
  const balancing::Balancer* const listener = cluster_.load_listener();
  if (listener == nullptr) return;
  const std::optional<balancing::LoadReport> report = FindLoadReport(fields);
  if (report.has_value()) listener->OnLoadReport(*host_, *report, now_ns_);
}

}  // namespace weir::extensions::router
