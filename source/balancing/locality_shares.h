// How the requests of one priority are shared between its localities. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/balancer_config.h"
#include "source/balancing/host.h"

namespace weir::balancing {

// One locality of a priority.
struct LocalityHealth {
  uint32_t weight = 0;  // as configured; 0: none
  uint64_t usable = 0;  // hosts of the kind that is balanced
  uint64_t total = 0;
};

// By weight (Envoy's locality_weighted_lb_config): what a locality cannot bear, its usable hosts
// times the overprovisioning, others take over. Numbers in proportion, none above 2^30; 0 where a
// locality gets nothing.
std::vector<uint32_t> ShareByWeight(absl::Span<const LocalityHealth> localities,
                                    uint32_t overprovisioning_percent);

// Where the proxy itself stands.
struct OwnZone {
  Locality locality;
  // How the proxies of its own cluster (local_cluster_name) are spread: healthy ones by locality.
  struct Peers {
    Locality locality;
    uint64_t healthy = 0;

    friend bool operator==(const Peers&, const Peers&) = default;
  };
  std::vector<Peers> peers;
  bool is_panicking = false;  // too few of them are well

  friend bool operator==(const OwnZone&, const OwnZone&) = default;
};

// Prefer the own zone, without giving its hosts more than their part (Envoy's
// zone_aware_lb_config): `hosts[i]` is the number of usable ones in `localities[i]`. Empty: there
// is to be no preference. Else numbers in proportion.
std::vector<uint32_t> ShareByZone(const OwnZone& own, const ZoneAwareConfig& config,
                                  absl::Span<const Locality* const> localities,
                                  absl::Span<const uint64_t> hosts);

}  // namespace weir::balancing
