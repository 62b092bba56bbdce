#include "source/clusters/subset_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "source/clusters/balancer_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

using balancing::SubsetFallback;

balancing::BalancerConfig Parse(std::string_view yaml, std::string& text) {
  config::Faults faults;
  const balancing::BalancerConfig config = ParseBalancer(ClusterFromYaml(yaml), faults);
  text = faults.ToString();
  return config;
}

TEST(ParseSubsets, ReadsEverything) {
  std::string faults;
  const auto config = Parse(R"(
name: web
lb_subset_config:
  fallback_policy: DEFAULT_SUBSET
  default_subset: {stage: prod}
  subset_selectors:
  - keys: [version, stage]
    fallback_policy: KEYS_SUBSET
    fallback_keys_subset: [stage]
  - keys: [stage]
    fallback_policy: ANY_ENDPOINT
    single_host_per_subset: true
  - keys: [colour]
  locality_weight_aware: true
  scale_locality_weight: true
  panic_mode_any: true
  list_as_any: true
  metadata_fallback_policy: FALLBACK_LIST
)",
                            faults);
  EXPECT_EQ(faults, "");
  ASSERT_NE(config.subsets, nullptr);
  EXPECT_EQ(config.subsets->fallback, SubsetFallback::kDefaultSubset);
  ASSERT_EQ(config.subsets->default_subset.values.size(), 1U);
  EXPECT_EQ(config.subsets->default_subset.values[0].first, "stage");
  ASSERT_EQ(config.subsets->selectors.size(), 3U);
  const balancing::SubsetSelector& first = config.subsets->selectors[0];
  EXPECT_EQ(first.keys, (std::vector<std::string>{"stage", "version"}));
  EXPECT_EQ(first.fallback, SubsetFallback::kFewerKeys);
  EXPECT_EQ(first.fallback_keys, std::vector<std::string>{"stage"});
  EXPECT_EQ(config.subsets->selectors[1].fallback, SubsetFallback::kAnyHost);
  EXPECT_EQ(config.subsets->selectors[2].fallback, SubsetFallback::kAsCluster);
  EXPECT_TRUE(config.subsets->keeps_localities && config.subsets->scales_localities &&
              config.subsets->panics_to_any && config.subsets->lists_match_elements &&
              config.subsets->uses_alternatives);
  EXPECT_FALSE(config.subsets->allows_more_keys);
}

TEST(ParseSubsets, AsAPolicy) {
  std::string faults;
  const auto config = Parse(R"(
name: web
load_balancing_policy:
  policies:
  - typed_extension_config:
      name: subset
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.subset.v3.Subset
        fallback_policy: ANY_ENDPOINT
        allow_redundant_keys: true
        subset_selectors: [{keys: [stage]}]
        subset_lb_policy:
          policies:
          - typed_extension_config:
              name: random
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.random.v3.Random
)",
                            faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config.policy, balancing::BalancerPolicy::kRandom);
  ASSERT_NE(config.subsets, nullptr);
  EXPECT_EQ(config.subsets->fallback, SubsetFallback::kAnyHost);
  EXPECT_TRUE(config.subsets->allows_more_keys);
}

TEST(ParseSubsets, WithoutSelectorsThereAreNone) {
  std::string faults;
  EXPECT_EQ(Parse("{name: web, lb_subset_config: {fallback_policy: ANY_ENDPOINT}}", faults).subsets,
            nullptr);
  EXPECT_EQ(faults, "");
}

TEST(ParseSubsets, TellsWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"subset_selectors: [{keys: []}]",
       "lb_subset_config.subset_selectors[0].keys: must not be empty"},
      {"subset_selectors: [{keys: [a], fallback_policy: KEYS_SUBSET}]",
       "fallback_keys_subset: is required by KEYS_SUBSET"},
      {"subset_selectors: [{keys: [a], fallback_keys_subset: [a]}]",
       "fallback_keys_subset: is for fallback_policy KEYS_SUBSET only"},
      {"subset_selectors: [{keys: [a], fallback_policy: KEYS_SUBSET, fallback_keys_subset: [a]}]",
       "fallback_keys_subset: must be some of keys, not all"},
      {"scale_locality_weight: true", "scale_locality_weight: needs locality_weight_aware"},
  };
  for (const auto& [yaml, expected] : cases) {
    std::string faults;
    Parse("{name: web, lb_subset_config: {" + yaml + "}}", faults);
    EXPECT_NE(faults.find(expected), std::string::npos) << faults;
  }
}

}  // namespace
}  // namespace weir::clusters
