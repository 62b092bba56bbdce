// How the hosts of a cluster are asked whether they are well (envoy.config.core.v3.HealthCheck),
// checked and ready for use. Immutable once parsed; every thread reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/http/message.h"

namespace weir::health {

enum class CheckKind : uint8_t { kHttp, kTcp, kGrpc };

// [start, end) of HTTP statuses.
struct StatusRange {
  int64_t start = 0, end = 0;

  bool Has(int status) const { return start <= status && status < end; }
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct HeaderToAdd {
  enum class Action : uint8_t { kAppend, kAddIfAbsent, kOverwrite, kOverwriteIfPresent };

  std::string name, value;  // lower case
  Action action = Action::kAppend;

  friend bool operator==(const HeaderToAdd&, const HeaderToAdd&) = default;
};

struct HealthCheckConfig {
  CheckKind kind = CheckKind::kTcp;
  int64_t timeout_ms = 0;
  uint32_t unhealthy_threshold = 1, healthy_threshold = 1;

  // Each is set: what was left out has its default already.
  int64_t interval_ms = 0, unhealthy_interval_ms = 0, unhealthy_edge_interval_ms = 0,
          healthy_edge_interval_ms = 0, no_traffic_interval_ms = 60'000,
          no_traffic_healthy_interval_ms = 60'000;
  int64_t initial_jitter_ms = 0, interval_jitter_ms = 0;
  uint32_t interval_jitter_percent = 0;

  uint16_t alt_port = 0;  // 0: the host's own
  bool reuses_connection = true;
  std::vector<std::string> alpn;  // empty: what the kind of check speaks

  // kHttp, and with a path and a method of its own kGrpc.
  std::string authority;  // empty: the host's name or the cluster's
  std::string path;
  http::Method method = http::Method::kGet;
  std::string method_name = "GET";
  bool uses_http2 = false;
  std::vector<HeaderToAdd> headers_to_add;
  std::vector<std::string> headers_to_remove;
  std::vector<StatusRange> expected_statuses;  // never empty
  std::vector<StatusRange> retriable_statuses;
  uint64_t examined_body_bytes = 1024;

  // kHttp and kTcp.
  std::string send;
  std::vector<std::string> receive;

  std::string grpc_service;  // kGrpc

  std::string event_log_path;  // empty: no log
  bool logs_all_failures = false, logs_all_successes = false;

  friend bool operator==(const HealthCheckConfig&, const HealthCheckConfig&) = default;
};

}  // namespace weir::health
