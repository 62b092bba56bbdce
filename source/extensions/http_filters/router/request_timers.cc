#include "source/extensions/http_filters/router/request_timers.h"

#include "absl/time/time.h"
#include "source/base/strings.h"
#include "source/http/grpc.h"

namespace weir::extensions::router {
namespace {

using http::HeaderId;

// A number of milliseconds in a header replaces `limit_ms`; anything else leaves it.
void ReadLimit(const http::RequestHead& head, HeaderId id, int64_t& limit_ms) {
  const auto asked_ms = base::ParseInteger<int64_t>(head.headers.Value(id));
  if (asked_ms.has_value() && *asked_ms >= 0) limit_ms = *asked_ms;
}

void Cancel(std::optional<event::Timer>& timer) {
  if (timer.has_value()) timer->Cancel();
}

}  // namespace

RequestTimeouts ReadTimeouts(const routing::ForwardAction& action,
                             const routing::RetryPolicy* policy, const http::RequestHead& head,
                             bool respects_expected) {
  RequestTimeouts timeouts;
  timeouts.route_ms = absl::ToInt64Milliseconds(action.timeout);
  if (policy != nullptr) {
    timeouts.try_ms = absl::ToInt64Milliseconds(policy->per_try_timeout);
    timeouts.try_silence_ms = absl::ToInt64Milliseconds(policy->per_try_idle_timeout);
  }
  if (action.max_grpc_timeout.has_value() && http::IsGrpc(head)) {
    timeouts.is_grpc_deadline = true;
    timeouts.route_ms = http::BoundGrpcTimeout(
        http::GrpcTimeoutMs(head.headers), absl::ToInt64Milliseconds(*action.max_grpc_timeout),
        absl::ToInt64Milliseconds(action.grpc_timeout_offset));
  }
  ReadLimit(head, HeaderId::kXEnvoyUpstreamRqTimeoutMs, timeouts.route_ms);
  ReadLimit(head, HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs, timeouts.try_ms);
  if (respects_expected) ReadLimit(head, HeaderId::kXEnvoyExpectedRqTimeoutMs, timeouts.route_ms);
  // A try cannot outlast its request.
  if (timeouts.route_ms > 0 && timeouts.try_ms >= timeouts.route_ms) timeouts.try_ms = 0;
  return timeouts;
}

template <RequestTimers::Expiry kExpiry>
void RequestTimers::Arm(std::optional<event::Timer>& timer, int64_t wait_ms) {
  if (wait_ms <= 0) return;
  // What the timer runs holds one pointer: with more it would be on the heap.
  if (!timer.has_value()) timer.emplace(*loop_, [this] { (listener_.*kExpiry)(); });
  timer->Arm(wait_ms);
}

void RequestTimers::Begin(event::Loop& loop, const RequestTimeouts& timeouts) {
  loop_ = &loop;
  timeouts_ = timeouts;
}

void RequestTimers::OnRequestEnd() {
  Arm<&TimerListener::OnRouteTimeout>(route_, timeouts_.route_ms);
}

void RequestTimers::OnTryReady() {
  Arm<&TimerListener::OnTryTimeout>(try_, timeouts_.try_ms);
  Arm<&TimerListener::OnTrySilent>(silence_, timeouts_.try_silence_ms);
}

void RequestTimers::OnTryHead() {
  Cancel(try_);
  OnTryBody();
}

void RequestTimers::OnTryBody() {
  Arm<&TimerListener::OnTrySilent>(silence_, timeouts_.try_silence_ms);
}

void RequestTimers::OnTryEnd() {
  Cancel(try_);
  Cancel(silence_);
}

void RequestTimers::OnResponseEnd() {
  Cancel(route_);
  OnTryEnd();
}

void RequestTimers::BackOff(int64_t wait_ms) {
  Arm<&TimerListener::OnBackoffOver>(backoff_, wait_ms);
}

void RequestTimers::CancelAll() {
  OnResponseEnd();
  Cancel(backoff_);
}

}  // namespace weir::extensions::router
