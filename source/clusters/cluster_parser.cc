#include "source/clusters/cluster_parser.h"

#include <algorithm>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "source/base/strings.h"
#include "source/clusters/balancer_parser.h"
#include "source/clusters/destination_parser.h"
#include "source/clusters/dns_config_parser.h"
#include "source/clusters/duration_parser.h"
#include "source/clusters/endpoint_parser.h"
#include "source/clusters/http_options_parser.h"
#include "source/config/load.h"
#include "source/health/health_check_parser.h"
#include "source/health/outlier_parser.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;
using config::Faults;
using envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;

upstream::DiscoveryType ParseType(const cluster::Cluster& proto, Faults& faults) {
  switch (proto.type()) {
    case cluster::Cluster::STATIC:
      return upstream::DiscoveryType::kStatic;
    case cluster::Cluster::STRICT_DNS:
      return upstream::DiscoveryType::kStrictDns;
    case cluster::Cluster::LOGICAL_DNS:
      return upstream::DiscoveryType::kLogicalDns;
    case cluster::Cluster::EDS:
      return upstream::DiscoveryType::kEds;
    case cluster::Cluster::ORIGINAL_DST:
      return upstream::DiscoveryType::kOriginalDst;
    default:
      break;
  }
  faults.Add("type", base::StrCat("value ", static_cast<int>(proto.type()),
                                  " is not implemented; use STATIC, STRICT_DNS, LOGICAL_DNS, EDS ",
                                  "or ORIGINAL_DST"));
  return upstream::DiscoveryType::kStatic;
}

void ParseEds(const cluster::Cluster& proto, EndpointSource* endpoints,
              upstream::ClusterConfig& config, Faults& faults) {
  if (config.type != upstream::DiscoveryType::kEds) {
    if (proto.has_eds_cluster_config()) {
      faults.Add("eds_cluster_config", "is for type EDS only");
    }
    return;
  }
  Faults::Scope scope(faults, "eds_cluster_config");
  const std::string& eds_name = proto.eds_cluster_config().service_name();
  if (eds_name != config.name) config.eds_service_name = base::SharedText(eds_name);
  if (!proto.eds_cluster_config().has_eds_config()) {
    faults.Add("eds_config", "is required for type EDS");
    return;
  }
  if (endpoints == nullptr) return;
  Faults::Scope inner(faults, "eds_config");
  config.eds_origin = endpoints->Resolve(proto.eds_cluster_config().eds_config(), faults);
}

void ParseLimits(const cluster::CircuitBreakers::Thresholds& proto, upstream::BreakerLimits& limits,
                 Faults& faults) {
  if (proto.has_max_connections()) limits.max_connections = proto.max_connections().value();
  if (proto.has_max_pending_requests()) {
    limits.max_pending_requests = proto.max_pending_requests().value();
  }
  if (proto.has_max_requests()) limits.max_requests = proto.max_requests().value();
  if (proto.has_max_retries()) {
    limits.max_retries = proto.max_retries().value();
    limits.retry_budget.reset();
  }
  limits.tracks_remaining = proto.track_remaining();
  if (!proto.has_retry_budget()) return;
  upstream::RetryBudget budget;
  if (proto.retry_budget().has_budget_percent()) {
    const double percent = proto.retry_budget().budget_percent().value();
    if (!(percent >= 0 && percent <= 100)) {
      faults.Add("retry_budget.budget_percent", "must be from 0 to 100");
    }
    budget.percent = static_cast<float>(percent);
  }
  if (proto.retry_budget().has_min_retry_concurrency()) {
    budget.min_retries = proto.retry_budget().min_retry_concurrency().value();
  }
  limits.retry_budget = budget;
}

void ParseHostLimits(const cluster::CircuitBreakers::Thresholds& proto,
                     upstream::BreakerLimits& limits, Faults& faults) {
  cluster::CircuitBreakers::Thresholds rest = proto;
  rest.clear_priority();
  rest.clear_max_connections();
  if (rest.ByteSizeLong() > 0) faults.Add("", "only priority and max_connections may be set");
  if (!proto.has_max_connections()) return;
  limits.max_connections_per_host = proto.max_connections().value();
  if (limits.max_connections_per_host == 0) faults.Add("max_connections", "must be greater than 0");
}

