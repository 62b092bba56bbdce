#include "source/clusters/policy_parser.h"

#include <algorithm>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin.pb.h"
#include "envoy/extensions/load_balancing_policies/cluster_provided/v3/cluster_provided.pb.h"
#include "envoy/extensions/load_balancing_policies/common/v3/common.pb.h"
#include "envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h"
#include "envoy/extensions/load_balancing_policies/maglev/v3/maglev.pb.h"
#include "envoy/extensions/load_balancing_policies/random/v3/random.pb.h"
#include "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"
#include "envoy/extensions/load_balancing_policies/subset/v3/subset.pb.h"
#include "envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.pb.h"
#include "source/base/strings.h"
#include "source/clusters/hashing_parser.h"
#include "source/clusters/subset_parser.h"
#include "source/config/load.h"
#include "weir/load_balancing_policies/peak_ewma/v1/peak_ewma.pb.h"

namespace weir::clusters {
namespace {

namespace policies = envoy::extensions::load_balancing_policies;
using balancing::BalancerConfig;
using balancing::BalancerPolicy;
using config::Faults;

void ParseLocalityConfig(const policies::common::v3::LocalityLbConfig& proto,
                         BalancerConfig& config) {
  ParseLocalities(proto, config);
  if (proto.zone_aware_lb_config().has_force_local_zone()) {
    const auto& force = proto.zone_aware_lb_config().force_local_zone();
    config.zone_aware.force_local_zone_min_size =
        force.has_min_size() ? force.min_size().value() : 1;
  }
}

void Parse(const policies::cluster_provided::v3::ClusterProvided&, BalancerConfig& config,
           Faults&) {
  config.policy = BalancerPolicy::kClusterProvided;
}

void Parse(const policies::round_robin::v3::RoundRobin& proto, BalancerConfig& config,
           Faults& faults) {
  config.policy = BalancerPolicy::kRoundRobin;
  ParseSlowStart(proto.slow_start_config(), config.slow_start, faults);
  ParseLocalityConfig(proto.locality_lb_config(), config);
}

void Parse(const policies::random::v3::Random& proto, BalancerConfig& config, Faults& faults) {
  config.policy = BalancerPolicy::kRandom;
  ParseLocalityConfig(proto.locality_lb_config(), config);
}

void Parse(const policies::least_request::v3::LeastRequest& proto, BalancerConfig& config,
           Faults& faults) {
  config.policy = BalancerPolicy::kLeastRequest;
  if (proto.has_choice_count()) config.choice_count = proto.choice_count().value();
  config.scans_all = proto.selection_method() == proto.FULL_SCAN;
  ParseBias(proto, config, faults);
  ParseSlowStart(proto.slow_start_config(), config.slow_start, faults);
  ParseLocalityConfig(proto.locality_lb_config(), config);
}

void ParseConsistency(const policies::common::v3::ConsistentHashingLbConfig& proto,
                      BalancerConfig& config, Faults& faults) {
  Faults::Scope scope(faults, "consistent_hashing_lb_config");
  ParseConsistent(proto, config.hashing, faults);
}

void Parse(const policies::ring_hash::v3::RingHash& proto, BalancerConfig& config, Faults& faults) {
  config.policy = BalancerPolicy::kRingHash;
  if (proto.hash_function() == proto.MURMUR_HASH_2) {
    config.hashing.function = balancing::HashFunction::kMurmurHash2;
  }
  ParseRingSizes(proto, config.hashing, faults);
  ParseConsistency(proto.consistent_hashing_lb_config(), config, faults);
  if (proto.has_locality_weighted_lb_config()) {
    config.locality_mode = balancing::LocalityMode::kWeighted;
  }
}

void Parse(const policies::maglev::v3::Maglev& proto, BalancerConfig& config, Faults& faults) {
  config.policy = BalancerPolicy::kMaglev;
  ParseTableSize(proto, config.hashing, faults);
  ParseConsistency(proto.consistent_hashing_lb_config(), config, faults);
  if (proto.has_locality_weighted_lb_config()) {
    config.locality_mode = balancing::LocalityMode::kWeighted;
  }
}

void Parse(const weir::load_balancing_policies::peak_ewma::v1::PeakEwma& proto,
           BalancerConfig& config, Faults& faults) {
  config.policy = BalancerPolicy::kPeakEwma;
  balancing::PeakEwmaConfig& options = config.peak_ewma;
  if (proto.has_decay_time()) options.decay_ms = ParseMs(proto.decay_time());
  if (proto.has_default_rtt()) options.default_rtt_ms = ParseMs(proto.default_rtt());
  if (proto.has_failure_penalty()) options.failure_penalty_ms = ParseMs(proto.failure_penalty());
  ParseSlowStart(proto.slow_start_config(), config.slow_start, faults);
  ParseLocalityConfig(proto.locality_lb_config(), config);
}

void Parse(
    const policies::client_side_weighted_round_robin::v3::ClientSideWeightedRoundRobin& proto,
    BalancerConfig& config, Faults& faults) {
  constexpr int64_t kLeastUpdateMs = 100;
  config.policy = BalancerPolicy::kClientSideWeightedRoundRobin;
  balancing::ClientSideWeightsConfig& weights = config.client_side_weights;
  if (proto.enable_oob_load_report().value()) {
    faults.Add("enable_oob_load_report", "must be false: load reports come with responses");
  }
  if (proto.has_blackout_period()) weights.blackout_ms = ParseMs(proto.blackout_period());
  if (proto.has_weight_expiration_period()) {
    weights.expiration_ms = ParseMs(proto.weight_expiration_period());
  }
  if (proto.has_weight_update_period()) {
    weights.update_ms = std::max(kLeastUpdateMs, ParseMs(proto.weight_update_period()));
  }
  if (proto.has_error_utilization_penalty()) {
    weights.error_utilization_penalty = proto.error_utilization_penalty().value();
    if (!(weights.error_utilization_penalty >= 0)) {
      faults.Add("error_utilization_penalty", "must not be negative");
    }
  }
  weights.metrics.assign(proto.metric_names_for_computing_utilization().begin(),
                         proto.metric_names_for_computing_utilization().end());
  ParseSlowStart(proto.slow_start_config(), config.slow_start, faults);
}

// The localities by weight, and what the inner policy says of anything else.
void Parse(const policies::wrr_locality::v3::WrrLocality& proto, BalancerConfig& config,
           Faults& faults) {
  {
    Faults::Scope scope(faults, "endpoint_picking_policy");
    ParsePolicy(proto.endpoint_picking_policy(), config, faults);
  }
  config.locality_mode = balancing::LocalityMode::kWeighted;
}

// Subsets, and in them what the inner policy says.
void Parse(const policies::subset::v3::Subset& proto, BalancerConfig& config, Faults& faults) {
  {
    Faults::Scope scope(faults, "subset_lb_policy");
    ParsePolicy(proto.subset_lb_policy(), config, faults);
  }
  if (config.subsets != nullptr) faults.Add("subset_lb_policy", "must not be one of subsets");
  const auto subsets = ParseSubsets(proto, faults);
  subsets->allows_more_keys = proto.allow_redundant_keys();
  if (!subsets->selectors.empty()) config.subsets = subsets;
}

template <class Proto>
bool ParseIf(const google::protobuf::Any& any, BalancerConfig& config, Faults& faults) {
  Proto proto;
  if (config::TypeUrlOf(any) != "type.googleapis.com/" + proto.GetTypeName()) return false;
  if (config::Unpack(any, proto, faults)) Parse(proto, config, faults);
  return true;
}

bool ParseKnown(const google::protobuf::Any& any, BalancerConfig& config, Faults& faults) {
  return ParseIf<policies::round_robin::v3::RoundRobin>(any, config, faults) ||
         ParseIf<policies::least_request::v3::LeastRequest>(any, config, faults) ||
         ParseIf<policies::random::v3::Random>(any, config, faults) ||
         ParseIf<policies::ring_hash::v3::RingHash>(any, config, faults) ||
         ParseIf<policies::maglev::v3::Maglev>(any, config, faults) ||
         ParseIf<policies::client_side_weighted_round_robin::v3::ClientSideWeightedRoundRobin>(
             any, config, faults) ||
         ParseIf<policies::wrr_locality::v3::WrrLocality>(any, config, faults) ||
         ParseIf<policies::subset::v3::Subset>(any, config, faults) ||
         ParseIf<policies::cluster_provided::v3::ClusterProvided>(any, config, faults) ||
         ParseIf<weir::load_balancing_policies::peak_ewma::v1::PeakEwma>(any, config, faults);
}

}  // namespace

void ParsePolicy(const envoy::config::cluster::v3::LoadBalancingPolicy& proto,
                 BalancerConfig& config, Faults& faults) {
  std::string unknown;
  for (int i = 0; i < proto.policies_size(); ++i) {
    Faults::Scope scope(faults, "policies", i);
    Faults::Scope inner(faults, "typed_extension_config.typed_config");
    const auto& extension = proto.policies(i).typed_extension_config();
    if (ParseKnown(extension.typed_config(), config, faults)) return;
    unknown += base::StrCat(unknown.empty() ? "" : ", ", "'", extension.name(), "'");
  }
  faults.Add("policies", proto.policies_size() == 0
                             ? "must not be empty"
                             : base::StrCat("none of ", unknown, " is implemented"));
}

}  // namespace weir::clusters
