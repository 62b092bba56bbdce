// What a pick costs, by policy, number of hosts and threads, and what a change of hosts costs the
// main thread. Run: bazel run --config=release //test/balancing:balancer_benchmark
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "source/balancing/balancer.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

struct Case {
  std::string name;
  BalancerConfig config;
  bool has_weights = false;
};

std::vector<Case> Cases() {
  const auto with = [](BalancerPolicy policy, uint32_t balance_percent = 0,
                       uint32_t ring_size = 1024) {
    BalancerConfig config;
    config.policy = policy;
    config.hashing.balance_percent = balance_percent;
    config.hashing.min_ring_size = ring_size;
    return config;
  };
  return {{"round_robin", with(BalancerPolicy::kRoundRobin)},
          {"round_robin_weighted", with(BalancerPolicy::kRoundRobin), true},
          {"least_request", with(BalancerPolicy::kLeastRequest)},
          {"least_request_weighted", with(BalancerPolicy::kLeastRequest), true},
          {"random", with(BalancerPolicy::kRandom)},
          {"random_weighted", with(BalancerPolicy::kRandom), true},
          {"peak_ewma", with(BalancerPolicy::kPeakEwma)},
          {"client_side_weighted", with(BalancerPolicy::kClientSideWeightedRoundRobin), true},
          {"ring_hash", with(BalancerPolicy::kRingHash)},
          {"ring_hash_bounded", with(BalancerPolicy::kRingHash, 150)},
          {"ring_hash_of_a_million", with(BalancerPolicy::kRingHash, 0, 1'000'000)},
          {"maglev", with(BalancerPolicy::kMaglev)},
          {"maglev_bounded", with(BalancerPolicy::kMaglev, 150)}};
}

std::vector<EndpointConfig> Endpoints(int count, bool has_weights) {
  std::vector<EndpointConfig> endpoints;
  for (int i = 0; i < count; ++i) {
    endpoints.push_back(MakeEndpoint(i, has_weights ? 1 + i % 100 : 1));
  }
  return endpoints;
}

struct Fleet {
  Fleet(const Case& of, int count) : config(of.config), balancer(Balancer::Create(config)) {
    set = Apply(Endpoints(count, of.has_weights));
  }
  std::unique_ptr<const HostSet> Apply(const std::vector<EndpointConfig>& endpoints) const {
    HostSetBuilder builder(set.get(), {&config, balancer.get()});
    for (const EndpointConfig& endpoint : endpoints) builder.Add(endpoint);
    base::Random random(1);
    return builder.Build(random).set;
  }

  const BalancerConfig config;
  const std::shared_ptr<const Balancer> balancer;
  std::unique_ptr<const HostSet> set;
};

// The threads of a run ask one set.
const Fleet& FleetOf(const Case& of, int count) {
  static std::map<std::pair<std::string, int>, std::unique_ptr<const Fleet>> fleets;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto& fleet = fleets[{of.name, count}];
  if (fleet == nullptr) fleet = std::make_unique<const Fleet>(of, count);
  return *fleet;
}

void Pick(benchmark::State& state, const Case& of) {
  const Fleet& fleet = FleetOf(of, static_cast<int>(state.range(0)));
  base::Random random(state.thread_index() + 1);
  PickContext context;
  context.now_ns = 1;
  for (auto _ : state) {
    context.hash = random.Next();
    benchmark::DoNotOptimize(PickHost(*fleet.set, *fleet.balancer, context, random));
  }
}

// One of the hosts is another one than before.
void Change(benchmark::State& state, const Case& of) {
  const auto count = static_cast<int>(state.range(0));
  Fleet fleet(of, count);
  std::vector<EndpointConfig> endpoints = Endpoints(count, of.has_weights);
  int next = count;
  for (auto _ : state) {
    endpoints[next % count].address = HostAddress(next);
    ++next;
    auto set = fleet.Apply(endpoints);
    state.PauseTiming();
    fleet.set = std::move(set);
    state.ResumeTiming();
  }
}

// One of them is found to be unwell, or well again.
void Flip(benchmark::State& state, const Case& of) {
  Fleet fleet(of, static_cast<int>(state.range(0)));
  base::Random random(1);
  bool is_unwell = false;
  for (auto _ : state) {
    is_unwell = !is_unwell;
    fleet.set->hosts()[0]->SetHealthFlag(HealthFlag::kFailedActiveCheck, is_unwell);
    HostSetBuilder builder(fleet.set.get(), {&fleet.config, fleet.balancer.get()});
    auto set = builder.Regroup(random);
    state.PauseTiming();
    fleet.set = std::move(set);
    state.ResumeTiming();
  }
}

void RegisterAll() {
  for (const Case& of : Cases()) {
    for (int threads : {1, 2}) {
      benchmark::RegisterBenchmark(("pick/" + of.name).c_str(), Pick, of)
          ->Arg(3)
          ->Arg(100)
          ->Arg(10'000)
          ->Threads(threads);
    }
  }
  for (const Case& of : Cases()) {
    const auto unit = benchmark::kMicrosecond;
    benchmark::RegisterBenchmark(("change/" + of.name).c_str(), Change, of)
        ->Arg(10'000)
        ->Unit(unit);
    benchmark::RegisterBenchmark(("flip/" + of.name).c_str(), Flip, of)->Arg(10'000)->Unit(unit);
  }
}

}  // namespace
}  // namespace weir::balancing

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  weir::balancing::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
}
