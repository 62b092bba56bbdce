// What a cluster's definition says about balancing, as plain data. Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::balancing {

struct SubsetConfig;

enum class BalancerPolicy : uint8_t {
  kRoundRobin,
  kLeastRequest,
  kRandom,
  kRingHash,
  kMaglev,
  kPeakEwma,
  kClientSideWeightedRoundRobin,
  kClusterProvided
};

// A host that is new, or well again, gets its share little by little.
struct SlowStartConfig {
  int64_t window_ms = 0;  // 0: none
  double aggression = 1;  // > 0; above 1 the share grows faster at first
  double min_weight_percent = 10;

  friend bool operator==(const SlowStartConfig&, const SlowStartConfig&) = default;
};

enum class LocalityMode : uint8_t { kIgnored, kWeighted, kZoneAware };

struct ZoneAwareConfig {
  double routing_percent = 100;   // of the requests, which may prefer the own zone
  uint32_t min_cluster_size = 6;  // with fewer hosts there is no preference
  // With so many hosts in the own zone all requests stay there; unset: not forced.
  std::optional<uint32_t> force_local_zone_min_size;

  friend bool operator==(const ZoneAwareConfig&, const ZoneAwareConfig&) = default;
};

struct PeakEwmaConfig {
  int64_t decay_ms = 10'000;
  int64_t default_rtt_ms = 30;         // of a host that has not answered yet
  int64_t failure_penalty_ms = 5'000;  // what a failure counts as, at least

  friend bool operator==(const PeakEwmaConfig&, const PeakEwmaConfig&) = default;
};

enum class HashFunction : uint8_t { kXxHash, kMurmurHash2 };

// How weights follow from what hosts report of their load.
struct ClientSideWeightsConfig {
  int64_t blackout_ms = 10'000;     // so long a host must have reported before it counts
  int64_t expiration_ms = 180'000;  // after so long without a report it counts no more
  int64_t update_ms = 1'000;        // ≥ 100
  double error_utilization_penalty = 1;
  std::vector<std::string> metrics;  // whose largest is the utilization, where reported

  friend bool operator==(const ClientSideWeightsConfig&, const ClientSideWeightsConfig&) = default;
};

// Of RING_HASH and MAGLEV.
struct HashingConfig {
  HashFunction function = HashFunction::kXxHash;           // of the ring
  uint32_t min_ring_size = 1024, max_ring_size = 8388608;  // points
  uint32_t table_size = 65537;                             // Maglev's places: a prime number
  bool by_hostname = false;      // hosts are hashed by their names instead of their addresses
  uint32_t balance_percent = 0;  // of the mean, that a host may be loaded; 0: any

  friend bool operator==(const HashingConfig&, const HashingConfig&) = default;
};

// In which health a host may be asked for by its address.
enum OverrideHealth : uint8_t {
  kOverrideHealthy = 1,
  kOverrideDegraded = 2,
  kOverrideUnhealthy = 4,
  kOverrideDraining = 8,
};

struct BalancerConfig {
  BalancerPolicy policy = BalancerPolicy::kRoundRobin;
  // LEAST_REQUEST
  uint32_t choice_count = 2;       // hosts that are drawn
  bool scans_all = false;          // all hosts are compared instead: O(hosts) a pick
  double active_request_bias = 1;  // ≥ 0: how much running requests weigh against weights
  PeakEwmaConfig peak_ewma;
  ClientSideWeightsConfig client_side_weights;
  SlowStartConfig slow_start;  // of all but RANDOM and those by hash
  HashingConfig hashing;
  LocalityMode locality_mode = LocalityMode::kIgnored;
  ZoneAwareConfig zone_aware;
  uint8_t override_health = kOverrideHealthy | kOverrideDegraded;  // bits of OverrideHealth
  double healthy_panic_percent = 50;            // with fewer healthy, all hosts are used; 0: never
  std::shared_ptr<const SubsetConfig> subsets;  // null: there are none
  bool fails_on_panic = false;                  // where all would be used, none is

  friend bool operator==(const BalancerConfig&, const BalancerConfig&) = default;
};

}  // namespace weir::balancing
