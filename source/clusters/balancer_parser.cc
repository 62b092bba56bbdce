#include "source/clusters/balancer_parser.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/strings.h"
#include "source/clusters/hashing_parser.h"
#include "source/clusters/policy_parser.h"
#include "source/clusters/subset_parser.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;

balancing::BalancerPolicy ParseLbPolicy(const cluster::Cluster& proto, config::Faults& faults) {
  switch (proto.lb_policy()) {
    case cluster::Cluster::ROUND_ROBIN:
      return balancing::BalancerPolicy::kRoundRobin;
    case cluster::Cluster::LEAST_REQUEST:
      return balancing::BalancerPolicy::kLeastRequest;
    case cluster::Cluster::RANDOM:
      return balancing::BalancerPolicy::kRandom;
    case cluster::Cluster::RING_HASH:
      return balancing::BalancerPolicy::kRingHash;
    case cluster::Cluster::MAGLEV:
      return balancing::BalancerPolicy::kMaglev;
    case cluster::Cluster::CLUSTER_PROVIDED:
      return balancing::BalancerPolicy::kClusterProvided;
    default:
      break;
  }
  faults.Add("lb_policy", base::StrCat("unknown value ", static_cast<int>(proto.lb_policy())));
  return balancing::BalancerPolicy::kRoundRobin;
}

// Envoy takes no notice of them either.
void NoteOptionsOfOthers(const cluster::Cluster& proto, balancing::BalancerPolicy policy,
                         config::Faults& faults) {
  if (proto.has_least_request_lb_config() && policy != balancing::BalancerPolicy::kLeastRequest) {
    faults.AddIgnored("least_request_lb_config", "lb_policy is another");
  }
  if (proto.has_round_robin_lb_config() && policy != balancing::BalancerPolicy::kRoundRobin) {
    faults.AddIgnored("round_robin_lb_config", "lb_policy is another");
  }
}

void ParseOptions(const cluster::Cluster& proto, balancing::BalancerConfig& config,
                  config::Faults& faults) {
  if (proto.has_round_robin_lb_config()) {
    config::Faults::Scope scope(faults, "round_robin_lb_config");
    ParseSlowStart(proto.round_robin_lb_config().slow_start_config(), config.slow_start, faults);
  }
  if (proto.has_least_request_lb_config()) {
    config::Faults::Scope scope(faults, "least_request_lb_config");
    const cluster::Cluster::LeastRequestLbConfig& options = proto.least_request_lb_config();
    if (options.has_choice_count()) {
      config.choice_count = options.choice_count().value();
      if (config.choice_count < 2) faults.Add("choice_count", "must be at least 2");
    }
    ParseBias(options, config, faults);
    ParseSlowStart(options.slow_start_config(), config.slow_start, faults);
  }
}

}  // namespace

balancing::BalancerConfig ParseBalancer(const cluster::Cluster& proto, config::Faults& faults) {
  balancing::BalancerConfig config;
  if (proto.has_load_balancing_policy()) {
    config::Faults::Scope scope(faults, "load_balancing_policy");
    ParsePolicy(proto.load_balancing_policy(), config, faults);
  } else if (proto.lb_policy() == cluster::Cluster::LOAD_BALANCING_POLICY_CONFIG) {
    faults.Add("load_balancing_policy", "is required by lb_policy LOAD_BALANCING_POLICY_CONFIG");
  } else {
    config.policy = ParseLbPolicy(proto, faults);
    ParseOptions(proto, config, faults);
    config.hashing = ParseHashing(proto, config.policy, faults);
    NoteOptionsOfOthers(proto, config.policy, faults);
    ParseLocalities(proto.common_lb_config(), config);
    if (proto.has_lb_subset_config()) {
      config::Faults::Scope scope(faults, "lb_subset_config");
      const auto subsets = ParseSubsets(proto.lb_subset_config(), faults);
      if (!subsets->selectors.empty()) config.subsets = subsets;
    }
  }
  config.override_health = ParseOverrideHealth(proto);
  if (proto.common_lb_config().has_healthy_panic_threshold()) {
    config.healthy_panic_percent = proto.common_lb_config().healthy_panic_threshold().value();
    if (!(config.healthy_panic_percent >= 0 && config.healthy_panic_percent <= 100)) {
      faults.Add("common_lb_config.healthy_panic_threshold", "must be from 0 to 100");
    }
  }
  return config;
}

}  // namespace weir::clusters
