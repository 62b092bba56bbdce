// A cluster's statistics under Envoy's names, "cluster.NAME.FIELD".
//
// Who counts: this folder counts connections (upstream_cx_*), requests on their way to a stream
// (upstream_rq_total, _active, _pending_*, _cancelled), flow control, balancing, membership and
// breakers. Whoever runs a request (the router) counts its outcome: upstream_rq_completed and the
// classes, upstream_rq_time, timeouts, resets, retries. A TCP proxy adds the bytes of the
// connections it was given to upstream_cx_rx_bytes_total and _tx_.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "source/http2/http2_stats.h"
#include "source/stats/stats.h"

namespace weir::upstream {

// The gauges of one priority's circuit breakers. "open": the limit is reached.
struct BreakerGauges {
  stats::Gauge cx_open, rq_pending_open, rq_open, rq_retry_open;
  // What is left to take, where track_remaining asks for it.
  stats::Gauge remaining_cx, remaining_pending, remaining_rq, remaining_retries;
};

struct ClusterStats {
  stats::Counter upstream_cx_total, upstream_cx_http1_total, upstream_cx_http2_total,
      upstream_cx_connect_fail, upstream_cx_connect_timeout, upstream_cx_overflow,
      upstream_cx_idle_timeout, upstream_cx_max_requests, upstream_cx_max_duration_reached,
      upstream_cx_none_healthy, upstream_cx_protocol_error;
  stats::Counter upstream_cx_destroy, upstream_cx_destroy_local, upstream_cx_destroy_remote,
      upstream_cx_destroy_with_active_rq, upstream_cx_destroy_local_with_active_rq,
      upstream_cx_destroy_remote_with_active_rq;
  stats::Counter upstream_cx_rx_bytes_total, upstream_cx_tx_bytes_total;
  stats::Counter upstream_flow_control_paused_reading_total,
      upstream_flow_control_resumed_reading_total, upstream_flow_control_backed_up_total,
      upstream_flow_control_drained_total;
  stats::Counter upstream_rq_drop_overload;
  stats::Counter lb_subsets_selected, lb_subsets_fallback;
  stats::Counter upstream_rq_total, upstream_rq_pending_total, upstream_rq_pending_overflow,
      upstream_rq_pending_failure_eject, upstream_rq_cancelled, upstream_rq_timeout,
      upstream_rq_per_try_timeout, upstream_rq_per_try_idle_timeout, upstream_rq_rx_reset,
      upstream_rq_tx_reset, upstream_rq_retry, upstream_rq_retry_success,
      upstream_rq_retry_overflow, upstream_rq_retry_limit_exceeded;
  stats::Counter upstream_rq_completed, upstream_rq_1xx, upstream_rq_2xx, upstream_rq_3xx,
      upstream_rq_4xx, upstream_rq_5xx;
  stats::Counter lb_healthy_panic;
  stats::Gauge upstream_cx_active, upstream_rq_active, upstream_rq_pending_active;
  stats::Histogram upstream_cx_connect_ms, upstream_cx_length_ms, upstream_rq_time;
  BreakerGauges breakers[2];  // default, high: see RoutingPriority

  // The class counter of a response status from 100 to 599.
  stats::Counter& StatusClass(int status) {
    stats::Counter* const classes[] = {&upstream_rq_1xx, &upstream_rq_2xx, &upstream_rq_3xx,
                                       &upstream_rq_4xx, &upstream_rq_5xx};
    return *classes[status / 100 - 1];
  }

