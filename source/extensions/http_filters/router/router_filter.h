// The terminal HTTP filter: does what the route says. A direct response or redirect is answered
// here; everything else is forwarded to a host of the route's cluster, with the route's rewrites,
// timeouts and retries. Source: envoy.config.route.v3.RouteAction,
// envoy.extensions.filters.http.router.v3.
//
//   head ─► cluster ─► rewrite ─► try ─► response ─► downstream
//                                ▲  │ failed, and may be retried
//                                └──┴ backoff
//
// Its parts: request_timers (what runs out), retry_state (whether to try again), held_body (what a
// try is sent), request_rewrite and failure_reply (pure), upstream_try (one try).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "source/base/buffer.h"
#include "source/clusters/cluster_manager.h"
#include "source/extensions/http_filters/router/failure_reply.h"
#include "source/extensions/http_filters/router/held_body.h"
#include "source/extensions/http_filters/router/host_feedback.h"
#include "source/extensions/http_filters/router/request_timers.h"
#include "source/extensions/http_filters/router/retry_state.h"
#include "source/extensions/http_filters/router/upstream_try.h"
#include "source/filter/http_filter.h"
#include "source/http/cookie.h"
#include "source/http/grpc.h"

namespace weir::extensions::router {

struct RouterSettings {
  clusters::ClusterManager* clusters = nullptr;  // finds the slot that cluster_header names
  bool suppress_envoy_headers = false;
  bool respect_expected_rq_timeout = false;
};

class RouterFilter final : public filter::HttpFilter, private TryListener, private TimerListener {
 public:
  explicit RouterFilter(const RouterSettings& settings);
  ~RouterFilter() override;

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  void OnDownstreamHigh() override;
  void OnDownstreamLow() override;
  void OnStreamEnd() override;

 private:
  // TryListener
  void OnTryReady(http::ClientStream& stream) override;
  void OnTryInformational(http::ResponseHead& head) override;
  void OnTryHead(http::ResponseHead& head, bool ends_stream) override;
  void OnTryBody(base::Buffer& body, bool ends_stream) override;
  void OnTryTrailers(http::HeaderMap& trailers) override;
  void OnTryTransportFailure(std::string_view reason) override;
  void OnTryFailed(const http::StreamError& error) override;
  void OnTryIdle() override;
  void OnTryHigh() override;
  void OnTryLow() override;

  // TimerListener
  void OnRouteTimeout() override;
  void OnTryTimeout() override;
  void OnTrySilent() override;
  void OnBackoffOver() override;

  // Answers made here.
  bool NeedsTls(const routing::VirtualHost& host) const;
  void RedirectToTls();
  void Redirect(const routing::RedirectAction& action);
  void ReplyDirectly(const routing::DirectResponseAction& action);

  // The request on its way.
  void Forward(const routing::ForwardAction& action);
  void PrepareHead(const RequestTimeouts& timeouts);
  void HashHead();
  std::string_view MakeCookie(const http::CookieTemplate& cookie);
  void StartTry();
  void SendRequest(http::ClientStream& stream);
  size_t MostKeptBytes() const;
  void SendHeldBody(http::ClientStream& stream);
  void RequestEnded();

  // The response on its way.
  void FinishResponseHead(http::ResponseHead& head);
  void ResponseEnded();
  void CountResponse(int status);
  HostFeedback Feedback();
  void CountGrpc(std::optional<http::GrpcStatus> status);
  std::string_view Evaluate(const routing::ValueTemplate& value);

  // Failures.
  bool TryAgain(bool was_refused = false);
  void EndRetry();
  void AbandonTry(bool for_good);
  void GiveUpTry(std::string_view details);
  void BreakOff(const http::StreamError& error);
  void GiveUp(const http::StreamError& error);
  void Fail(const FailureReply& reply, std::string_view details);

  const RouterSettings& settings_;
  http::RequestHead* head_ = nullptr;
  http::HeaderMap* trailers_ = nullptr;
  const routing::ForwardAction* action_ = nullptr;
  upstream::LocalClusterRef cluster_;
  UpstreamTry try_;
  RetryState retry_;
  RequestTimers timers_;
  HeldBody body_;
  absl::InlinedVector<balancing::HostPtr, 2> tried_;
  std::optional<uint64_t> hash_;                          // by the route's hash policies
  absl::InlinedVector<std::string_view, 1> set_cookies_;  // for the response
  int64_t sent_head_ns_ = -1;
  uint32_t downstream_highs_ = 0;  // counted: the connection and filters may say it
  bool request_ended_ = false;
  bool head_ends_request_ = false;
  bool had_body_ = false;
  bool body_paused_ = false;    // until there is a stream
  bool upstream_high_ = false;  // this try's; its end lets the sender go on
  bool sent_anything_ = false;  // by this try
  bool response_started_ = false;
  bool retry_due_ = false;
  bool retry_counted_ = false;
  bool awaits_grpc_status_ = false;  // of trailers
  bool is_over_ = false;
};

}  // namespace weir::extensions::router
