#include "source/clusters/balancer_parser.h"

#include <string_view>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/strings.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;

// Policies of Envoy that the wire can bring and Weir's enum does not know.
std::string_view NameOfUnimplemented(int policy) {
  switch (policy) {
    case 2:
      return "RING_HASH";
    case 5:
      return "MAGLEV";
    case 6:
      return "CLUSTER_PROVIDED";
    case 7:
      return "LOAD_BALANCING_POLICY_CONFIG";
    default:
      return {};
  }
}

balancing::BalancerPolicy ParsePolicy(const cluster::Cluster& proto, config::Faults& faults) {
  switch (proto.lb_policy()) {
    case cluster::Cluster::ROUND_ROBIN:
      return balancing::BalancerPolicy::kRoundRobin;
    case cluster::Cluster::LEAST_REQUEST:
      return balancing::BalancerPolicy::kLeastRequest;
    case cluster::Cluster::RANDOM:
      return balancing::BalancerPolicy::kRandom;
    default:
      break;
  }
  const std::string_view name = NameOfUnimplemented(proto.lb_policy());
  if (name.empty()) {
    faults.Add("lb_policy", base::StrCat("unknown value ", static_cast<int>(proto.lb_policy())));
  } else {
    faults.Add("lb_policy", base::StrCat(name, " is not implemented; use ROUND_ROBIN, ",
                                         "LEAST_REQUEST or RANDOM"));
  }
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

}  // namespace

balancing::BalancerConfig ParseBalancer(const cluster::Cluster& proto, config::Faults& faults) {
  balancing::BalancerConfig config;
  config.policy = ParsePolicy(proto, faults);
  if (proto.least_request_lb_config().has_choice_count()) {
    config.choice_count = proto.least_request_lb_config().choice_count().value();
    if (config.choice_count < 2) {
      faults.Add("least_request_lb_config.choice_count", "must be at least 2");
    }
  }
  NoteOptionsOfOthers(proto, config.policy, faults);
  if (proto.common_lb_config().has_healthy_panic_threshold()) {
    config.healthy_panic_percent = proto.common_lb_config().healthy_panic_threshold().value();
    if (!(config.healthy_panic_percent >= 0 && config.healthy_panic_percent <= 100)) {
      faults.Add("common_lb_config.healthy_panic_threshold", "must be from 0 to 100");
    }
  }
  return config;
}

}  // namespace weir::clusters