template <class Parse>
void ParseThresholds(
    const google::protobuf::RepeatedPtrField<cluster::CircuitBreakers::Thresholds>& list,
    const char* field, upstream::ClusterOptions& options, Faults& faults, const Parse& parse) {
  bool seen[upstream::kPriorities] = {};
  for (int i = 0; i < list.size(); ++i) {
    Faults::Scope scope(faults, field, i);
    const int priority = list[i].priority();
    if (priority < 0 || priority >= upstream::kPriorities) {
      faults.Add("priority", base::StrCat("unknown value ", priority));
      continue;
    }
    if (seen[priority]) faults.Add("priority", "this priority has thresholds already");
    seen[priority] = true;
    parse(list[i], options.breakers[priority], faults);
  }
}

void ParseBreakers(const cluster::CircuitBreakers& proto, upstream::ClusterOptions& options,
                   Faults& faults) {
  Faults::Scope scope(faults, "circuit_breakers");
  ParseThresholds(proto.thresholds(), "thresholds", options, faults, ParseLimits);
  ParseThresholds(proto.per_host_thresholds(), "per_host_thresholds", options, faults,
                  ParseHostLimits);
}

void ParseConnections(const cluster::Cluster& proto, upstream::ClusterOptions& options,
                      Faults& faults) {
  if (proto.has_connect_timeout()) {
    options.connect.timeout_ms = ParseMs(proto.connect_timeout());
    if (options.connect.timeout_ms <= 0) faults.Add("connect_timeout", "must be greater than 0s");
  }
  if (proto.has_per_connection_buffer_limit_bytes()) {
    options.buffer_limit_bytes = proto.per_connection_buffer_limit_bytes().value();
  }
  if (proto.upstream_connection_options().has_tcp_keepalive()) {
    const core::TcpKeepalive& keepalive = proto.upstream_connection_options().tcp_keepalive();
    options.connect.tcp_keepalive = true;
    options.connect.keepalive_probes = static_cast<int>(keepalive.keepalive_probes().value());
    options.connect.keepalive_time_s = static_cast<int>(keepalive.keepalive_time().value());
    options.connect.keepalive_interval_s = static_cast<int>(keepalive.keepalive_interval().value());
  }
}

// As the cluster's own statistics are called.
std::string StatPrefixOf(const cluster::Cluster& proto) {
  const std::string& name = proto.alt_stat_name().empty() ? proto.name() : proto.alt_stat_name();
  std::string prefix = base::StrCat("cluster.", name);
  std::replace(prefix.begin(), prefix.end(), ':', '_');
  return prefix;
}

void ParseTransport(const cluster::Cluster& proto, const ClientTransportParser* transports,
                    upstream::ClusterConfig& config, Faults& faults) {
  if (!proto.has_transport_socket()) return;
  const core::TransportSocket& socket = proto.transport_socket();
  if (!socket.has_typed_config() && socket.name() == "envoy.transport_sockets.raw_buffer") return;
  RawBuffer plaintext;
  const bool is_plaintext =
      config::TypeUrlOf(socket.typed_config()) == "type.googleapis.com/" + plaintext.GetTypeName();
  if (!is_plaintext && (transports == nullptr || !socket.has_typed_config())) {
    faults.Add("transport_socket",
               base::StrCat("'", socket.name(), "' is not implemented for upstreams"));
    return;
  }
  Faults::Scope scope(faults, "transport_socket");
  if (is_plaintext) {
    Faults::Scope inner(faults, "typed_config");
    config::Unpack(socket.typed_config(), plaintext, faults);
  } else {
    config.transport = transports->Parse(socket.typed_config(), StatPrefixOf(proto), faults);
  }
}

void ParseReactions(const cluster::Cluster& proto, upstream::ClusterOptions& options,
                    Faults& faults) {
  options.drains_on_host_change = proto.common_lb_config().close_connections_on_host_set_change();
  if (proto.has_wait_for_warm_on_init()) {
    options.delays_start = proto.wait_for_warm_on_init().value();
  }
  options.closes_failed_hosts = proto.close_connections_on_host_health_failure();
  options.drops_removed_hosts = proto.ignore_health_on_host_removal();
  options.ignores_unchecked_hosts = proto.common_lb_config().ignore_new_hosts_until_first_hc();
  if (proto.common_lb_config().has_update_merge_window()) {
    faults.AddIgnored("common_lb_config.update_merge_window", "every change is applied at once");
  }
}

