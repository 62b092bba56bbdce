#include "source/clusters/policy_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "source/base/strings.h"
#include "source/clusters/balancer_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

using balancing::BalancerConfig;
using balancing::BalancerPolicy;

constexpr std::string_view kEnvoy = "type.googleapis.com/envoy.extensions.load_balancing_policies.";

std::string Policy(std::string_view type, std::string_view fields = "") {
  return base::StrCat(
      "  - typed_extension_config:\n      name: policy\n      typed_config: {\"@type\": ", type,
      fields.empty() ? "" : ", ", fields, "}\n");
}

BalancerConfig Parse(const std::string& policies, std::string& text) {
  config::Faults faults;
  const BalancerConfig config = ParseBalancer(
      ClusterFromYaml(base::StrCat("name: web\nload_balancing_policy:\n  policies:\n", policies)),
      faults);
  text = faults.ToString();
  return config;
}

BalancerConfig Parse(const std::string& policies) {
  std::string faults;
  const BalancerConfig config = Parse(policies, faults);
  EXPECT_EQ(faults, "");
  return config;
}

TEST(ParsePolicy, RoundRobin) {
  const BalancerConfig config =
      Parse(Policy(base::StrCat(kEnvoy, "round_robin.v3.RoundRobin"),
                   "slow_start_config: {slow_start_window: 60s}, locality_lb_config: "
                   "{zone_aware_lb_config: {force_local_zone: {}}}"));
  EXPECT_EQ(config.policy, BalancerPolicy::kRoundRobin);
  EXPECT_EQ(config.slow_start, (balancing::SlowStartConfig{60'000, 1, 10}));
  EXPECT_EQ(config.locality_mode, balancing::LocalityMode::kZoneAware);
  EXPECT_EQ(config.zone_aware, (balancing::ZoneAwareConfig{100, 6, 1}));
}

TEST(ParsePolicy, LeastRequest) {
  const BalancerConfig config =
      Parse(Policy(base::StrCat(kEnvoy, "least_request.v3.LeastRequest"),
                   "choice_count: 3, selection_method: FULL_SCAN, active_request_bias: "
                   "{default_value: 0, runtime_key: x}"));
  EXPECT_EQ(config.policy, BalancerPolicy::kLeastRequest);
  EXPECT_EQ(config.choice_count, 3U);
  EXPECT_TRUE(config.scans_all);
  EXPECT_EQ(config.active_request_bias, 0);
  EXPECT_EQ(config.locality_mode, balancing::LocalityMode::kIgnored);
}

TEST(ParsePolicy, ByHash) {
  const BalancerConfig ring =
      Parse(Policy(base::StrCat(kEnvoy, "ring_hash.v3.RingHash"),
                   "hash_function: MURMUR_HASH_2, minimum_ring_size: 64, maximum_ring_size: 128, "
                   "consistent_hashing_lb_config: {use_hostname_for_hashing: true, "
                   "hash_balance_factor: 150}, locality_weighted_lb_config: {}"));
  EXPECT_EQ(ring.policy, BalancerPolicy::kRingHash);
  EXPECT_EQ(ring.hashing, (balancing::HashingConfig{balancing::HashFunction::kMurmurHash2, 64, 128,
                                                    65537, true, 150}));
  EXPECT_EQ(ring.locality_mode, balancing::LocalityMode::kWeighted);
  const BalancerConfig maglev =
      Parse(Policy(base::StrCat(kEnvoy, "maglev.v3.Maglev"), "table_size: 251"));
  EXPECT_EQ(maglev.policy, BalancerPolicy::kMaglev);
  EXPECT_EQ(maglev.hashing.table_size, 251U);
  EXPECT_EQ(maglev.locality_mode, balancing::LocalityMode::kIgnored);
  std::string faults;
  Parse(Policy(base::StrCat(kEnvoy, "maglev.v3.Maglev"), "table_size: 250"), faults);
  EXPECT_NE(faults.find("table_size: 250 is no prime number"), std::string::npos) << faults;
}

TEST(ParsePolicy, LocalitiesByWeight) {
  const BalancerConfig config = Parse(
      Policy(base::StrCat(kEnvoy, "wrr_locality.v3.WrrLocality"),
             base::StrCat("endpoint_picking_policy: {policies: [{typed_extension_config: {name: "
                          "inner, typed_config: {\"@type\": ",
                          kEnvoy, "random.v3.Random}}}]}")));
  EXPECT_EQ(config.policy, BalancerPolicy::kRandom);
  EXPECT_EQ(config.locality_mode, balancing::LocalityMode::kWeighted);
}

TEST(ParsePolicy, PeakEwma) {
  const BalancerConfig config =
      Parse(Policy("type.googleapis.com/weir.load_balancing_policies.peak_ewma.v1.PeakEwma",
                   "decay_time: 5s, default_rtt: 0.01s, failure_penalty: 1s"));
  EXPECT_EQ(config.policy, BalancerPolicy::kPeakEwma);
  EXPECT_EQ(config.peak_ewma, (balancing::PeakEwmaConfig{5'000, 10, 1'000}));
}

TEST(ParsePolicy, ClientSideWeightedRoundRobin) {
  const std::string type =
      base::StrCat(kEnvoy, "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin");
  const BalancerConfig config = Parse(Policy(type));
  EXPECT_EQ(config.policy, BalancerPolicy::kClientSideWeightedRoundRobin);
  EXPECT_EQ(config.client_side_weights, balancing::ClientSideWeightsConfig());
  const BalancerConfig other = Parse(
      Policy(type,
             "blackout_period: 1s, weight_expiration_period: 60s, weight_update_period: 0.01s, "
             "error_utilization_penalty: 0.5, metric_names_for_computing_utilization: [eps], "
             "slow_start_config: {slow_start_window: 60s}, enable_oob_load_report: false"));
  EXPECT_EQ(other.client_side_weights,
            (balancing::ClientSideWeightsConfig{1'000, 60'000, 100, 0.5, {"eps"}}));
  EXPECT_EQ(other.slow_start.window_ms, 60'000);
  std::string faults;
  Parse(Policy(type, "enable_oob_load_report: true, error_utilization_penalty: -1"), faults);
  EXPECT_NE(faults.find("error_utilization_penalty: must not be negative"), std::string::npos);
  EXPECT_NE(faults.find("enable_oob_load_report: must be false"), std::string::npos) << faults;
}

TEST(ParsePolicy, TheFirstKnownOneHolds) {
  const std::string random = Policy(base::StrCat(kEnvoy, "random.v3.Random"));
  envoy::config::cluster::v3::Cluster proto = ClusterFromYaml(
      base::StrCat("name: web\nload_balancing_policy:\n  policies:\n", random, random));
  auto& first =
      *proto.mutable_load_balancing_policy()->mutable_policies(0)->mutable_typed_extension_config();
  first.set_name("strange");
  first.mutable_typed_config()->set_type_url("type.googleapis.com/strange.Policy");
  config::Faults known_faults;
  EXPECT_EQ(ParseBalancer(proto, known_faults).policy, BalancerPolicy::kRandom);
  EXPECT_TRUE(known_faults.ok());

  proto.mutable_load_balancing_policy()->mutable_policies()->RemoveLast();
  config::Faults unknown_faults;
  ParseBalancer(proto, unknown_faults);
  EXPECT_NE(unknown_faults.ToString().find(
                "load_balancing_policy.policies: none of 'strange' is implemented"),
            std::string::npos)
      << unknown_faults.ToString();
}

TEST(ParsePolicy, TellsWhatIsWrong) {
  std::string faults;
  Parse(Policy(base::StrCat(kEnvoy, "least_request.v3.LeastRequest"),
               "active_request_bias: {default_value: -1, runtime_key: x}, slow_start_config: "
               "{aggression: {default_value: 0, runtime_key: y}}"),
        faults);
  EXPECT_NE(faults.find("active_request_bias.default_value: must not be negative"),
            std::string::npos)
      << faults;
  EXPECT_NE(faults.find("slow_start_config.aggression.default_value: must be greater than 0"),
            std::string::npos)
      << faults;
}

}  // namespace
}  // namespace weir::clusters
