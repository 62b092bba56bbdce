// What one cluster's definition says, as plain data: made by the parser, immutable, shared by all
// threads. Endpoints are not here, they change by themselves (endpoint_config.h). No protobuf.
//
// A control plane makes its clusters from few moulds: what is not a cluster's own is in
// ClusterOptions, of which clusters that are alike share one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "source/balancing/balancer_config.h"
#include "source/base/shared_text.h"
#include "source/net/address.h"
#include "source/net/connector.h"
#include "source/net/dns.h"
#include "source/net/transport_factory.h"
#include "source/upstream/http_config.h"
#include "source/xds/resource_origin.h"

namespace weir::upstream {

enum class DiscoveryType : uint8_t { kStatic, kStrictDns, kLogicalDns, kEds, kOriginalDst };

inline constexpr int kDefaultPriority = 0;  // envoy.config.core.v3.RoutingPriority
inline constexpr int kHighPriority = 1;
inline constexpr int kPriorities = 2;

// Bounds retries by the traffic there is, so that a failing upstream is not made to bear a multiple
// of it.
struct RetryBudget {
  float percent = 20;  // of the requests in flight and waiting
  uint32_t min_retries = 3;

  friend bool operator==(const RetryBudget&, const RetryBudget&) = default;
};

// Limits of one priority. They hold exactly, for the process.
struct BreakerLimits {
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;  // where there is no budget
  std::optional<RetryBudget> retry_budget = RetryBudget();
  bool tracks_remaining = false;                   // keep the remaining_* gauges
  uint32_t max_connections_per_host = UINT32_MAX;  // counts those of both priorities

  friend bool operator==(const BreakerLimits&, const BreakerLimits&) = default;
};

// How names are looked up again, for the DNS types.
struct DnsConfig {
  net::DnsFamily family = net::DnsFamily::kAuto;
  int64_t refresh_ms = 5000;
  int64_t jitter_ms = 0;        // a random part of it is added to each wait
  int64_t failure_base_ms = 0;  // 0: wait refresh_ms after a failure too
  int64_t failure_max_ms = 0;
  bool respects_ttl = false;
  // Name servers of this cluster alone; unset: the process's resolver.
  std::optional<net::DnsOptions> resolver;
};

// Where the requests of type ORIGINAL_DST go, and how long hosts stay that none goes to.
struct DestinationConfig {
  // A field of the request that says the address; lower case; empty: none is looked at.
  std::string header;
  uint16_t port = 0;  // instead of the address's; 0: the address's
  int64_t cleanup_interval_ms = 5000;

  friend bool operator==(const DestinationConfig&, const DestinationConfig&) = default;
};

// What clusters may have alike.
struct ClusterOptions {
  balancing::BalancerConfig balancer;
  BreakerLimits breakers[kPriorities];

  // connect_timeout, tcp_keepalive and upstream_bind_config, ready for the connector.
  net::ConnectOptions connect;
  uint32_t buffer_limit_bytes = 32 * 1024;
  uint32_t max_requests_per_connection = 0;  // 0: no limit
  // Shorter than servers' and middleboxes' usual patience, so that we close first.
  int64_t idle_timeout_ms = 60'000;        // 0: never
  int64_t max_connection_duration_ms = 0;  // 0: no limit; a busy connection finishes
  bool drains_on_host_change = false;      // close_connections_on_host_set_change
  bool closes_failed_hosts = false;        // close_connections_on_host_health_failure
  bool delays_start = true;                // wait_for_warm_on_init
  bool drops_removed_hosts = false;        // ignore_health_on_host_removal
  bool ignores_unchecked_hosts = false;    // ignore_new_hosts_until_first_hc
  DestinationConfig destinations;
  // Null: the defaults. Equal ones are one object: see HttpConfig::Share().
  std::shared_ptr<const HttpConfig> http;

  // The one object, of all that are in use, that says the same.
  static std::shared_ptr<const ClusterOptions> Share(ClusterOptions options);
  static const std::shared_ptr<const ClusterOptions>& Default();

  friend bool operator==(const ClusterOptions&, const ClusterOptions&) = default;
  // Of what differs most.
  template <class H>
  friend H AbslHashValue(H h, const ClusterOptions& options) {
    const BreakerLimits& limits = options.breakers[kDefaultPriority];
    return H::combine(std::move(h), options.balancer.policy, options.connect.timeout_ms,
                      options.connect.bind_address, options.buffer_limit_bytes,
                      options.idle_timeout_ms, options.max_connection_duration_ms,
                      options.max_requests_per_connection, limits.max_connections,
                      limits.max_pending_requests, limits.max_requests, options.http.get());
  }
};

struct ClusterConfig {
  std::string name;
  base::SharedText alt_stat_name;     // empty: name
  base::SharedText eds_service_name;  // empty: name
  DiscoveryType type = DiscoveryType::kStatic;
  // Null unless the type is EDS; also where the manager has no EndpointSource.
  const xds::ResourceOrigin* eds_origin = nullptr;
  std::shared_ptr<const ClusterOptions> options = ClusterOptions::Default();
  // Who makes the connections' transport sockets; null: plaintext.
  std::shared_ptr<const net::ClientTransportFactory> transport;
  std::shared_ptr<const DnsConfig> dns;  // null unless the type is a DNS type

  const HttpConfig& http_config() const {
    return options->http ? *options->http : HttpConfig::Default();
  }
  bool is_secure() const { return transport != nullptr && transport->is_secure(); }
  // HTTP/2 may be spoken to its hosts.
  bool may_use_http2() const {
    const HttpProtocol protocol = http_config().protocol;
    return protocol != HttpProtocol::kHttp1 && (protocol != HttpProtocol::kByAlpn || is_secure());
  }
  std::string_view stat_name() const { return alt_stat_name.empty() ? name : alt_stat_name.view(); }
  std::string_view eds_name() const {
    return eds_service_name.empty() ? name : eds_service_name.view();
  }
  // Whether its endpoints are the resource `eds_name` of `source`.
  bool takes_endpoints(std::string_view of_name, const xds::ResourceSource* source) const {
    return type == DiscoveryType::kEds && eds_name() == of_name &&
           (eds_origin == nullptr || eds_origin->source == source);
  }
};

}  // namespace weir::upstream
