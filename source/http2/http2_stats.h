// What HTTP/2 codecs count, under Envoy's names: "http2.…" below a connection manager's or a
// cluster's prefix.
#pragma once

#include "source/stats/stats.h"

namespace weir::http2 {

struct Stats {
  stats::Counter rx_reset, tx_reset, goaway_sent, header_overflow, headers_cb_no_stream,
      inbound_empty_frames_flood, inbound_priority_frames_flood, inbound_window_update_frames_flood,
      inbound_continuation_flood, inbound_settings_flood, outbound_flood, outbound_control_flood,
      requests_rejected_with_underscores_in_headers, dropped_headers_with_underscores,
      rx_messaging_error, too_many_resets, keepalive_timeout, trailers, tx_flush_timeout,
      settings_timeout;
  stats::Gauge streams_active, pending_send_bytes;

#define WEIR_M(field) WEIR_METRIC(Stats, field)
  static constexpr stats::Metric kMetrics[] = {
      WEIR_M(rx_reset),
      WEIR_M(tx_reset),
      WEIR_M(goaway_sent),
      WEIR_M(header_overflow),
      WEIR_M(headers_cb_no_stream),
      WEIR_M(inbound_empty_frames_flood),
      WEIR_M(inbound_priority_frames_flood),
      WEIR_M(inbound_window_update_frames_flood),
      WEIR_M(inbound_continuation_flood),
      WEIR_M(inbound_settings_flood),
      WEIR_M(outbound_flood),
      WEIR_M(outbound_control_flood),
      WEIR_M(requests_rejected_with_underscores_in_headers),
      WEIR_M(dropped_headers_with_underscores),
      WEIR_M(rx_messaging_error),
      WEIR_M(too_many_resets),
      WEIR_M(keepalive_timeout),
      WEIR_M(trailers),
      WEIR_M(tx_flush_timeout),
      WEIR_M(settings_timeout),
      WEIR_M(streams_active),
      WEIR_M(pending_send_bytes)};
#undef WEIR_M
};

}  // namespace weir::http2
