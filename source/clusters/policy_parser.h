// Cluster.load_balancing_policy, a list of typed policies of which the first known one holds, and
// the parts of policies that their older forms say in the same words. Main thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "source/balancing/balancer_config.h"
#include "source/clusters/duration_parser.h"
#include "source/config/faults.h"

namespace envoy::config::cluster::v3 {
class LoadBalancingPolicy;
}

namespace weir::clusters {

// Adds what the policy says to `config`. A fault where none of the list is known.
void ParsePolicy(const envoy::config::cluster::v3::LoadBalancingPolicy& proto,
                 balancing::BalancerConfig& config, config::Faults& faults);

// Whatever has active_request_bias.
template <class Proto>
void ParseBias(const Proto& proto, balancing::BalancerConfig& config, config::Faults& faults) {
  if (!proto.has_active_request_bias()) return;
  config.active_request_bias = proto.active_request_bias().default_value();
  if (!(config.active_request_bias >= 0)) {
    faults.Add("active_request_bias.default_value", "must not be negative");
  }
}

// Any SlowStartConfig.
template <class Proto>
void ParseSlowStart(const Proto& proto, balancing::SlowStartConfig& config,
                    config::Faults& faults) {
  config.window_ms = ParseMs(proto.slow_start_window());
  if (proto.has_aggression()) {
    config.aggression = proto.aggression().default_value();
    if (!(config.aggression > 0)) {
      faults.Add("slow_start_config.aggression.default_value", "must be greater than 0");
    }
  }
  if (proto.has_min_weight_percent()) {
    config.min_weight_percent = proto.min_weight_percent().value();
    if (!(config.min_weight_percent >= 0 && config.min_weight_percent <= 100)) {
      faults.Add("slow_start_config.min_weight_percent", "must be from 0 to 100");
    }
  }
}

// Whatever has zone_aware_lb_config and locality_weighted_lb_config.
template <class Proto>
void ParseLocalities(const Proto& proto, balancing::BalancerConfig& config) {
  if (proto.has_locality_weighted_lb_config()) {
    config.locality_mode = balancing::LocalityMode::kWeighted;
  }
  if (!proto.has_zone_aware_lb_config()) return;
  config.locality_mode = balancing::LocalityMode::kZoneAware;
  const auto& zone_aware = proto.zone_aware_lb_config();
  if (zone_aware.has_routing_enabled()) {
    config.zone_aware.routing_percent = zone_aware.routing_enabled().value();
  }
  if (zone_aware.has_min_cluster_size()) {
    config.zone_aware.min_cluster_size = static_cast<uint32_t>(
        std::min<uint64_t>(UINT32_MAX, zone_aware.min_cluster_size().value()));
  }
  config.fails_on_panic = zone_aware.fail_traffic_on_panic();
}

}  // namespace weir::clusters
