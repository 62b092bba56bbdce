#include "source/clusters/destination_parser.h"

#include <string>
#include <string_view>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/clusters/duration_parser.h"
#include "source/http/field_syntax.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;
using balancing::BalancerPolicy;
using config::Faults;

constexpr std::string_view kUsualHeader = "x-envoy-original-dst-host";

void CheckPolicy(const cluster::Cluster& proto, const balancing::BalancerConfig& balancer,
                 Faults& faults) {
  const bool is_provided = balancer.policy == BalancerPolicy::kClusterProvided;
  const std::string_view field =
      proto.has_load_balancing_policy() ? "load_balancing_policy" : "lb_policy";
  if (is_provided != (proto.type() == cluster::Cluster::ORIGINAL_DST)) {
    faults.Add(field, is_provided ? "CLUSTER_PROVIDED is for type ORIGINAL_DST only"
                                  : "must be CLUSTER_PROVIDED for type ORIGINAL_DST");
  }
  if (!is_provided) return;
  if (balancer.subsets != nullptr) {
    faults.Add(field, "CLUSTER_PROVIDED and subsets do not go together");
  }
  if (balancer.locality_mode != balancing::LocalityMode::kIgnored) {
    faults.Add(field, "CLUSTER_PROVIDED does not go by localities");
  }
}

std::string ParseHeader(const cluster::Cluster::OriginalDstLbConfig& proto, Faults& faults) {
  const std::string& given = proto.http_header_name();
  if (!proto.use_http_header()) {
    if (!given.empty()) faults.Add("http_header_name", "needs use_http_header");
    return {};
  }
  std::string name = given.empty() ? std::string(kUsualHeader) : given;
  for (char& c : name) c = http::ToLower(c);
  if (name != ":authority" && !http::IsToken(name)) {
    faults.Add("http_header_name", "is not the name of a header");
  }
  return name;
}

}  // namespace

upstream::DestinationConfig ParseDestinations(const cluster::Cluster& proto,
                                              const balancing::BalancerConfig& balancer,
                                              Faults& faults) {
  upstream::DestinationConfig config;
  CheckPolicy(proto, balancer, faults);
  if (proto.type() != cluster::Cluster::ORIGINAL_DST) {
    // Envoy takes no notice of them either.
    if (proto.has_cleanup_interval()) {
      faults.AddIgnored("cleanup_interval", "is for type ORIGINAL_DST only");
    }
    if (proto.has_original_dst_lb_config()) {
      faults.AddIgnored("original_dst_lb_config", "is for type ORIGINAL_DST only");
    }
    return config;
  }
  if (proto.has_cleanup_interval()) {
    config.cleanup_interval_ms = ParseMs(proto.cleanup_interval());
    if (config.cleanup_interval_ms <= 0) faults.Add("cleanup_interval", "must be greater than 0s");
  }
  Faults::Scope scope(faults, "original_dst_lb_config");
  config.header = ParseHeader(proto.original_dst_lb_config(), faults);
  if (proto.original_dst_lb_config().has_upstream_port_override()) {
    const uint32_t port = proto.original_dst_lb_config().upstream_port_override().value();
    if (port == 0 || port > 65535) faults.Add("upstream_port_override", "must be from 1 to 65535");
    config.port = static_cast<uint16_t>(port);
  }
  return config;
}

}  // namespace weir::clusters
