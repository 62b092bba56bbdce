#include "source/clusters/destination_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "source/base/strings.h"
#include "source/clusters/cluster_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

constexpr std::string_view kTyped =
    "load_balancing_policy: {policies: [{typed_extension_config: {name: p, typed_config: "
    "{\"@type\": "
    "type.googleapis.com/envoy.extensions.load_balancing_policies.cluster_provided.v3."
    "ClusterProvided}}}]}";

std::optional<ParsedCluster> Parse(std::string_view fields, std::string& text) {
  config::Faults faults;
  auto parsed = ParseCluster(ClusterFromYaml(base::StrCat("{name: web, ", fields, "}")), faults);
  text = faults.ToString();
  return parsed;
}

upstream::DestinationConfig Accepted(std::string_view fields) {
  std::string faults;
  const auto parsed = Parse(base::StrCat("type: ORIGINAL_DST, ", fields), faults);
  EXPECT_EQ(faults, "");
  return parsed.has_value() ? parsed->config->options->destinations : upstream::DestinationConfig();
}

std::string Refused(std::string_view fields) {
  std::string faults;
  EXPECT_FALSE(Parse(fields, faults).has_value()) << fields;
  return faults;
}

TEST(ParseDestinations, Defaults) {
  EXPECT_EQ(Accepted("lb_policy: CLUSTER_PROVIDED"), upstream::DestinationConfig());
  EXPECT_EQ(Accepted(kTyped), upstream::DestinationConfig());
  std::string faults;
  const auto parsed = Parse("type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED", faults);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->config->type, upstream::DiscoveryType::kOriginalDst);
  EXPECT_EQ(parsed->config->options->balancer.policy, balancing::BalancerPolicy::kClusterProvided);
  EXPECT_TRUE(parsed->assignment.endpoints.empty());
}

TEST(ParseDestinations, ReadsWhatThereIs) {
  EXPECT_EQ(
      Accepted("lb_policy: CLUSTER_PROVIDED, cleanup_interval: 0.25s, original_dst_lb_config: "
               "{use_http_header: true, upstream_port_override: 9000}"),
      (upstream::DestinationConfig{"x-envoy-original-dst-host", 9000, 250}));
  EXPECT_EQ(Accepted("lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: "
                     "{use_http_header: true, http_header_name: X-To}")
                .header,
            "x-to");
  EXPECT_EQ(Accepted("lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: "
                     "{use_http_header: true, http_header_name: ':authority'}")
                .header,
            ":authority");
}

TEST(ParseDestinations, TypeAndPolicyGoTogether) {
  EXPECT_EQ(Refused("type: ORIGINAL_DST"),
            "lb_policy: must be CLUSTER_PROVIDED for type ORIGINAL_DST");
  EXPECT_EQ(Refused("lb_policy: CLUSTER_PROVIDED"),
            "lb_policy: CLUSTER_PROVIDED is for type ORIGINAL_DST only");
  EXPECT_EQ(Refused(kTyped),
            "load_balancing_policy: CLUSTER_PROVIDED is for type ORIGINAL_DST only");
}

TEST(ParseDestinations, RefusesWhatDoesNotGoWithIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"load_assignment: {cluster_name: web}",
       "load_assignment: must not be set for type ORIGINAL_DST"},
      {"original_dst_lb_config: {http_header_name: x-to}",
       "original_dst_lb_config.http_header_name: needs use_http_header"},
      {"original_dst_lb_config: {use_http_header: true, http_header_name: 'no name'}",
       "original_dst_lb_config.http_header_name: is not the name of a header"},
      {"original_dst_lb_config: {upstream_port_override: 0}",
       "original_dst_lb_config.upstream_port_override: must be from 1 to 65535"},
      {"lb_subset_config: {subset_selectors: [{keys: [a]}]}",
       "lb_policy: CLUSTER_PROVIDED and subsets do not go together"},
      {"common_lb_config: {locality_weighted_lb_config: {}}",
       "lb_policy: CLUSTER_PROVIDED does not go by localities"},
      {"health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, "
       "tcp_health_check: {}}]",
       "health_checks: are not implemented for type ORIGINAL_DST"}};
  for (const auto& [fields, expected] : cases) {
    EXPECT_EQ(Refused(base::StrCat("type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, ", fields)),
              expected);
  }
}

TEST(ParseDestinations, AnIntervalTakesTime) {
  envoy::config::cluster::v3::Cluster proto;
  proto.set_type(envoy::config::cluster::v3::Cluster::ORIGINAL_DST);
  proto.mutable_cleanup_interval();
  balancing::BalancerConfig balancer;
  balancer.policy = balancing::BalancerPolicy::kClusterProvided;
  config::Faults faults;
  ParseDestinations(proto, balancer, faults);
  EXPECT_EQ(faults.ToString(), "cleanup_interval: must be greater than 0s");
}

TEST(ParseDestinations, OtherTypesTakeNoNotice) {
  config::Faults faults;
  EXPECT_TRUE(ParseCluster(ClusterFromYaml("{name: web, cleanup_interval: 1s, "
                                           "original_dst_lb_config: {use_http_header: true}}"),
                           faults)
                  .has_value());
  EXPECT_EQ(faults.ignored().size(), 2U);
}

}  // namespace
}  // namespace weir::clusters
