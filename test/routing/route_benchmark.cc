// What finding a route costs: the first against the last of 10,000, by prefix, exact path and
// virtual host. The last must be within 10 % of the first.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "envoy/config/route/v3/route.pb.h"
#include "source/routing/route_parser.h"

namespace weir::routing {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using envoy::config::route::v3::VirtualHost;

constexpr int kCount = 10'000;

std::string Numbered(const char* format, int number) {
  char text[64];
  std::snprintf(text, sizeof(text), format, number);
  return text;
}

std::unique_ptr<const RouteTable> Parse(const RouteConfiguration& config) {
  config::Faults faults;
  auto table = ParseRouteTable(config, BareContext(), faults);
  if (table == nullptr) std::fprintf(stderr, "%s\n", faults.ToString().c_str());
  return table;
}

VirtualHost& AddHost(RouteConfiguration& config, const std::string& domain) {
  VirtualHost& host = *config.add_virtual_hosts();
  host.set_name(domain);
  host.add_domains(domain);
  return host;
}

std::unique_ptr<const RouteTable> ManyRoutes(bool exact) {
  RouteConfiguration config;
  VirtualHost& host = AddHost(config, "*");
  for (int i = 0; i < kCount; ++i) {
    auto& route = *host.add_routes();
    const std::string path = Numbered("/service-%05d/", i);
    if (exact) {
      route.mutable_match()->set_path(path);
    } else {
      route.mutable_match()->set_prefix(path);
    }
    route.mutable_direct_response()->set_status(200);
  }
  return Parse(config);
}

std::unique_ptr<const RouteTable> ManyHosts(const char* format) {
  RouteConfiguration config;
  for (int i = 0; i < kCount; ++i) {
    auto& route = *AddHost(config, Numbered(format, i)).add_routes();
    route.mutable_match()->set_prefix("/");
    route.mutable_direct_response()->set_status(200);
  }
  return Parse(config);
}

void Find(benchmark::State& state, const RouteTable& table, const std::string& authority,
          const std::string& path) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.authority = authority;
  head.path = path;
  if (table.Find(head, 0) == nullptr) return state.SkipWithError("no route");
  for (auto _ : state) benchmark::DoNotOptimize(table.Find(head, 0));
}

void BM_Prefix(benchmark::State& state) {
  static const auto table = ManyRoutes(false);
  Find(state, *table, "example.com", Numbered("/service-%05d/users?id=7", state.range(0)));
}
BENCHMARK(BM_Prefix)->Arg(0)->Arg(kCount / 2)->Arg(kCount - 1);

void BM_ExactPath(benchmark::State& state) {
  static const auto table = ManyRoutes(true);
  Find(state, *table, "example.com", Numbered("/service-%05d/?id=7", state.range(0)));
}
BENCHMARK(BM_ExactPath)->Arg(0)->Arg(kCount / 2)->Arg(kCount - 1);

void BM_ExactHost(benchmark::State& state) {
  static const auto table = ManyHosts("tenant-%05d.example.com");
  Find(state, *table, Numbered("tenant-%05d.example.com", state.range(0)), "/");
}
BENCHMARK(BM_ExactHost)->Arg(0)->Arg(kCount / 2)->Arg(kCount - 1);

void BM_WildcardHost(benchmark::State& state) {
  static const auto table = ManyHosts("*.tenant-%05d.example.com");
  Find(state, *table, Numbered("www.tenant-%05d.example.com", state.range(0)), "/");
}
BENCHMARK(BM_WildcardHost)->Arg(0)->Arg(kCount / 2)->Arg(kCount - 1);

}  // namespace
}  // namespace weir::routing

BENCHMARK_MAIN();
