#include "source/extensions/http_filters/router/retry_state.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/grpc.h"
#include "source/routing/retry_policy_parser.h"

namespace weir::extensions::router {

namespace {

using http::ErrorKind;
using http::HeaderId;

constexpr uint32_t kDefaultOn = routing::kRetryConnectFailure | routing::kRetryRefusedStream |
                                routing::kRetryResetBeforeRequest;

constexpr uint32_t kAnyGrpc = routing::kRetryGrpcCancelled | routing::kRetryGrpcDeadlineExceeded |
                              routing::kRetryGrpcInternal | routing::kRetryGrpcResourceExhausted |
                              routing::kRetryGrpcUnavailable;

constexpr uint32_t kMostRefusals = 4;

constexpr std::string_view kRetryGrpcOn = "x-envoy-retry-grpc-on";

// The condition that covers a status; 0: none does.
uint32_t BitOf(http::GrpcStatus status) {
  switch (status) {
    case http::GrpcStatus::kCanceled:
      return routing::kRetryGrpcCancelled;
    case http::GrpcStatus::kDeadlineExceeded:
      return routing::kRetryGrpcDeadlineExceeded;
    case http::GrpcStatus::kInternal:
      return routing::kRetryGrpcInternal;
    case http::GrpcStatus::kResourceExhausted:
      return routing::kRetryGrpcResourceExhausted;
    case http::GrpcStatus::kUnavailable:
      return routing::kRetryGrpcUnavailable;
    default:
      return 0;
  }
}

bool IsConnectFailure(ErrorKind kind) {
  return kind == ErrorKind::kConnectFailed || kind == ErrorKind::kConnectTimeout;
}

bool IsReset(ErrorKind kind) {
  return IsConnectFailure(kind) || kind == ErrorKind::kPeerReset ||
         kind == ErrorKind::kPeerClosed || kind == ErrorKind::kRefused ||
         kind == ErrorKind::kProtocol || kind == ErrorKind::kPerTryTimeout;
}

}  // namespace

void RetryState::Begin(const routing::RetryPolicy* policy, const http::RequestHead& head) {
  *this = RetryState();
  policy_ = policy;
  method_ = head.method;
  has_policy_ = policy != nullptr;
  on_ = has_policy_ ? policy->on : kDefaultOn;
  tries_left_ = has_policy_ ? policy->retry_count : 1;
  if (has_policy_) {
    base_ms_ = std::max<int64_t>(1, absl::ToInt64Milliseconds(policy->base_interval));
    max_ms_ = std::max(base_ms_, absl::ToInt64Milliseconds(policy->max_interval));
  }
  const std::string_view asked_on = head.headers.Value(HeaderId::kXEnvoyRetryOn);
  const auto pass_over = [](std::string_view, bool) {};  // unknown names mean nothing
  if (const uint32_t bits = routing::ParseRetryOn(asked_on, pass_over); bits != 0) {
    on_ = has_policy_ ? on_ | bits : bits;
    has_policy_ = true;
  }
  if (const uint32_t bits = routing::ParseRetryOn(head.headers.Value(kRetryGrpcOn), pass_over);
      bits != 0) {
    on_ = has_policy_ ? on_ | bits : bits;
    has_policy_ = true;
  }
  const std::string_view asked = head.headers.Value(HeaderId::kXEnvoyMaxRetries);
  tries_left_ = base::ParseInteger<uint32_t>(asked).value_or(tries_left_);
  if (!has_policy_ && asked.empty()) refusals_left_ = kMostRefusals;
}

bool RetryState::RetriesError(const http::StreamError& error, bool nothing_sent, bool was_reused,
                              bool has_body) const {
  if (IsConnectFailure(error.kind)) {
    return On(routing::kRetryConnectFailure | routing::kRetry5xx | routing::kRetryGatewayError |
              routing::kRetryReset);
  }
  if (error.kind == ErrorKind::kRefused && On(routing::kRetryRefusedStream)) return true;
  if (On(routing::kRetryResetBeforeRequest)) {
    if (nothing_sent && IsReset(error.kind)) return true;
    // Nobody answered on a connection that was idle a moment ago: the peer had closed it.
    if (was_reused && error.retryable && !has_body && http::IsIdempotent(method_)) return true;
  }
  return IsReset(error.kind) &&
         On(routing::kRetryReset | routing::kRetry5xx | routing::kRetryGatewayError);
}

bool RetryState::RetriesStatus(const http::ResponseHead& head) const {
  if (!has_policy_) return false;
  const int status = head.status;
  // Whoever limits rates says so; trying again would only add to it, unless asked for.
  if (head.headers.Find("x-envoy-ratelimited") != nullptr) {
    return On(routing::kRetryEnvoyRateLimited);
  }
  if (On(routing::kRetry5xx) && status >= 500) return true;
  if (On(routing::kRetryGatewayError) && status >= 502 && status <= 504) return true;
  if (On(routing::kRetryRetriable4xx) && status == 409) return true;
  // There in a head only when nothing else follows it.
  if (On(kAnyGrpc)) {
    const auto grpc_status = http::FindGrpcStatus(head.headers);
    if (grpc_status.has_value() && On(BitOf(*grpc_status))) return true;
  }
  if (!On(routing::kRetryRetriableStatusCodes) || policy_ == nullptr) return false;
  const auto& codes = policy_->retriable_status_codes;
  return std::find(codes.begin(), codes.end(), static_cast<uint32_t>(status)) != codes.end();
}

int64_t RetryState::TakeTry(base::Random& random, bool was_refused) {
  --(was_refused && refusals_left_ > 0 ? refusals_left_ : tries_left_);
  const uint32_t doublings = std::min<uint32_t>(++taken_, 20);
  const int64_t bound = std::min(max_ms_, base_ms_ * ((int64_t{1} << doublings) - 1));
  return static_cast<int64_t>(random.Below(static_cast<uint64_t>(bound)));
}

}  // namespace weir::extensions::router
