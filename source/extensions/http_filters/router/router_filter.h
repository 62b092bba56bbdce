// The terminal HTTP filter: does what the route says. A direct response or redirect is answered
// here; everything else is forwarded to a host of the route's cluster, with the route's rewrites,
// timeouts and retries. Source: envoy.config.route.v3.RouteAction,
// envoy.extensions.filters.http.router.v3.
//
//   head ─► choose cluster ─► try ─► response ─► downstream
//                    ▲          │ failed, and may be retried
//                    └─ backoff ◄┘
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "source/base/buffer.h"
#include "source/event/timer.h"
#include "source/extensions/http_filters/router/retry_state.h"
#include "source/extensions/http_filters/router/upstream_try.h"
#include "source/filter/http_filter.h"
#include "source/upstream/cluster_manager.h"

namespace weir::extensions::router {

struct RouterSettings {
  upstream::ClusterManager* clusters = nullptr;  // finds the slot that cluster_header names
  bool suppress_envoy_headers = false;
  bool respect_expected_rq_timeout = false;
};

class RouterFilter final : public filter::HttpFilter, private TryListener {
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
  void OnTryFailed(const http::StreamError& error) override;
  void OnTryIdle() override;
  void OnTryHigh() override;
  void OnTryLow() override;

  bool NeedsTls(const routing::VirtualHost& host) const;
  void RedirectToTls();
  void Redirect(const routing::RedirectAction& action);
  void ReplyDirectly(const routing::DirectResponseAction& action);
  void Forward(const routing::ForwardAction& action);
  upstream::ClusterSlot* ChooseSlot(const routing::ForwardAction& action);
  void ReadTimeouts(const routing::ForwardAction& action);
  void PrepareHead(const routing::ForwardAction& action);
  void RewriteHost(const routing::ForwardAction& action);
  void StartTry();
  void SendRequest(http::ClientStream& stream);
  void SendPending(http::ClientStream& stream);
  void KeepForRetry(const base::Buffer& body);
  void RequestEnded();

  bool TryAgain();
  void ScheduleTry();
  void GiveUp(const http::StreamError& error);
  void OnTimeout();
  void OnTryTimeout();
  void OnTrySilent();
  void GiveUpTry(std::string_view details);
  void Arm(std::optional<event::Timer>& timer, int64_t wait_ms, void (RouterFilter::*then)());
  void Fail(int status, filter::ResponseFlag flag, std::string_view body, std::string_view details);
  void FinishResponseHead(http::ResponseHead& head);
  void ResponseEnded();
  void CountResponse(int status);
  void CountHost(bool success);
  void EndRetry();
  std::string_view Evaluate(const routing::ValueTemplate& value);

  const RouterSettings& settings_;
  http::RequestHead* head_ = nullptr;
  http::HeaderMap* trailers_ = nullptr;
  const routing::ForwardAction* action_ = nullptr;
  const routing::WeightedCluster* weighted_ = nullptr;
  upstream::LocalClusterRef cluster_;
  UpstreamTry try_;
  RetryState retry_;
  absl::InlinedVector<upstream::HostPtr, 2> tried_;
  base::Buffer pending_;  // of the request's body, until there is a stream
  base::Buffer replay_;   // what was sent of it, while it may have to be sent again
  // Made when needed.
  std::optional<event::Timer> timeout_timer_, try_timer_, silence_timer_, backoff_timer_;
  int64_t timeout_ms_ = 0;
  int64_t try_timeout_ms_ = 0;
  int64_t try_idle_timeout_ms_ = 0;
  int64_t sent_head_ns_ = -1;
  bool request_ended_ = false;
  bool had_body_ = false;
  bool body_paused_ = false;
  bool replay_lost_ = false;
  bool sent_anything_ = false;
  bool response_started_ = false;
  bool retry_due_ = false;
  bool retry_counted_ = false;
  uint32_t downstream_highs_ = 0;  // counted: the connection and filters may say it
  bool upstream_high_ = false;     // this try's; its end lets the sender go on
  bool is_over_ = false;
};

}  // namespace weir::extensions::router
