#include "source/routing/route_parser.h"

#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using envoy::config::route::v3::RouteConfiguration;

std::vector<std::string> FaultsOf(const std::string& text) {
  config::Faults faults;
  EXPECT_EQ(ParseRouteTable(test::FromText<RouteConfiguration>(text), BareContext(), faults),
            nullptr);
  return test::Lines(faults);
}

TEST(RouteParserTest, TableFields) {
  const auto table = test::ParseTable(R"pb(
    name: "main"
    internal_only_headers: "X-Internal"
    most_specific_header_mutations_wins: true
    request_headers_to_remove: "x-a"
  )pb");
  EXPECT_EQ(table->name(), "main");
  ASSERT_EQ(table->internal_only_headers().size(), 1u);
  EXPECT_EQ(table->internal_only_headers()[0], "x-internal");
  EXPECT_TRUE(table->most_specific_mutations_win());
  EXPECT_EQ(table->request_headers().remove, std::vector<std::string>{"x-a"});
  EXPECT_EQ(table->FindVirtualHost("any"), nullptr);
}

TEST(RouteParserTest, TellsWhatItAcceptsWithoutActingOnIt) {
  config::Faults faults;
  EXPECT_NE(ParseRouteTable(test::FromText<RouteConfiguration>(R"pb(
                              metadata {}
                              virtual_hosts {
                                name: "v"
                                domains: "*"
                                metadata {}
                                routes {
                                  match { prefix: "/" }
                                  direct_response { status: 200 }
                                  stat_prefix: "all"
                                  metadata {}
                                }
                              }
                            )pb"),
                            BareContext(), faults),
            nullptr);
  std::vector<std::string> paths;
  for (const config::Fault& ignored : faults.ignored()) paths.push_back(ignored.path);
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(paths, (std::vector<std::string>{"metadata", "virtual_hosts[0].metadata",
                                             "virtual_hosts[0].routes[0].metadata",
                                             "virtual_hosts[0].routes[0].stat_prefix"}));
}

TEST(RouteParserTest, ClustersThatMustNotBeNamedAreFaults) {
  const auto slot = [](std::string_view name) -> absl::StatusOr<clusters::ClusterSlot*> {
    if (name == "web") return nullptr;
    return absl::NotFoundError("there is none");
  };
  const ParseContext context{slot, BareContext().value_template, BareContext().filter_config};
  config::Faults faults;
  EXPECT_EQ(ParseRouteTable(test::FromText<RouteConfiguration>(R"pb(
                              virtual_hosts {
                                name: "v"
                                domains: "*"
                                routes {
                                  match { prefix: "/a" }
                                  route { cluster: "gone" }
                                }
                                routes {
                                  match { prefix: "/" }
                                  route {
                                    weighted_clusters {
                                      clusters {
                                        name: "web"
                                        weight { value: 1 }
                                      }
                                      clusters {
                                        name: "blue"
                                        weight { value: 1 }
                                      }
                                    }
                                  }
                                }
                              }
                            )pb"),
                            context, faults),
            nullptr);
  EXPECT_EQ(test::Lines(faults),
            (std::vector<std::string>{
                "virtual_hosts[0].routes[0].route.cluster: there is none",
                "virtual_hosts[0].routes[1].route.weighted_clusters.clusters[1].name: there is "
                "none"}));
}

TEST(RouteParserTest, VirtualHostAndRouteFields) {
  const auto table = test::ParseTable(R"pb(
    virtual_hosts {
      name: "v"
      domains: "a.com"
      require_tls: EXTERNAL_ONLY
      include_request_attempt_count: true
      include_attempt_count_in_response: true
      retry_policy { num_retries { value: 5 } }
      routes {
        name: "r"
        match { prefix: "/" }
        route { cluster: "c" }
      }
    }
  )pb");
  const VirtualHost* virtual_host = table->FindVirtualHost("a.com");
  ASSERT_NE(virtual_host, nullptr);
  EXPECT_EQ(virtual_host->name, "v");
  EXPECT_EQ(virtual_host->require_tls, VirtualHost::RequireTls::kExternalOnly);
  EXPECT_TRUE(virtual_host->sends_attempt_count);
  EXPECT_TRUE(virtual_host->returns_attempt_count);
  EXPECT_EQ(virtual_host->retry->retry_count, 5u);
  const test::Request request("GET", "a.com", "/");
  const Route* route = table->Find(request.head, 0);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->name, "r");
  EXPECT_EQ(route->virtual_host, virtual_host);
  EXPECT_EQ(std::get<ForwardAction>(route->action).retry->retry_count, 5u);
}

