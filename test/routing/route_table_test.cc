#include "source/routing/route_table.h"

#include <gtest/gtest.h>

#include <map>

#include "source/base/random.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

std::string Find(const RouteTable& table, std::string_view host, std::string_view path) {
  const test::Request request("GET", host, path);
  const Route* route = table.Find(request.head, 0);
  return route == nullptr ? "none" : route->name;
}

TEST(RouteTableTest, HostThenPath) {
  const auto table = test::ParseTable(R"pb(
    virtual_hosts {
      name: "a"
      domains: "a.com"
      routes {
        name: "a-api"
        match { prefix: "/api" }
        direct_response { status: 200 }
      }
    }
    virtual_hosts {
      name: "any"
      domains: "*"
      routes {
        name: "any-root"
        match { prefix: "/" }
        direct_response { status: 200 }
      }
    }
  )pb");
  EXPECT_EQ(Find(*table, "a.com", "/api/x"), "a-api");
  EXPECT_EQ(Find(*table, "b.com", "/api/x"), "any-root");
  // The virtual host is chosen before its routes are asked: there is no way back to "*".
  EXPECT_EQ(Find(*table, "a.com", "/x"), "none");
  EXPECT_EQ(table->FindVirtualHost("b.com")->name, "any");
}

TEST(RouteTableTest, ChoosesClustersByWeight) {
  ForwardAction action;
  for (const auto& [name, weight] :
       std::map<std::string, uint32_t>{{"canary", 10}, {"stable", 90}, {"zero", 0}}) {
    WeightedCluster cluster;
    cluster.cluster.name = name;
    cluster.weight = weight;
    action.weighted.push_back(cluster);
    action.total_weight += weight;
  }
  base::Random random(1);
  std::map<std::string, int> chosen;
  for (int i = 0; i < 100'000; ++i) {
    ++chosen[RouteTable::Choose(action, random.Next())->cluster.name];
  }
  EXPECT_NEAR(chosen["canary"], 10'000, 500);
  EXPECT_NEAR(chosen["stable"], 90'000, 500);
  EXPECT_EQ(chosen.count("zero"), 0u);
  EXPECT_EQ(RouteTable::Choose(action, 42), RouteTable::Choose(action, 42));
  EXPECT_EQ(RouteTable::Choose(ForwardAction(), 42), nullptr);
}

TEST(RouteTableTest, AHeaderMayDecideTheChoice) {
  const auto table = test::ParseTable(R"pb(
    virtual_hosts {
      name: "v"
      domains: "*"
      routes {
        match { prefix: "/one" }
        route { cluster: "only" }
      }
      routes {
        match { prefix: "/" }
        route {
          weighted_clusters {
            header_name: "x-pick"
            clusters {
              name: "a"
              weight { value: 50 }
            }
            clusters {
              name: "b"
              weight { value: 50 }
            }
          }
        }
      }
    }
  )pb");
  const auto choose = [&](test::Request::Headers headers, uint64_t random) {
    const test::Request request("GET", "h", "/", headers);
    return RouteTable::Choose(table->Find(request.head, 0), request.head, random)->cluster.name;
  };
  std::map<std::string, int> by_random, by_header, by_nonsense;
  base::Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    ++by_random[choose({}, random.Next())];
    ++by_header[choose({{"x-pick", "42"}}, random.Next())];
    ++by_nonsense[choose({{"x-pick", "42nd"}}, random.Next())];
  }
  EXPECT_EQ(by_random.size(), 2u);
  EXPECT_EQ(by_header.size(), 1u);
  EXPECT_EQ(by_nonsense.size(), 2u);
  const test::Request plain("GET", "h", "/one");
  EXPECT_EQ(RouteTable::Choose(table->Find(plain.head, 0), plain.head, 1), nullptr);
  EXPECT_EQ(RouteTable::Choose(nullptr, plain.head, 1), nullptr);
}

// A route taken by half of the requests must not decide which cluster they go to.
TEST(RouteTableTest, ChoiceDoesNotFollowTheFraction) {
  const auto table = test::ParseTable(R"pb(
    virtual_hosts {
      name: "v"
      domains: "*"
      routes {
        match {
          prefix: "/"
          runtime_fraction { default_value { numerator: 50 } }
        }
        route {
          weighted_clusters {
            clusters {
              name: "a"
              weight { value: 50 }
            }
            clusters {
              name: "b"
              weight { value: 50 }
            }
          }
        }
      }
    }
  )pb");
  const test::Request request("GET", "h", "/");
  base::Random random(1);
  int taken = 0, first = 0;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t number = random.Next();
    const Route* route = table->Find(request.head, number);
    if (route == nullptr) continue;
    ++taken;
    const auto& action = std::get<ForwardAction>(route->action);
    first += RouteTable::Choose(action, number)->cluster.name == "a";
  }
  EXPECT_NEAR(taken, 10'000, 400);
  EXPECT_NEAR(first, taken / 2, 400);
}

}  // namespace
}  // namespace weir::routing
