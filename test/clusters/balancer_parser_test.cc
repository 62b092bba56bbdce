#include "source/clusters/balancer_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

balancing::BalancerConfig Parse(const envoy::config::cluster::v3::Cluster& proto,
                                std::string& text) {
  config::Faults faults;
  const balancing::BalancerConfig config = ParseBalancer(proto, faults);
  text = faults.ToString();
  return config;
}

TEST(ParseBalancer, Defaults) {
  std::string faults;
  const balancing::BalancerConfig config = Parse(ClusterFromYaml("name: web"), faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config.policy, balancing::BalancerPolicy::kRoundRobin);
  EXPECT_EQ(config.choice_count, 2U);
  EXPECT_EQ(config.healthy_panic_percent, 50);
}

TEST(ParseBalancer, ReadsEverything) {
  std::string faults;
  const balancing::BalancerConfig config = Parse(ClusterFromYaml(R"(
name: web
lb_policy: LEAST_REQUEST
least_request_lb_config:
  choice_count: 5
  active_request_bias: {default_value: 0.5, runtime_key: bias}
  slow_start_config:
    slow_start_window: 30s
    aggression: {default_value: 2, runtime_key: aggression}
    min_weight_percent: {value: 5}
common_lb_config:
  healthy_panic_threshold: {value: 12.5}
  zone_aware_lb_config:
    routing_enabled: {value: 80}
    min_cluster_size: 3
    fail_traffic_on_panic: true
)"),
                                                 faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config.policy, balancing::BalancerPolicy::kLeastRequest);
  EXPECT_EQ(config.choice_count, 5U);
  EXPECT_EQ(config.active_request_bias, 0.5);
  EXPECT_EQ(config.slow_start, (balancing::SlowStartConfig{30'000, 2, 5}));
  EXPECT_EQ(config.locality_mode, balancing::LocalityMode::kZoneAware);
  EXPECT_EQ(config.zone_aware, (balancing::ZoneAwareConfig{80, 3, std::nullopt}));
  EXPECT_TRUE(config.fails_on_panic);
  EXPECT_EQ(config.healthy_panic_percent, 12.5);
  EXPECT_EQ(Parse(ClusterFromYaml("{name: web, lb_policy: RANDOM}"), faults).policy,
            balancing::BalancerPolicy::kRandom);
}

TEST(ParseBalancer, RefusesWhatIsNotImplementedByName) {
  envoy::config::cluster::v3::Cluster proto;
  std::string faults;
  const std::pair<int, const char*> policies[] = {
      {7, "load_balancing_policy: is required by lb_policy LOAD_BALANCING_POLICY_CONFIG"},
      {99, "lb_policy: unknown value 99"}};
  for (const auto& [policy, expected] : policies) {
    proto.set_lb_policy(static_cast<envoy::config::cluster::v3::Cluster::LbPolicy>(policy));
    Parse(proto, faults);
    EXPECT_NE(faults.find(expected), std::string::npos) << faults;
  }
}

TEST(ParseBalancer, RefusesImpossibleNumbers) {
  envoy::config::cluster::v3::Cluster proto;
  proto.mutable_least_request_lb_config()->mutable_choice_count()->set_value(1);
  proto.mutable_common_lb_config()->mutable_healthy_panic_threshold()->set_value(101);
  std::string faults;
  Parse(proto, faults);
  EXPECT_NE(faults.find("choice_count: must be at least 2"), std::string::npos) << faults;
  EXPECT_NE(faults.find("healthy_panic_threshold: must be from 0 to 100"), std::string::npos);
}

}  // namespace
}  // namespace weir::clusters