TEST(RouteParserTest, BodyLimitIsTheTables) {
  const std::string host = R"pb(
    virtual_hosts {
      name: "v"
      domains: "*"
      routes {
        match { prefix: "/" }
        direct_response {
          status: 200
          body { inline_string: "12345" }
        }
      }
    }
  )pb";
  EXPECT_EQ(FaultsOf("max_direct_response_body_size_bytes { value: 4 }" + host),
            std::vector<std::string>{"virtual_hosts[0].routes[0].direct_response.body: has more "
                                     "than the 4 bytes that are allowed"});
  test::ParseTable("max_direct_response_body_size_bytes { value: 5 }" + host);
}

TEST(RouteParserTest, AllFaultsAtOnceWithPaths) {
  EXPECT_EQ(FaultsOf(R"pb(
              virtual_hosts {
                name: "v"
                domains: "a.com"
                domains: "a.*.com"
                routes {
                  match { safe_regex { regex: "(" } }
                  route { cluster: "c" }
                }
                routes {
                  match { prefix: "/" }
                  route {
                    cluster: "c"
                    retry_policy { retry_on: "nonsense" }
                  }
                  typed_per_filter_config {
                    key: "b"
                    value {}
                  }
                  typed_per_filter_config {
                    key: "a"
                    value {}
                  }
                }
              }
              virtual_hosts { name: "w" domains: "A.com" }
              virtual_hosts { name: "x" }
            )pb"),
            (std::vector<std::string>{
                "virtual_hosts[0].domains[1]: 'a.*.com' may have one '*', at its beginning or at "
                "its end",
                "virtual_hosts[0].routes[0].match.safe_regex.regex: not a regular expression that "
                "can be used: missing ): (",
                "virtual_hosts[0].routes[1].route.retry_policy.retry_on: 'nonsense' is no "
                "condition; there are 5xx, gateway-error, reset, reset-before-request, "
                "connect-failure, refused-stream, retriable-4xx, retriable-status-codes, "
                "envoy-ratelimited, cancelled, deadline-exceeded, internal, resource-exhausted, "
                "unavailable",
                "virtual_hosts[0].routes[1].typed_per_filter_config[a]: there is no filter 'a' "
                "here",
                "virtual_hosts[0].routes[1].typed_per_filter_config[b]: there is no filter 'b' "
                "here",
                "virtual_hosts[1].domains[0]: 'A.com' is given twice in this table",
                "virtual_hosts[2].domains: must not be empty",
            }));
}

TEST(RouteParserTest, AsksTheLayersAbove) {
  struct Settings final : FilterConfig {};
  std::vector<std::string> clusters;
  const auto settings = std::make_shared<Settings>();
  const auto slot = [&](std::string_view name) {
    clusters.emplace_back(name);
    return reinterpret_cast<clusters::ClusterSlot*>(clusters.size());
  };
  const auto compile =
      [](std::string_view) -> absl::StatusOr<std::shared_ptr<const ValueTemplate>> {
    return std::make_shared<ValueTemplate>();
  };
  const auto filter_config = [&](const std::string&, const google::protobuf::Any&,
                                 config::Faults&) -> std::shared_ptr<const FilterConfig> {
    return settings;
  };
  const auto table =
      test::ParseTable(R"pb(
                         virtual_hosts {
                           name: "v"
                           domains: "*"
                           routes {
                             match { prefix: "/" }
                             route { cluster: "c" }
                             typed_per_filter_config {
                               key: "f"
                               value {}
                             }
                             request_headers_to_add { header { key: "x" value: "%PROTOCOL%" } }
                           }
                         }
                       )pb",
                       {slot, compile, filter_config});
  const test::Request request("GET", "a", "/");
  const Route* route = table->Find(request.head, 0);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(clusters, std::vector<std::string>{"c"});
  EXPECT_EQ(std::get<ForwardAction>(route->action).cluster.slot,
            reinterpret_cast<clusters::ClusterSlot*>(1));
  EXPECT_EQ(route->filter_configs.at("f"), settings);
  EXPECT_NE(route->request_headers.add[0].value_template, nullptr);
}

TEST(RouteParserTest, ClusterNamesOnce) {
  EXPECT_EQ(ClusterNames(test::FromText<RouteConfiguration>(R"pb(
              virtual_hosts {
                routes { route { cluster: "a" } }
                routes { route { cluster_header: "h" } }
                routes { redirect {} }
                routes {
                  route {
                    weighted_clusters {
                      clusters { name: "b" }
                      clusters { name: "a" }
                    }
                  }
                }
              }
              virtual_hosts { routes { route { cluster: "b" } } }
            )pb")),
            (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace weir::routing
