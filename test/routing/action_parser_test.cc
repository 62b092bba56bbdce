#include "source/routing/action_parser.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>

#include "source/routing/path_rewrite.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

const PathPattern kPattern = {PathPattern::Kind::kPrefix, false, "/api"};

RouteActionVariant Parse(const std::string& route, config::Faults& faults,
                         const RouteDefaults& defaults = {}) {
  return ParseAction(test::FromText<envoy::config::route::v3::Route>(route), kPattern, defaults,
                     BareContext(), faults);
}

template <class Action>
Action ParseAs(const std::string& route, const RouteDefaults& defaults = {}) {
  config::Faults faults;
  const RouteActionVariant action = Parse(route, faults, defaults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  const Action* of_kind = std::get_if<Action>(&action);
  EXPECT_NE(of_kind, nullptr);
  return of_kind == nullptr ? Action() : *of_kind;
}

std::vector<std::string> FaultsOf(const std::string& route) {
  config::Faults faults;
  Parse(route, faults);
  return test::Lines(faults);
}

TEST(ActionParserTest, ForwardDefaults) {
  const auto action = ParseAs<ForwardAction>("route { cluster: 'c' }");
  EXPECT_EQ(action.cluster.name, "c");
  EXPECT_EQ(action.timeout, absl::Seconds(15));
  EXPECT_FALSE(action.idle_timeout.has_value());
  EXPECT_FALSE(action.max_stream_duration.has_value());
  EXPECT_EQ(action.retry, nullptr);
  EXPECT_EQ(action.path_rewrite, nullptr);
  EXPECT_EQ(action.cluster_not_found_status, 503u);
  EXPECT_EQ(action.priority, 0);
}

TEST(ActionParserTest, ForwardFields) {
  const auto action = ParseAs<ForwardAction>(R"pb(
    route {
      cluster_header: "X-Cluster"
      prefix_rewrite: "/v2"
      host_rewrite_literal: "b.com"
      timeout { seconds: 0 }
      idle_timeout { seconds: 3 }
      max_stream_duration {
        max_stream_duration { seconds: 9 }
        grpc_timeout_header_max { seconds: 8 }
        grpc_timeout_header_offset { seconds: 1 }
      }
      max_grpc_timeout { seconds: 7 }
      grpc_timeout_offset { seconds: 2 }
      priority: HIGH
      cluster_not_found_response_code: NOT_FOUND
      upgrade_configs { upgrade_type: "WebSocket" }
      upgrade_configs {
        upgrade_type: "other"
        enabled { value: false }
      }
      append_x_forwarded_host: true
    }
  )pb");
  EXPECT_EQ(action.cluster_header, "x-cluster");
  EXPECT_EQ(action.path_rewrite->matched_bytes, 4u);
  EXPECT_EQ(action.path_rewrite->replacement, "/v2");
  EXPECT_EQ(action.host_rewrite, "b.com");
  EXPECT_EQ(action.timeout, absl::ZeroDuration());
  EXPECT_EQ(action.idle_timeout, absl::Seconds(3));
  EXPECT_EQ(action.max_stream_duration, absl::Seconds(9));
  EXPECT_EQ(action.grpc_timeout_header_max, absl::Seconds(8));
  EXPECT_EQ(action.grpc_timeout_header_offset, absl::Seconds(1));
  EXPECT_EQ(action.max_grpc_timeout, absl::Seconds(7));
  EXPECT_EQ(action.grpc_timeout_offset, absl::Seconds(2));
  EXPECT_EQ(action.priority, 1);
  EXPECT_EQ(action.cluster_not_found_status, 404u);
  EXPECT_TRUE(action.upgrades.at("websocket"));
  EXPECT_FALSE(action.upgrades.at("other"));
  EXPECT_TRUE(action.append_x_forwarded_host);
  EXPECT_TRUE(ParseAs<ForwardAction>("route { cluster: 'c' auto_host_rewrite { value: true } }")
                  .auto_host_rewrite);
  EXPECT_EQ(ParseAs<ForwardAction>("route { cluster: 'c' host_rewrite_header: 'X-H' }")
                .host_rewrite_header,
            "x-h");
}

TEST(ActionParserTest, RetryComesFromTheVirtualHostUnlessGiven) {
  RouteDefaults defaults;
  auto retry = std::make_shared<RetryPolicy>();
  retry->retry_count = 7;
  defaults.retry = std::move(retry);
  EXPECT_EQ(ParseAs<ForwardAction>("route { cluster: 'c' }", defaults).retry->retry_count, 7u);
  EXPECT_EQ(
      ParseAs<ForwardAction>("route { cluster: 'c' retry_policy {} }", defaults).retry->retry_count,
      1u);
}

TEST(ActionParserTest, WeightedClusters) {
  const auto action = ParseAs<ForwardAction>(R"pb(
    route {
      weighted_clusters {
        clusters {
          name: "a"
          weight { value: 10 }
          host_rewrite_literal: "a.com"
        }
        clusters {
          name: "b"
          weight { value: 90 }
        }
        clusters { name: "never" }
        total_weight { value: 100 }
        header_name: "X-Random"
      }
    }
  )pb");
  ASSERT_EQ(action.weighted.size(), 3u);
  EXPECT_EQ(action.weighted[0].cluster.name, "a");
  EXPECT_EQ(action.weighted[0].host_rewrite, "a.com");
  EXPECT_EQ(action.weighted[2].weight, 0u);
  EXPECT_EQ(action.total_weight, 100u);
  EXPECT_EQ(action.random_header, "x-random");
}

TEST(ActionParserTest, ForwardFaults) {
  EXPECT_EQ(FaultsOf(R"pb(
              route {
                weighted_clusters {
                  clusters {}
                  clusters {
                    name: "b"
                    weight { value: 0 }
                  }
                  total_weight { value: 100 }
                }
                prefix_rewrite: "/a b"
                regex_rewrite {
                  pattern { regex: "(a)" }
                  substitution: "\\2"
                }
                timeout { seconds: -1 }
                upgrade_configs { upgrade_type: "websocket" }
                upgrade_configs { upgrade_type: "WebSocket" }
              }
            )pb"),
            (std::vector<std::string>{
                "route.weighted_clusters.clusters[0].name: must name a cluster",
                "route.weighted_clusters.clusters: the weights must not all be 0",
                "route.weighted_clusters.total_weight: is 100, but the weights sum to 0",
                "route.regex_rewrite.substitution: Rewrite schema requests 2 matches, but the "
                "regexp only has 1 parenthesized subexpressions.",
                "route.prefix_rewrite: cannot be given together with regex_rewrite",
                "route.timeout: must not be negative",
                "route.upgrade_configs[1].upgrade_type: 'WebSocket' is given twice",
            }));
  EXPECT_EQ(
      FaultsOf("route { cluster: 'c' prefix_rewrite: '/a b' }"),
      std::vector<std::string>{"route.prefix_rewrite: must hold no space, control byte or '#'"});
  EXPECT_EQ(FaultsOf("route {}").size(), 1u);
  EXPECT_EQ(FaultsOf("").size(), 1u);
}

TEST(ActionParserTest, Weights64BitSum) {
  EXPECT_EQ(FaultsOf(R"pb(
              route {
                weighted_clusters {
                  clusters {
                    name: "a"
                    weight { value: 4294967295 }
                  }
                  clusters {
                    name: "b"
                    weight { value: 1 }
                  }
                }
              }
            )pb"),
            std::vector<std::string>{"route.weighted_clusters.clusters: the weights sum to "
                                     "4294967296, more than the 4294967295 that are allowed"});
}

TEST(ActionParserTest, Redirect) {
  const auto action = ParseAs<RedirectAction>(R"pb(
    redirect {
      https_redirect: true
      host_redirect: "b.com"
      port_redirect: 8443
      prefix_rewrite: "/new"
      strip_query: true
      response_code: PERMANENT_REDIRECT
    }
  )pb");
  EXPECT_EQ(action.scheme, "https");
  EXPECT_EQ(action.host, "b.com");
  EXPECT_EQ(action.port, 8443);
  EXPECT_EQ(action.path_rewrite->replacement, "/new");
  EXPECT_TRUE(action.strip_query);
  EXPECT_EQ(action.status, 308u);
  EXPECT_EQ(
      ParseAs<RedirectAction>("redirect { scheme_redirect: 'ws' path_redirect: '/p?q' }").path,
      "/p?q");
  EXPECT_EQ(FaultsOf("redirect { port_redirect: 65536 path_redirect: 'x y' host_redirect: '\\n' }"),
            (std::vector<std::string>{
                "redirect.host_redirect: must hold no space, control byte or '#'",
                "redirect.path_redirect: must hold no space, control byte or '#'",
                "redirect.path_redirect: must begin with '/'",
                "redirect.port_redirect: must be at most 65535",
            }));
}

TEST(ActionParserTest, DirectResponse) {
  const auto action =
      ParseAs<DirectResponseAction>("direct_response { status: 404 body { inline_string: 'no' } }");
  EXPECT_EQ(action.status, 404u);
  EXPECT_EQ(action.body, "no");
  EXPECT_EQ(ParseAs<DirectResponseAction>("direct_response { status: 204 }").body, "");
  EXPECT_EQ(ParseAs<DirectResponseAction>(
                "direct_response { status: 200 body { inline_bytes: '\\000\\001' } }")
                .body,
            std::string("\0\1", 2));
  EXPECT_EQ(FaultsOf("direct_response { status: 199 }"),
            std::vector<std::string>{"direct_response.status: must be between 200 and 599"});
  EXPECT_EQ(FaultsOf("direct_response { status: 200 body { inline_string: '" +
                     std::string(4097, 'x') + "' } }"),
            std::vector<std::string>{
                "direct_response.body: has more than the 4096 bytes that are allowed"});
}

TEST(ActionParserTest, DirectResponseFromFileAndEnvironment) {
  const std::string path = testing::TempDir() + "/body.txt";
  std::ofstream(path) << "from file";
  EXPECT_EQ(ParseAs<DirectResponseAction>("direct_response { status: 200 body { filename: '" +
                                          path + "' } }")
                .body,
            "from file");
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_EQ(FaultsOf("direct_response { status: 200 body { filename: '" + path + "' } }").size(),
            1u);
  EXPECT_EQ(FaultsOf("direct_response { status: 200 body { filename: '/none/x' } }"),
            std::vector<std::string>{"direct_response.body.filename: cannot be read: /none/x: No "
                                     "such file or directory"});
  ASSERT_EQ(setenv("WEIR_TEST_BODY", "from environment", 1), 0);
  EXPECT_EQ(ParseAs<DirectResponseAction>(
                "direct_response { status: 200 body { environment_variable: 'WEIR_TEST_BODY' } }")
                .body,
            "from environment");
  EXPECT_EQ(FaultsOf("direct_response { status: 200 body { environment_variable: 'WEIR_UNSET' } }"),
            std::vector<std::string>{
                "direct_response.body.environment_variable: 'WEIR_UNSET' is not set"});
}

}  // namespace
}  // namespace weir::routing
