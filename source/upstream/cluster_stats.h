// A cluster's statistics under Envoy's names, "cluster.NAME.FIELD".
//
// Who counts: this folder counts connections (upstream_cx_*), requests on their way to a stream
// (upstream_rq_total, _active, _pending_*, _cancelled), flow control, balancing, membership and
// breakers. Whoever runs a request (the router) counts its outcome: upstream_rq_completed and the
// classes, upstream_rq_time, timeouts, resets, retries. A TCP proxy adds the bytes of the
// connections it was given to upstream_cx_rx_bytes_total and _tx_.
#pragma once

#include <iterator>
#include <memory>
#include <string>

#include "source/stats/stats.h"

namespace weir::upstream {

// X(name) for each cell whose name is an identifier.
#define WEIR_CLUSTER_COUNTERS(X)                                                                   \
  X(upstream_cx_total)                                                                             \
  X(upstream_cx_http1_total) X(upstream_cx_connect_fail) X(upstream_cx_connect_timeout)            \
      X(upstream_cx_overflow) X(upstream_cx_idle_timeout) X(upstream_cx_max_requests)              \
          X(upstream_cx_max_duration_reached) X(upstream_cx_none_healthy)                          \
              X(upstream_cx_protocol_error) X(upstream_cx_destroy) X(upstream_cx_destroy_local) X( \
                  upstream_cx_destroy_remote) X(upstream_cx_destroy_with_active_rq)                \
                  X(upstream_cx_destroy_local_with_active_rq) X(                                   \
                      upstream_cx_destroy_remote_with_active_rq) X(upstream_cx_rx_bytes_total)     \
                      X(upstream_cx_tx_bytes_total) X(upstream_flow_control_paused_reading_total)  \
                          X(upstream_flow_control_resumed_reading_total) X(                        \
                              upstream_flow_control_backed_up_total)                               \
                              X(upstream_flow_control_drained_total) X(upstream_rq_total) X(       \
                                  upstream_rq_pending_total) X(upstream_rq_pending_overflow)       \
                                  X(upstream_rq_pending_failure_eject) X(upstream_rq_cancelled) X( \
                                      upstream_rq_timeout) X(upstream_rq_per_try_timeout)          \
                                      X(upstream_rq_per_try_idle_timeout) X(upstream_rq_rx_reset)  \
                                          X(upstream_rq_tx_reset) X(upstream_rq_retry)             \
                                              X(upstream_rq_retry_success)                         \
                                                  X(upstream_rq_retry_overflow) X(                 \
                                                      upstream_rq_retry_limit_exceeded)            \
                                                      X(upstream_rq_completed) X(upstream_rq_1xx)  \
                                                          X(upstream_rq_2xx) X(upstream_rq_3xx)    \
                                                              X(upstream_rq_4xx)                   \
                                                                  X(upstream_rq_5xx)               \
                                                                      X(lb_healthy_panic)

#define WEIR_CLUSTER_GAUGES(X) \
  X(upstream_cx_active) X(upstream_rq_active) X(upstream_rq_pending_active)

#define WEIR_CLUSTER_HISTOGRAMS(X) \
  X(upstream_cx_connect_ms) X(upstream_cx_length_ms) X(upstream_rq_time)

// The gauges of one priority's circuit breakers. "open": the limit is reached.
struct BreakerGauges {
  stats::Gauge cx_open, rq_pending_open, rq_open, rq_retry_open;
  // What is left to take, where track_remaining asks for it.
  stats::Gauge remaining_cx, remaining_pending, remaining_rq, remaining_retries;
};

struct ClusterStats {
#define WEIR_DECLARE(name) stats::Counter name;
  WEIR_CLUSTER_COUNTERS(WEIR_DECLARE)
#undef WEIR_DECLARE
#define WEIR_DECLARE(name) stats::Gauge name;
  WEIR_CLUSTER_GAUGES(WEIR_DECLARE)
#undef WEIR_DECLARE
#define WEIR_DECLARE(name) stats::Histogram name;
  WEIR_CLUSTER_HISTOGRAMS(WEIR_DECLARE)
#undef WEIR_DECLARE
  BreakerGauges breakers[2];  // default, high: see RoutingPriority

  // The class counter of a response status from 100 to 599.
  stats::Counter& StatusClass(int status) {
    stats::Counter* const classes[] = {&upstream_rq_1xx, &upstream_rq_2xx, &upstream_rq_3xx,
                                       &upstream_rq_4xx, &upstream_rq_5xx};
    return *classes[status / 100 - 1];
  }

  static const stats::Metric kMetrics[];
};

#define WEIR_METRIC_ENTRY(name) WEIR_METRIC(ClusterStats, name),
#define WEIR_BREAKER_ENTRY(index, prefix, gauge)                                               \
  stats::Metric{                                                                               \
      prefix #gauge, stats::Kind::kGauge,                                                      \
      static_cast<uint16_t>(offsetof(ClusterStats, breakers) + index * sizeof(BreakerGauges) + \
                            offsetof(BreakerGauges, gauge))},
#define WEIR_BREAKER_ENTRIES(index, prefix)            \
  WEIR_BREAKER_ENTRY(index, prefix, cx_open)           \
  WEIR_BREAKER_ENTRY(index, prefix, rq_pending_open)   \
  WEIR_BREAKER_ENTRY(index, prefix, rq_open)           \
  WEIR_BREAKER_ENTRY(index, prefix, rq_retry_open)     \
  WEIR_BREAKER_ENTRY(index, prefix, remaining_cx)      \
  WEIR_BREAKER_ENTRY(index, prefix, remaining_pending) \
  WEIR_BREAKER_ENTRY(index, prefix, remaining_rq)      \
  WEIR_BREAKER_ENTRY(index, prefix, remaining_retries)

inline const stats::Metric ClusterStats::kMetrics[] = {
    WEIR_CLUSTER_COUNTERS(WEIR_METRIC_ENTRY) WEIR_CLUSTER_GAUGES(WEIR_METRIC_ENTRY)
        WEIR_CLUSTER_HISTOGRAMS(WEIR_METRIC_ENTRY) WEIR_BREAKER_ENTRIES(
            0, "circuit_breakers.default.") WEIR_BREAKER_ENTRIES(1, "circuit_breakers.high.")};

#undef WEIR_BREAKER_ENTRIES
#undef WEIR_BREAKER_ENTRY
#undef WEIR_METRIC_ENTRY

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
using MembershipStatsGroup = std::shared_ptr<stats::Group<MembershipStats>>;

}  // namespace weir::upstream
