// What a pick costs, by policy, size and weights. Run: bazel run --config=release
// //test/upstream:balancer_benchmark

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "source/balancing/balancer.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

// Sets are shared by the threads of a run.
const HostSet& SetOf(int size, bool weighted) {
  static std::map<std::pair<int, bool>, std::unique_ptr<const HostSet>> sets;
  auto& set = sets[{size, weighted}];
  if (set == nullptr) {
    std::vector<uint32_t> weights(size, 1);
    for (int i = 0; weighted && i < size; ++i) weights[i] = 1 + i % 100;
    set = SetOfWeights(weights);
  }
  return *set;
}

void Pick(benchmark::State& state, BalancerPolicy policy, bool weighted) {
  BalancerConfig config;
  config.policy = policy;
  const auto balancer = Balancer::Create(config);
  const HostSet& set = SetOf(static_cast<int>(state.range(0)), weighted);
  base::Random random(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(PickHost(set, *balancer, {}, random));
}

#define WEIR_PICK_BENCHMARK(name, policy, weighted)               \
  BENCHMARK_CAPTURE(Pick, name, BalancerPolicy::policy, weighted) \
      ->Arg(1)                                                    \
      ->Arg(10)                                                   \
      ->Arg(1'000)                                                \
      ->Arg(100'000)
WEIR_PICK_BENCHMARK(round_robin, kRoundRobin, false);
WEIR_PICK_BENCHMARK(round_robin_weighted, kRoundRobin, true);
WEIR_PICK_BENCHMARK(random, kRandom, false);
WEIR_PICK_BENCHMARK(random_weighted, kRandom, true);
WEIR_PICK_BENCHMARK(least_request, kLeastRequest, false);
WEIR_PICK_BENCHMARK(least_request_weighted, kLeastRequest, true);

}  // namespace
}  // namespace weir::balancing

BENCHMARK_MAIN();