upstream::ClusterOptions ParseOptions(const cluster::Cluster& proto, Faults& faults) {
  upstream::ClusterOptions options;
  options.balancer = ParseBalancer(proto, faults);
  ParseBreakers(proto.circuit_breakers(), options, faults);
  ParseConnections(proto, options, faults);
  ParseHttpOptions(proto, options, faults);
  options.connect.bind_address =
      ParseSourceAddress(proto.upstream_bind_config(), "upstream_bind_config", faults);
  ParseReactions(proto, options, faults);
  options.destinations = ParseDestinations(proto, options.balancer, faults);
  return options;
}

std::shared_ptr<const health::HealthCheckConfig> ParseCheck(const cluster::Cluster& proto,
                                                            Faults& faults) {
  if (proto.health_checks_size() > 1) faults.Add("health_checks", "must have at most one item");
  if (proto.health_checks_size() == 0) return nullptr;
  // Its host is where the newest answer says, and checks would not follow.
  if (proto.type() == cluster::Cluster::LOGICAL_DNS) {
    faults.Add("health_checks", "are not implemented for type LOGICAL_DNS; use STRICT_DNS");
  }
  // They are no endpoints, and those that nobody goes to are forgotten.
  if (proto.type() == cluster::Cluster::ORIGINAL_DST) {
    faults.Add("health_checks", "are not implemented for type ORIGINAL_DST");
  }
  Faults::Scope scope(faults, "health_checks", 0);
  return health::ParseHealthCheck(proto.health_checks(0), faults);
}

std::optional<balancing::Assignment> ParseEndpoints(const cluster::Cluster& proto,
                                                    const upstream::ClusterConfig& config,
                                                    Faults& faults) {
  if (config.type == upstream::DiscoveryType::kEds) {
    if (proto.has_load_assignment()) faults.Add("load_assignment", "must not be set for type EDS");
    return balancing::Assignment();
  }
  if (config.type == upstream::DiscoveryType::kOriginalDst) {
    if (proto.has_load_assignment()) {
      faults.Add("load_assignment", "must not be set for type ORIGINAL_DST");
    }
    return balancing::Assignment();
  }
  const bool uses_names = config.dns != nullptr;
  std::optional<balancing::Assignment> assignment;
  {
    Faults::Scope scope(faults, "load_assignment");
    assignment =
        ParseAssignment(proto.load_assignment(),
                        uses_names ? EndpointNames::kAllowed : EndpointNames::kRefused, faults);
  }
  if (config.type == upstream::DiscoveryType::kLogicalDns && assignment.has_value() &&
      (assignment->endpoints.size() != 1 || assignment->endpoints[0].dns_name.empty())) {
    faults.Add("load_assignment", "type LOGICAL_DNS needs exactly one endpoint, with a name");
  }
  return assignment;
}

std::unique_ptr<const health::OutlierConfig> ParseOutliers(const cluster::Cluster& proto,
                                                           Faults& faults) {
  if (!proto.has_outlier_detection()) return nullptr;
  Faults::Scope scope(faults, "outlier_detection");
  return std::make_unique<health::OutlierConfig>(
      health::ParseOutlierDetection(proto.outlier_detection(), faults));
}

}  // namespace

std::optional<ParsedCluster> ParseCluster(const cluster::Cluster& proto, Faults& faults,
                                          const ClientTransportParser* transports,
                                          EndpointSource* endpoints) {
  const size_t faults_before = faults.faults().size();
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = proto.name();
  if (config->name.empty()) faults.Add("name", "must not be empty");
  config->alt_stat_name = base::SharedText(proto.alt_stat_name());
  config->type = ParseType(proto, faults);
  ParseEds(proto, endpoints, *config, faults);
  config->options = upstream::ClusterOptions::Share(ParseOptions(proto, faults));
  ParseTransport(proto, transports, *config, faults);
  if (config->type == upstream::DiscoveryType::kStrictDns ||
      config->type == upstream::DiscoveryType::kLogicalDns) {
    config->dns = ParseDns(proto, faults);
  }
  std::shared_ptr<const health::HealthCheckConfig> check = ParseCheck(proto, faults);
  std::optional<balancing::Assignment> assignment = ParseEndpoints(proto, *config, faults);
  std::unique_ptr<const health::OutlierConfig> outliers = ParseOutliers(proto, faults);
  if (faults.faults().size() > faults_before) return std::nullopt;
  return ParsedCluster{std::move(config), *std::move(assignment), std::move(check),
                       std::move(outliers)};
}

}  // namespace weir::clusters
