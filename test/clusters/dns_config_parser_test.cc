#include "source/clusters/dns_config_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "envoy/config/core/v3/resolver.pb.h"
#include "envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver.pb.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

std::shared_ptr<const upstream::DnsConfig> Parse(const envoy::config::cluster::v3::Cluster& proto,
                                                 std::string& text) {
  config::Faults faults;
  auto config = ParseDns(proto, faults);
  text = faults.ToString();
  return config;
}

TEST(ParseDns, Defaults) {
  std::string faults;
  const auto config = Parse(ClusterFromYaml("name: web"), faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config->family, net::DnsFamily::kAuto);
  EXPECT_EQ(config->refresh_ms, 5000);
  EXPECT_EQ(config->failure_base_ms, 0);
  EXPECT_FALSE(config->respects_ttl);
  EXPECT_FALSE(config->resolver.has_value());
}

TEST(ParseDns, ReadsEverything) {
  std::string faults;
  const auto config = Parse(ClusterFromYaml(R"(
name: web
dns_lookup_family: V4_PREFERRED
dns_refresh_rate: 2.5s
dns_jitter: 0.25s
respect_dns_ttl: true
dns_failure_refresh_rate: {base_interval: 0.1s, max_interval: 3s}
dns_resolvers:
- {socket_address: {address: 10.0.0.53, port_value: 5353, protocol: UDP}}
- {socket_address: {address: "::1", port_value: 0}}
use_tcp_for_dns_lookups: true
)"),
                            faults);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(config->family, net::DnsFamily::kV4Preferred);
  EXPECT_EQ(config->refresh_ms, 2500);
  EXPECT_EQ(config->jitter_ms, 250);
  EXPECT_TRUE(config->respects_ttl);
  EXPECT_EQ(config->failure_base_ms, 100);
  EXPECT_EQ(config->failure_max_ms, 3000);
  ASSERT_TRUE(config->resolver.has_value());
  EXPECT_TRUE(config->resolver->use_tcp);
  ASSERT_EQ(config->resolver->resolvers.size(), 2U);
  EXPECT_EQ(config->resolver->resolvers[0].ToString(), "10.0.0.53:5353");
  EXPECT_EQ(config->resolver->resolvers[1].ToString(), "[::1]:53");
}

TEST(ParseDns, FailureRateGrowsTenfoldUnlessSaidOtherwise) {
  std::string faults;
  const auto config =
      Parse(ClusterFromYaml("{name: web, dns_failure_refresh_rate: {base_interval: 2s}}"), faults);
  EXPECT_EQ(config->failure_max_ms, 20'000);
}

TEST(ParseDns, NewestWayToNameResolversHolds) {
  envoy::config::cluster::v3::Cluster proto;
  const auto set = [](envoy::config::core::v3::Address& address, const char* ip) {
    address.mutable_socket_address()->set_address(ip);
    address.mutable_socket_address()->set_port_value(53);
  };
  std::string faults;
  const auto first = [&] { return Parse(proto, faults)->resolver->resolvers[0].IpString(); };
  set(*proto.add_dns_resolvers(), "10.0.0.1");
  EXPECT_EQ(first(), "10.0.0.1");
  set(*proto.mutable_dns_resolution_config()->add_resolvers(), "10.0.0.2");
  EXPECT_EQ(first(), "10.0.0.2");
  envoy::extensions::network::dns_resolver::cares::v3::CaresDnsResolverConfig cares;
  set(*cares.add_resolvers(), "10.0.0.3");
  proto.mutable_typed_dns_resolver_config()->mutable_typed_config()->PackFrom(cares);
  EXPECT_EQ(first(), "10.0.0.3");
  EXPECT_EQ(faults, "");
}

TEST(ParseDns, ListsFaults) {
  envoy::config::cluster::v3::Cluster proto;
  proto.set_dns_lookup_family(
      static_cast<envoy::config::cluster::v3::Cluster::DnsLookupFamily>(44));
  proto.mutable_dns_refresh_rate();
  proto.mutable_dns_jitter()->set_seconds(-1);
  proto.mutable_dns_failure_refresh_rate()->mutable_base_interval()->set_seconds(5);
  proto.mutable_dns_failure_refresh_rate()->mutable_max_interval()->set_seconds(1);
  auto& resolution = *proto.mutable_dns_resolution_config();
  resolution.add_resolvers()->mutable_socket_address()->set_address("dns.example");
  resolution.add_resolvers()->mutable_pipe()->set_path("/run/dns");
  resolution.mutable_dns_resolver_options()->set_no_default_search_domain(true);
  std::string faults;
  Parse(proto, faults);
  for (const char* expected :
       {"dns_lookup_family: unknown value 44", "dns_refresh_rate: must be greater than 0s",
        "dns_jitter: must not be negative",
        "dns_failure_refresh_rate.max_interval: must not be less than base_interval",
        "dns_resolution_config.resolvers[0].socket_address.address: 'dns.example'",
        "dns_resolution_config.resolvers[1]: must be a socket_address",
        "no_default_search_domain: is not implemented"}) {
    EXPECT_NE(faults.find(expected), std::string::npos) << expected << "\nis not in\n" << faults;
  }
}

TEST(ParseDns, RefusesOtherResolvers) {
  envoy::config::cluster::v3::Cluster proto;
  proto.mutable_typed_dns_resolver_config()->mutable_typed_config()->set_type_url(
      "type.googleapis.com/envoy.extensions.network.dns_resolver.apple.v3.AppleDnsResolverConfig");
  std::string faults;
  Parse(proto, faults);
  EXPECT_NE(faults.find("only the c-ares resolver is implemented"), std::string::npos) << faults;
}

}  // namespace
}  // namespace weir::clusters
