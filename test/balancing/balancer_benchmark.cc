// What a pick costs, by policy, size and weights. Run: bazel run --config=release
// //test/upstream:balancer_benchmark

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <mutex>
#include <tuple>
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

// With a table for each policy by hash, made before any thread looks at it.
struct HashedSet {
  HashedSet(const BalancerConfig& config, int size)
      : balancer(Balancer::Create(config)), config(config) {
    HostSetBuilder builder(nullptr, {&this->config, balancer.get()});
    for (int i = 0; i < size; ++i) builder.Add(MakeEndpoint(i));
    base::Random random(1);
    set = builder.Build(random).set;
  }

  const std::shared_ptr<const Balancer> balancer;
  const BalancerConfig config;
  std::unique_ptr<const HostSet> set;
};

BalancerConfig Hashing(BalancerPolicy policy, uint32_t balance_percent) {
  BalancerConfig config;
  config.policy = policy;
  config.hashing.balance_percent = balance_percent;
  config.hashing.min_ring_size = 1'000'000;
  return config;
}

// The threads of a run ask one set.
void PickByHash(benchmark::State& state, BalancerPolicy policy, uint32_t balance_percent) {
  using Key = std::tuple<BalancerPolicy, uint32_t, int>;
  static std::map<Key, std::unique_ptr<const HashedSet>> sets;
  static std::mutex mutex;
  const int size = static_cast<int>(state.range(0));
  const HashedSet* hashed;
  {
    const std::lock_guard lock(mutex);
    auto& set = sets[{policy, balance_percent, size}];
    if (set == nullptr) {
      set = std::make_unique<HashedSet>(Hashing(policy, balance_percent), size);
    }
    hashed = set.get();
  }
  base::Random random(state.thread_index() + 1);
  PickContext context;
  for (auto _ : state) {
    context.hash = random.Next();
    benchmark::DoNotOptimize(PickHost(*hashed->set, *hashed->balancer, context, random));
  }
}

// What a change of the hosts costs the main thread.
void MakeTable(benchmark::State& state, BalancerPolicy policy) {
  const HashedSet hashed(Hashing(policy, 0), static_cast<int>(state.range(0)));
  const std::vector<uint32_t> weights(hashed.set->hosts().size(), 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(hashed.balancer->Prepare(hashed.set->hosts(), weights));
  }
}

#define WEIR_HASH_BENCHMARK(name, policy, percent)                     \
  BENCHMARK_CAPTURE(PickByHash, name, BalancerPolicy::policy, percent) \
      ->Arg(3)                                                         \
      ->Arg(100)                                                       \
      ->Arg(10'000)                                                    \
      ->Threads(1)                                                     \
      ->Threads(2)
WEIR_HASH_BENCHMARK(ring_hash_of_a_million, kRingHash, 0);
WEIR_HASH_BENCHMARK(ring_hash_bounded, kRingHash, 150);
WEIR_HASH_BENCHMARK(maglev, kMaglev, 0);
WEIR_HASH_BENCHMARK(maglev_bounded, kMaglev, 150);
BENCHMARK_CAPTURE(MakeTable, ring_hash_of_a_million, BalancerPolicy::kRingHash)->Arg(10'000);
BENCHMARK_CAPTURE(MakeTable, maglev, BalancerPolicy::kMaglev)->Arg(10'000);

}  // namespace
}  // namespace weir::balancing

BENCHMARK_MAIN();
