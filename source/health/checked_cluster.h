// What all checks of one cluster share: how to ask, over what, and where to count and to tell.
// Immutable once checks have begun; read on every loop that checks hosts of it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/base/line_writer.h"
#include "source/health/check_config.h"
#include "source/health/check_event_log.h"
#include "source/http2/http2_stats.h"
#include "source/net/connector.h"
#include "source/net/transport_factory.h"
#include "source/stats/stats.h"

namespace weir::health {

// "cluster.NAME.health_check.FIELD".
struct CheckStats {
  stats::Counter attempt, success, failure, passive_failure, network_failure;
  stats::Gauge healthy;

  static const stats::Metric kMetrics[];
};

inline const stats::Metric CheckStats::kMetrics[] = {
    WEIR_METRIC(CheckStats, attempt),         WEIR_METRIC(CheckStats, success),
    WEIR_METRIC(CheckStats, failure),         WEIR_METRIC(CheckStats, passive_failure),
    WEIR_METRIC(CheckStats, network_failure), WEIR_METRIC(CheckStats, healthy)};

struct CheckedCluster {
  std::string name;
  std::shared_ptr<const HealthCheckConfig> config;
  net::ConnectOptions connect;
  std::shared_ptr<const net::ClientTransportFactory> transport;  // null: plaintext
  std::shared_ptr<stats::Group<CheckStats>> stats;
  std::shared_ptr<stats::Group<http2::Stats>> http2_stats;  // null unless checks speak HTTP/2
  std::shared_ptr<const stats::AnyGroup> traffic;           // used once the cluster is; null: is
  std::shared_ptr<CheckEventLog> events;                    // null: no log

  bool is_used() const { return traffic == nullptr || traffic->is_used(); }
  bool is_secure() const { return transport != nullptr && transport->is_secure(); }
};

// Gives it the statistics "PREFIX.health_check.", and "PREFIX.http2." where its config asks in
// HTTP/2.
void CountChecks(stats::Store& store, const std::string& prefix,
                 const std::vector<stats::Tag>& tags, CheckedCluster& cluster);
// Opens the log that its config wants, if any. `writer` null: there is nothing that writes.
absl::Status OpenEventLog(base::LineWriter* writer, CheckedCluster& cluster);

}  // namespace weir::health
