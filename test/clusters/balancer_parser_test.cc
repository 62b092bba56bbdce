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
least_request_lb_config: {choice_count: 5}
common_lb_config: {healthy_panic_threshold: {value: 12.5}}
)"),
                                                 faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config.policy, balancing::BalancerPolicy::kLeastRequest);
  EXPECT_EQ(config.choice_count, 5U);
  EXPECT_EQ(config.healthy_panic_percent, 12.5);
  EXPECT_EQ(Parse(ClusterFromYaml("{name: web, lb_policy: RANDOM}"), faults).policy,
            balancing::BalancerPolicy::kRandom);
}

TEST(ParseBalancer, RefusesWhatIsNotImplementedByName) {
  envoy::config::cluster::v3::Cluster proto;
  std::string faults;
  const std::pair<int, const char*> policies[] = {
      {2, "lb_policy: RING_HASH is not implemented"},
      {5, "lb_policy: MAGLEV is not implemented"},
      {6, "lb_policy: CLUSTER_PROVIDED is not implemented"},
      {7, "lb_policy: LOAD_BALANCING_POLICY_CONFIG is not implemented"},
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
