// One route and what it says to do: plain immutable data, made by the parser, shared by workers.
//
// Source of the fields: envoy.config.route.v3. Everything that needs a higher layer is resolved
// once, when the table is built, through ParseContext (route_parser.h): cluster names become
// slots, filters' own settings become opaque objects, %…% values become compiled templates.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "source/balancing/subset_config.h"
#include "source/http/header_map.h"
#include "source/routing/hash_policy.h"

namespace weir::clusters {
class ClusterSlot;  // routing names clusters, it does not know them
}

namespace weir::routing {

// A filter's settings for one route, virtual host or weighted cluster. The filter knows the type.
class FilterConfig {
 public:
  virtual ~FilterConfig() = default;
};

// A header value with %…% operators, compiled by the layer that knows what they mean.
class ValueTemplate {
 public:
  virtual ~ValueTemplate() = default;
};

// HeaderValueOption.append_action.
enum class AppendAction : uint8_t { kAppend, kAddIfAbsent, kOverwriteOrAdd, kOverwriteIfExists };

struct HeaderAddition {
  std::string name;   // lower case
  std::string value;  // used when there is no template
  std::shared_ptr<const ValueTemplate> value_template;
  AppendAction action = AppendAction::kAppend;
  bool keep_empty_value = false;
  http::HeaderId id = http::HeaderId::kOther;  // of `name`
};

struct HeaderMutations {
  std::vector<HeaderAddition> add;
  std::vector<std::string> remove;  // lower case
  bool empty() const { return add.empty() && remove.empty(); }
};

struct ClusterRef {
  std::string name;
  // Stable for the life of the process; the cluster in it comes and goes. Null in tests without
  // one.
  clusters::ClusterSlot* slot = nullptr;
};

using FilterConfigMap = absl::flat_hash_map<std::string, std::shared_ptr<const FilterConfig>>;

struct WeightedCluster {
  ClusterRef cluster;
  uint32_t weight = 0;
  std::string host_rewrite;  // before the action's; empty: that one
  // What the host's metadata has to be, the action's included; null: nothing.
  std::shared_ptr<const balancing::SubsetCriteria> subset;
  HeaderMutations request_headers, response_headers;
  FilterConfigMap filter_configs;
};

struct RetryPolicy {
  // RetryPolicy.retry_on, parsed: bits below.
  uint32_t on = 0;
  uint32_t retry_count = 1;
  absl::Duration per_try_timeout = absl::ZeroDuration();       // zero: the route's
  absl::Duration per_try_idle_timeout = absl::ZeroDuration();  // zero: off
  absl::Duration base_interval = absl::Milliseconds(25);
  absl::Duration max_interval = absl::Milliseconds(250);
  std::vector<uint32_t> retriable_status_codes;
  // Picks of another host before one that was tried already is taken; 0: all it takes.
  uint32_t host_selection_attempts = 0;
  // After each so many tries, the priorities of their hosts are avoided; 0: never.
  int avoid_priorities_every = 0;
};
enum RetryOn : uint32_t {
  kRetry5xx = 1 << 0,
  kRetryGatewayError = 1 << 1,
  kRetryReset = 1 << 2,
  kRetryResetBeforeRequest = 1 << 3,
  kRetryConnectFailure = 1 << 4,
  kRetryRefusedStream = 1 << 5,
  kRetryRetriable4xx = 1 << 6,
  kRetryRetriableStatusCodes = 1 << 7,
  kRetryEnvoyRateLimited = 1 << 8,
  // By grpc-status of a response that is headers alone.
  kRetryGrpcCancelled = 1 << 9,
  kRetryGrpcDeadlineExceeded = 1 << 10,
  kRetryGrpcInternal = 1 << 11,
  kRetryGrpcResourceExhausted = 1 << 12,
  kRetryGrpcUnavailable = 1 << 13,
};

struct PathRewrite;  // path_rewrite.h: prefix, regex

struct ForwardAction {
  // Exactly one of these decides: the first that is set.
  ClusterRef cluster;
  std::string cluster_header;  // lower case
  std::vector<WeightedCluster> weighted;
  uint64_t total_weight = 0;
  // Request header whose number replaces the random one in the choice; lower case, empty: none.
  std::string random_header;

  // What the host's metadata has to be; null: nothing.
  std::shared_ptr<const balancing::SubsetCriteria> subset;

  std::shared_ptr<const PathRewrite> path_rewrite;
  std::string host_rewrite;         // literal; empty: keep
  std::string host_rewrite_header;  // lower case
  bool auto_host_rewrite = false;
  bool append_x_forwarded_host = false;

  absl::Duration timeout = absl::Seconds(15);  // zero: none
  std::optional<absl::Duration> idle_timeout;  // overrides the connection manager's; zero: none
  std::optional<absl::Duration> max_stream_duration;  // likewise
  // gRPC: grpc-timeout, at most this, takes the place of `timeout`, or of `max_stream_duration`;
  // zero: whatever it says. None: it is not asked. The offsets are taken off.
  std::optional<absl::Duration> max_grpc_timeout, grpc_timeout_header_max;
  absl::Duration grpc_timeout_offset = absl::ZeroDuration();
  absl::Duration grpc_timeout_header_offset = absl::ZeroDuration();
  // The route's own, or its virtual host's.
  std::shared_ptr<const RetryPolicy> retry;         // null: none
  absl::flat_hash_map<std::string, bool> upgrades;  // lower-case protocol → enabled
  std::vector<HashPolicy> hash_policies;
  uint32_t cluster_not_found_status = 503;
  uint8_t priority = 0;  // 0 default, 1 high
};

struct RedirectAction {
  std::string scheme, host, path;  // empty: keep; https_redirect is scheme "https"
  std::optional<uint16_t> port;
  std::shared_ptr<const PathRewrite> path_rewrite;
  bool strip_query = false;
  uint32_t status = 301;
};

struct DirectResponseAction {
  uint32_t status = 200;
  std::string body;
};

struct VirtualHost;

struct Route {
  std::string name;
  const VirtualHost* virtual_host = nullptr;
  std::variant<ForwardAction, RedirectAction, DirectResponseAction> action;
  HeaderMutations request_headers, response_headers;
  FilterConfigMap filter_configs;
};

struct VirtualHost {
  std::string name;
  HeaderMutations request_headers, response_headers;
  FilterConfigMap filter_configs;
  std::shared_ptr<const RetryPolicy> retry;  // null: none
  enum class RequireTls : uint8_t { kNone, kExternalOnly, kAll } require_tls = RequireTls::kNone;
  // x-envoy-attempt-count upstream and downstream.
  bool sends_attempt_count = false;
  bool returns_attempt_count = false;
};

}  // namespace weir::routing
