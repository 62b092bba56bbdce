// What a listener counts, under Envoy's names: "listener.ADDRESS.…".
//
// As there, a connection counts as one (downstream_cx_…) from when a filter chain took it; before,
// it is a downstream_pre_cx. Envoy's downstream_cx_overflow counts what a listener's own limit
// refused: Weir has only the process's. Ours: downstream_cx_transport_not_ready, closed because a
// secret of their transport socket is not there yet.
#pragma once

#include "source/stats/stats.h"

namespace weir::server {

struct ListenerStats {
  stats::Counter downstream_cx_total, downstream_cx_destroy, downstream_global_cx_overflow,
      downstream_pre_cx_timeout, no_filter_chain_match, downstream_listener_filter_error,
      downstream_cx_transport_socket_connect_timeout, downstream_cx_transport_not_ready;
  stats::Gauge downstream_cx_active, downstream_pre_cx_active;
  stats::Histogram downstream_cx_length_ms;

#define WEIR_M(field) WEIR_METRIC(ListenerStats, field)
  static constexpr stats::Metric kMetrics[] = {
      WEIR_M(downstream_cx_total),
      WEIR_M(downstream_cx_destroy),
      WEIR_M(downstream_global_cx_overflow),
      WEIR_M(downstream_pre_cx_timeout),
      WEIR_M(no_filter_chain_match),
      WEIR_M(downstream_listener_filter_error),
      WEIR_M(downstream_cx_transport_socket_connect_timeout),
      WEIR_M(downstream_cx_transport_not_ready),
      WEIR_M(downstream_cx_active),
      WEIR_M(downstream_pre_cx_active),
      WEIR_M(downstream_cx_length_ms)};
#undef WEIR_M
};

}  // namespace weir::server
