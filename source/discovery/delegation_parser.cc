#include "source/discovery/delegation_parser.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "envoy/service/health/v3/hds.pb.h"
#include "source/base/strings.h"
#include "source/clusters/endpoint_parser.h"
#include "source/config/load.h"
#include "source/health/health_check_parser.h"

namespace weir::discovery {
namespace {

namespace v3 = envoy::service::health::v3;
using config::Faults;
using envoy::config::core::v3::HealthCheck;

std::shared_ptr<const health::HealthCheckConfig> ParseCheck(const HealthCheck& proto,
                                                            Faults& faults) {
  std::shared_ptr<const health::HealthCheckConfig> parsed = health::ParseHealthCheck(proto, faults);
  if (parsed == nullptr || !proto.has_no_traffic_interval()) return parsed;
  // What is only checked never has traffic, and servers that give this interval know it. Where it
  // is left out, its default of a minute would be a surprise.
  auto config = std::make_shared<health::HealthCheckConfig>(*parsed);
  config->interval_ms = config->healthy_edge_interval_ms = config->no_traffic_healthy_interval_ms;
  config->unhealthy_interval_ms = config->unhealthy_edge_interval_ms =
      config->no_traffic_interval_ms;
  return config;
}

class EndpointsParser {
 public:
  EndpointsParser(Delegation& delegation, Faults& faults)
      : delegation_(delegation), faults_(faults) {}

  void Parse(const v3::LocalityEndpoints& proto, int index) {
    Faults::Scope scope(faults_, "locality_endpoints", index);
    const auto& place = proto.locality();
    locality_ = std::make_shared<const balancing::Locality>(
        balancing::Locality{place.region(), place.zone(), place.sub_zone()});
    plain_ = nullptr;
    for (int i = 0; i < proto.endpoints_size(); ++i) {
      Faults::Scope inner(faults_, "endpoints", i);
      ParseEndpoint(proto.endpoints(i), base::StrCat("[", index, "].endpoints[", i, "]"));
    }
  }

 private:
  void ParseEndpoint(const envoy::config::endpoint::v3::Endpoint& proto, std::string place) {
    Delegation::Endpoint endpoint;
    endpoint.address = clusters::ParseAddress(proto.address(), "address", faults_);
    endpoint.details = DetailsOf(proto);
    const auto [found, is_new] = places_.try_emplace(endpoint.address, std::move(place));
    if (!is_new && endpoint.address.is_set()) {
      faults_.Add("address",
                  base::StrCat(endpoint.address.ToString(),
                               " is already the address of locality_endpoints", found->second));
    }
    delegation_.endpoints.push_back(std::move(endpoint));
  }

  // What the endpoints of a locality that say nothing more share.
  std::shared_ptr<const balancing::HostDetails> DetailsOf(
      const envoy::config::endpoint::v3::Endpoint& proto) {
    if (proto.hostname().empty() && !proto.has_health_check_config()) {
      if (plain_ == nullptr) {
        plain_ = std::make_shared<const balancing::HostDetails>(
            balancing::HostDetails{{}, locality_, nullptr});
      }
      return plain_;
    }
    return std::make_shared<const balancing::HostDetails>(balancing::HostDetails{
        proto.hostname(), locality_, clusters::ParseHostCheck(proto, faults_)});
  }

  Delegation& delegation_;
  Faults& faults_;
  std::shared_ptr<const balancing::Locality> locality_;
  std::shared_ptr<const balancing::HostDetails> plain_;
  absl::flat_hash_map<net::Address, std::string> places_;
};

}  // namespace

std::optional<Delegation> ParseDelegation(const v3::ClusterHealthCheck& proto, Faults& faults) {
  if (!config::CheckMessage(proto, faults)) return std::nullopt;
  const size_t faults_before = faults.faults().size();
  Delegation delegation;
  delegation.name = proto.cluster_name();
  for (int i = 0; i < proto.health_checks_size(); ++i) {
    Faults::Scope scope(faults, "health_checks", i);
    delegation.checks.push_back(ParseCheck(proto.health_checks(i), faults));
  }
  EndpointsParser endpoints(delegation, faults);
  for (int i = 0; i < proto.locality_endpoints_size(); ++i) {
    endpoints.Parse(proto.locality_endpoints(i), i);
  }
  delegation.source_address =
      clusters::ParseSourceAddress(proto.upstream_bind_config(), "upstream_bind_config", faults);
  if (faults.faults().size() > faults_before) return std::nullopt;
  return delegation;
}

}  // namespace weir::discovery
