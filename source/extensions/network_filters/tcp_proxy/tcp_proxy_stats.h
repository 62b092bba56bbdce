// What a TCP proxy counts, under Envoy's names: "tcp.STAT_PREFIX.…".
#pragma once

#include "source/stats/stats.h"

namespace weir::extensions::tcp_proxy {

struct TcpProxyStats {
  stats::Counter downstream_cx_total, downstream_cx_no_route, downstream_cx_rx_bytes_total,
      downstream_cx_tx_bytes_total, downstream_flow_control_paused_reading_total,
      downstream_flow_control_resumed_reading_total, idle_timeout,
      max_downstream_connection_duration;

#define WEIR_M(field) WEIR_METRIC(TcpProxyStats, field)
  static constexpr stats::Metric kMetrics[] = {
      WEIR_M(downstream_cx_total),
      WEIR_M(downstream_cx_no_route),
      WEIR_M(downstream_cx_rx_bytes_total),
      WEIR_M(downstream_cx_tx_bytes_total),
      WEIR_M(downstream_flow_control_paused_reading_total),
      WEIR_M(downstream_flow_control_resumed_reading_total),
      WEIR_M(idle_timeout),
      WEIR_M(max_downstream_connection_duration)};
#undef WEIR_M
};

}  // namespace weir::extensions::tcp_proxy
