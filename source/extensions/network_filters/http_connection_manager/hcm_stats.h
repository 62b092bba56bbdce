// What an HTTP connection manager counts, under Envoy's names: "http.STAT_PREFIX.…".
#pragma once

#include "source/stats/stats.h"

namespace weir::extensions::http_connection_manager {

struct HcmStats {
  stats::Counter downstream_cx_total, downstream_cx_http1_total, downstream_cx_http2_total,
      downstream_cx_ssl_total, downstream_cx_destroy, downstream_cx_destroy_remote,
      downstream_cx_destroy_local, downstream_cx_destroy_remote_active_rq,
      downstream_cx_destroy_local_active_rq, downstream_cx_rx_bytes_total,
      downstream_cx_tx_bytes_total, downstream_cx_idle_timeout, downstream_cx_drain_close,
      downstream_cx_protocol_error, downstream_cx_upgrades_total,
      downstream_cx_max_duration_reached;
  stats::Gauge downstream_cx_active, downstream_cx_http1_active, downstream_cx_http2_active,
      downstream_cx_ssl_active, downstream_cx_upgrades_active, downstream_rq_active;
  stats::Counter downstream_rq_total, downstream_rq_http1_total, downstream_rq_http2_total,
      downstream_rq_completed, downstream_rq_1xx, downstream_rq_2xx, downstream_rq_3xx,
      downstream_rq_4xx, downstream_rq_5xx, downstream_rq_rx_reset, downstream_rq_tx_reset,
      downstream_rq_timeout, downstream_rq_idle_timeout, downstream_rq_header_timeout,
      downstream_rq_max_duration_reached, downstream_rq_too_large, downstream_rq_non_relative_path,
      downstream_rq_ws_on_non_ws_route, downstream_rq_failed_path_normalization,
      downstream_rq_redirected_with_normalized_path, downstream_rq_response_before_rq_complete,
      no_route;
  stats::Histogram downstream_rq_time, downstream_cx_length_ms;

#define WEIR_M(field) WEIR_METRIC(HcmStats, field)
  static constexpr stats::Metric kMetrics[] = {
      WEIR_M(downstream_cx_total),
      WEIR_M(downstream_cx_http1_total),
      WEIR_M(downstream_cx_http2_total),
      WEIR_M(downstream_cx_ssl_total),
      WEIR_M(downstream_cx_destroy),
      WEIR_M(downstream_cx_destroy_remote),
      WEIR_M(downstream_cx_destroy_local),
      WEIR_M(downstream_cx_destroy_remote_active_rq),
      WEIR_M(downstream_cx_destroy_local_active_rq),
      WEIR_M(downstream_cx_rx_bytes_total),
      WEIR_M(downstream_cx_tx_bytes_total),
      WEIR_M(downstream_cx_idle_timeout),
      WEIR_M(downstream_cx_drain_close),
      WEIR_M(downstream_cx_protocol_error),
      WEIR_M(downstream_cx_upgrades_total),
      WEIR_M(downstream_cx_max_duration_reached),
      WEIR_M(downstream_cx_active),
      WEIR_M(downstream_cx_http1_active),
      WEIR_M(downstream_cx_http2_active),
      WEIR_M(downstream_cx_ssl_active),
      WEIR_M(downstream_cx_upgrades_active),
      WEIR_M(downstream_rq_active),
      WEIR_M(downstream_rq_total),
      WEIR_M(downstream_rq_http1_total),
      WEIR_M(downstream_rq_http2_total),
      WEIR_M(downstream_rq_completed),
      WEIR_M(downstream_rq_1xx),
      WEIR_M(downstream_rq_2xx),
      WEIR_M(downstream_rq_3xx),
      WEIR_M(downstream_rq_4xx),
      WEIR_M(downstream_rq_5xx),
      WEIR_M(downstream_rq_rx_reset),
      WEIR_M(downstream_rq_tx_reset),
      WEIR_M(downstream_rq_timeout),
      WEIR_M(downstream_rq_idle_timeout),
      WEIR_M(downstream_rq_header_timeout),
      WEIR_M(downstream_rq_max_duration_reached),
      WEIR_M(downstream_rq_too_large),
      WEIR_M(downstream_rq_non_relative_path),
      WEIR_M(downstream_rq_ws_on_non_ws_route),
      WEIR_M(downstream_rq_failed_path_normalization),
      WEIR_M(downstream_rq_redirected_with_normalized_path),
      WEIR_M(downstream_rq_response_before_rq_complete),
      WEIR_M(no_route),
      WEIR_M(downstream_rq_time),
      WEIR_M(downstream_cx_length_ms)};
#undef WEIR_M
};

}  // namespace weir::extensions::http_connection_manager
