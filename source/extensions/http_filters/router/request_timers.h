// The time limits of one request at the router, and the timers that keep them. Worker's thread;
// owned by the router filter, which hears what runs out.
//
//   route     end of the request ──────────────────────────────► end of the response
//   try       stream ready ─────────────► response head             one try
//   silence   stream ready ─► response head ─► body ─► … ─► end     between the parts of one try
//   backoff   failed try ─► next try
#pragma once

#include <cstdint>
#include <optional>

#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace weir::extensions::router {

// Milliseconds; 0: no limit.
struct RequestTimeouts {
  int64_t route_ms = 0;
  int64_t try_ms = 0;
  int64_t try_silence_ms = 0;
  bool is_grpc_deadline = false;  // route_ms comes from grpc-timeout

  // What the upstream is told to expect.
  int64_t expected_ms() const { return try_ms > 0 ? try_ms : route_ms; }
};

// The route's limits and those of `policy` (may be null), as far as the request's x-envoy-* fields
// do not say otherwise. `respects_expected`: x-envoy-expected-rq-timeout-ms is such a field.
RequestTimeouts ReadTimeouts(const routing::ForwardAction& action,
                             const routing::RetryPolicy* policy, const http::RequestHead& head,
                             bool respects_expected);

class TimerListener {
 public:
  virtual void OnRouteTimeout() = 0;
  virtual void OnTryTimeout() = 0;
  virtual void OnTrySilent() = 0;
  virtual void OnBackoffOver() = 0;

 protected:
  ~TimerListener() = default;
};

class RequestTimers {
 public:
  explicit RequestTimers(TimerListener& listener) : listener_(listener) {}
  RequestTimers(const RequestTimers&) = delete;
  RequestTimers& operator=(const RequestTimers&) = delete;

  // Before anything else. Arms nothing.
  void Begin(event::Loop& loop, const RequestTimeouts& timeouts);

  void OnRequestEnd();
  void OnTryReady();
  void OnTryHead();
  void OnTryBody();
  // The try is over without a whole response.
  void OnTryEnd();
  void OnResponseEnd();
  void BackOff(int64_t wait_ms);
  // Nothing runs out any more.
  void CancelAll();

 private:
  using Expiry = void (TimerListener::*)();

  template <Expiry kExpiry>
  void Arm(std::optional<event::Timer>& timer, int64_t wait_ms);

  TimerListener& listener_;
  event::Loop* loop_ = nullptr;
  RequestTimeouts timeouts_;
  // Made when first armed: most requests need one.
  std::optional<event::Timer> route_, try_, silence_, backoff_;
};

}  // namespace weir::extensions::router
