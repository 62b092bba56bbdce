// What a control-plane stream counts, under Envoy's names, and what is text and hence no stat.
// Written on the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "source/stats/stats.h"

namespace weir::xds {

// "control_plane"
struct ControlPlaneStats {
  stats::Gauge connected_state;  // 1 while the stream is open
  stats::Gauge pending_requests;
  stats::Counter rate_limit_enforced;
  stats::Gauge active_server;     // place in grpc_services, from 0, of the one connected to last
  stats::Counter server_changes;  // from one of them to another
  static const stats::Metric kMetrics[5];
};

inline constexpr stats::Metric ControlPlaneStats::kMetrics[] = {
    WEIR_METRIC(ControlPlaneStats, connected_state),
    WEIR_METRIC(ControlPlaneStats, pending_requests),
    WEIR_METRIC(ControlPlaneStats, rate_limit_enforced),
    WEIR_METRIC(ControlPlaneStats, active_server), WEIR_METRIC(ControlPlaneStats, server_changes)};

// One type: "cluster_manager.cds", "listener_manager.lds", …
struct DiscoveryStats {
  stats::Counter update_attempt;   // begun: ends as one of the next three
  stats::Counter update_success;   // a response was accepted
  stats::Counter update_rejected;  // a response was refused, in whole or in part
  stats::Counter update_failure;   // the stream ended while waiting
  stats::Counter init_fetch_timeout;
  stats::Gauge update_time;          // of the last success, milliseconds since the epoch
  stats::Gauge version;              // a hash of the accepted version, to compare proxies with
  stats::Histogram update_duration;  // milliseconds from a response's arrival to its answer
  static const stats::Metric kMetrics[8];
};

inline constexpr stats::Metric DiscoveryStats::kMetrics[] = {
    WEIR_METRIC(DiscoveryStats, update_attempt),
    WEIR_METRIC(DiscoveryStats, update_success),
    WEIR_METRIC(DiscoveryStats, update_rejected),
    WEIR_METRIC(DiscoveryStats, update_failure),
    WEIR_METRIC(DiscoveryStats, init_fetch_timeout),
    WEIR_METRIC(DiscoveryStats, update_time),
    WEIR_METRIC(DiscoveryStats, version),
    WEIR_METRIC(DiscoveryStats, update_duration)};

// Published for the admin thread after every answer and whenever the connection changes.
struct SourceState {
  struct Type {
    std::string type_url;
    std::string stats_prefix;
    std::string version;          // last accepted; "" at first
    std::string refused_version;  // of the last response, if that was refused
    std::string refusal;          // why
    int64_t updated_us = 0;       // wall time of the last answer
  };
  bool is_connected = false;
  std::string server;                    // name of the one connected to, or being tried
  std::string control_plane_identifier;  // as the server names itself; "" unless it does
  std::string last_error;                // why the stream ended last; "" while open
  std::vector<Type> types;
};

}  // namespace weir::xds