  static const stats::Metric kMetrics[];
};

#define WEIR_BREAKER_METRIC(name, priority, gauge)                                               \
  stats::Metric {                                                                                \
    name, stats::Kind::kGauge,                                                                   \
        static_cast<uint16_t>(offsetof(ClusterStats, breakers) +                                 \
                              priority * sizeof(BreakerGauges) + offsetof(BreakerGauges, gauge)) \
  }

inline const stats::Metric ClusterStats::kMetrics[] = {
    WEIR_METRIC(ClusterStats, upstream_cx_total),
    WEIR_METRIC(ClusterStats, upstream_cx_http1_total),
    WEIR_METRIC(ClusterStats, upstream_cx_http2_total),
    WEIR_METRIC(ClusterStats, upstream_cx_connect_fail),
    WEIR_METRIC(ClusterStats, upstream_cx_connect_timeout),
    WEIR_METRIC(ClusterStats, upstream_cx_overflow),
    WEIR_METRIC(ClusterStats, upstream_cx_idle_timeout),
    WEIR_METRIC(ClusterStats, upstream_cx_max_requests),
    WEIR_METRIC(ClusterStats, upstream_cx_max_duration_reached),
    WEIR_METRIC(ClusterStats, upstream_cx_none_healthy),
    WEIR_METRIC(ClusterStats, upstream_cx_protocol_error),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy_local),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy_remote),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy_with_active_rq),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy_local_with_active_rq),
    WEIR_METRIC(ClusterStats, upstream_cx_destroy_remote_with_active_rq),
    WEIR_METRIC(ClusterStats, upstream_cx_rx_bytes_total),
    WEIR_METRIC(ClusterStats, upstream_cx_tx_bytes_total),
    WEIR_METRIC(ClusterStats, upstream_flow_control_paused_reading_total),
    WEIR_METRIC(ClusterStats, upstream_flow_control_resumed_reading_total),
    WEIR_METRIC(ClusterStats, upstream_flow_control_backed_up_total),
    WEIR_METRIC(ClusterStats, upstream_flow_control_drained_total),
    WEIR_METRIC(ClusterStats, upstream_rq_total),
    WEIR_METRIC(ClusterStats, upstream_rq_pending_total),
    WEIR_METRIC(ClusterStats, upstream_rq_drop_overload),
    WEIR_METRIC(ClusterStats, lb_subsets_selected),
    WEIR_METRIC(ClusterStats, lb_subsets_fallback),
    WEIR_METRIC(ClusterStats, upstream_rq_pending_overflow),
    WEIR_METRIC(ClusterStats, upstream_rq_pending_failure_eject),
    WEIR_METRIC(ClusterStats, upstream_rq_cancelled),
    WEIR_METRIC(ClusterStats, upstream_rq_timeout),
    WEIR_METRIC(ClusterStats, upstream_rq_per_try_timeout),
    WEIR_METRIC(ClusterStats, upstream_rq_per_try_idle_timeout),
    WEIR_METRIC(ClusterStats, upstream_rq_rx_reset),
    WEIR_METRIC(ClusterStats, upstream_rq_tx_reset),
    WEIR_METRIC(ClusterStats, upstream_rq_retry),
    WEIR_METRIC(ClusterStats, upstream_rq_retry_success),
    WEIR_METRIC(ClusterStats, upstream_rq_retry_overflow),
    WEIR_METRIC(ClusterStats, upstream_rq_retry_limit_exceeded),
    WEIR_METRIC(ClusterStats, upstream_rq_completed),
    WEIR_METRIC(ClusterStats, upstream_rq_1xx),
    WEIR_METRIC(ClusterStats, upstream_rq_2xx),
    WEIR_METRIC(ClusterStats, upstream_rq_3xx),
    WEIR_METRIC(ClusterStats, upstream_rq_4xx),
    WEIR_METRIC(ClusterStats, upstream_rq_5xx),
    WEIR_METRIC(ClusterStats, lb_healthy_panic),
    WEIR_METRIC(ClusterStats, upstream_cx_active),
    WEIR_METRIC(ClusterStats, upstream_rq_active),
    WEIR_METRIC(ClusterStats, upstream_rq_pending_active),
    WEIR_METRIC(ClusterStats, upstream_cx_connect_ms),
    WEIR_METRIC(ClusterStats, upstream_cx_length_ms),
    WEIR_METRIC(ClusterStats, upstream_rq_time),
    WEIR_BREAKER_METRIC("circuit_breakers.default.cx_open", 0, cx_open),
    WEIR_BREAKER_METRIC("circuit_breakers.default.rq_pending_open", 0, rq_pending_open),
    WEIR_BREAKER_METRIC("circuit_breakers.default.rq_open", 0, rq_open),
    WEIR_BREAKER_METRIC("circuit_breakers.default.rq_retry_open", 0, rq_retry_open),
    WEIR_BREAKER_METRIC("circuit_breakers.default.remaining_cx", 0, remaining_cx),
    WEIR_BREAKER_METRIC("circuit_breakers.default.remaining_pending", 0, remaining_pending),
    WEIR_BREAKER_METRIC("circuit_breakers.default.remaining_rq", 0, remaining_rq),
    WEIR_BREAKER_METRIC("circuit_breakers.default.remaining_retries", 0, remaining_retries),
    WEIR_BREAKER_METRIC("circuit_breakers.high.cx_open", 1, cx_open),
    WEIR_BREAKER_METRIC("circuit_breakers.high.rq_pending_open", 1, rq_pending_open),
    WEIR_BREAKER_METRIC("circuit_breakers.high.rq_open", 1, rq_open),
    WEIR_BREAKER_METRIC("circuit_breakers.high.rq_retry_open", 1, rq_retry_open),
    WEIR_BREAKER_METRIC("circuit_breakers.high.remaining_cx", 1, remaining_cx),
    WEIR_BREAKER_METRIC("circuit_breakers.high.remaining_pending", 1, remaining_pending),
    WEIR_BREAKER_METRIC("circuit_breakers.high.remaining_rq", 1, remaining_rq),
    WEIR_BREAKER_METRIC("circuit_breakers.high.remaining_retries", 1, remaining_retries)};

#undef WEIR_BREAKER_METRIC

// What the main thread alone counts: apart, so that an idle cluster has no block of the above.
struct MembershipStats {
  stats::Counter membership_change;
  stats::Gauge membership_total, membership_healthy, membership_degraded, membership_excluded;
  stats::Counter update_attempt, update_success, update_failure, update_empty, update_no_rebuild;
  stats::Gauge max_host_weight;

  static const stats::Metric kMetrics[];
};

inline const stats::Metric MembershipStats::kMetrics[] = {
    WEIR_METRIC(MembershipStats, membership_change),
    WEIR_METRIC(MembershipStats, membership_total),
    WEIR_METRIC(MembershipStats, membership_healthy),
    WEIR_METRIC(MembershipStats, membership_degraded),
    WEIR_METRIC(MembershipStats, membership_excluded),
    WEIR_METRIC(MembershipStats, update_attempt),
    WEIR_METRIC(MembershipStats, update_success),
    WEIR_METRIC(MembershipStats, update_failure),
    WEIR_METRIC(MembershipStats, update_empty),
    WEIR_METRIC(MembershipStats, update_no_rebuild),
    WEIR_METRIC(MembershipStats, max_host_weight)};

using ClusterStatsGroup = std::shared_ptr<stats::Group<ClusterStats>>;
using Http2StatsGroup = std::shared_ptr<stats::Group<http2::Stats>>;
using MembershipStatsGroup = std::shared_ptr<stats::Group<MembershipStats>>;

}  // namespace weir::upstream
