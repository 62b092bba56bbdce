// Whether, and when, a request is tried again: the policy of its route (or the safe default), what
// is left of its tries, and the backoff between them. Holds no stream; pure decisions.
//
// The default, without a policy: one more try after a failure that cannot have reached the
// application (connect failure, refused stream, a pooled connection that turned out to be closed
// under an idempotent request without a body).
#pragma once

#include <cstdint>

#include "source/base/random.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/routing/route.h"

namespace weir::extensions::router {

class RetryState {
 public:
  // `policy` null: the default. `head` may carry x-envoy-retry-on and x-envoy-max-retries, which
  // only a trusted peer can set: the connection manager removed them otherwise.
  void Begin(const routing::RetryPolicy* policy, const http::RequestHead& head);

  // Whether the policy covers the failure, were there a try left.
  // `nothing_sent`: no byte of the request was written. `was_reused`: the connection had served
  // before, so its loss may be a keep-alive that timed out at the peer.
  bool RetriesError(const http::StreamError& error, bool nothing_sent, bool was_reused,
                    bool has_body) const;
  bool RetriesStatus(const http::ResponseHead& head) const;

  // Picks of another host, at most, instead of one that was tried already; 0: all it takes.
  uint32_t host_selection_attempts() const {
    return policy_ == nullptr ? 0 : policy_->host_selection_attempts;
  }

  // See PickContext; 0: priorities do not matter.
  int avoid_priorities_every() const {
    return policy_ == nullptr ? 0 : policy_->avoid_priorities_every;
  }

  // `was_refused`: by a host that has not looked at it (REFUSED_STREAM, GOAWAY). Such a host is as
  // well as any, and busy ones say it often: where nothing else was asked for, there are more
  // tries.
  bool has_tries_left(bool was_refused = false) const {
    return tries_left_ > 0 || (was_refused && refusals_left_ > 0);
  }
  // A request with a body needs it kept for as long as this holds.
  bool may_need_body() const { return has_policy_ && tries_left_ > 0; }
  // Also where nothing was configured: an HTTP/2 host may give a request back untouched (GOAWAY,
  // REFUSED_STREAM) after its body was sent.
  bool may_be_given_back() const { return tries_left_ > 0 && On(routing::kRetryRefusedStream); }
  // Takes one try; the time to wait before it, in milliseconds: uniform in [0, base·(2^n − 1)),
  // at most the policy's maximum.
  int64_t TakeTry(base::Random& random, bool was_refused = false);

 private:
  bool On(uint32_t bit) const { return (on_ & bit) != 0; }

  uint32_t on_ = 0;
  uint32_t tries_left_ = 0;
  uint32_t refusals_left_ = 0;  // taken first
  uint32_t taken_ = 0;
  int64_t base_ms_ = 25;
  int64_t max_ms_ = 250;
  const routing::RetryPolicy* policy_ = nullptr;
  http::Method method_ = http::Method::kGet;
  bool has_policy_ = false;
};

}  // namespace weir::extensions::router
