#include "source/balancing/locality_shares.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir::balancing {
namespace {

constexpr uint64_t kWhole = 10'000;  // percentages have two decimals
constexpr uint32_t kScale = 10'000;  // of shares, so that small parts of parts can be told

uint64_t PartOf(uint64_t part, uint64_t total) { return total == 0 ? 0 : part * kWhole / total; }

uint64_t PeersIn(const OwnZone& own, const Locality& locality) {
  for (const OwnZone::Peers& peers : own.peers) {
    if (peers.locality == locality) return peers.healthy;
  }
  return 0;
}

// All stay in the own zone.
std::vector<uint32_t> Only(size_t index, size_t count) {
  std::vector<uint32_t> shares(count, 0);
  shares[index] = kWhole * kScale;
  return shares;
}

}  // namespace

std::vector<uint32_t> ShareByWeight(absl::Span<const LocalityHealth> localities,
                                    uint32_t overprovisioning_percent) {
  uint32_t heaviest = 0;
  for (const LocalityHealth& locality : localities) heaviest = std::max(heaviest, locality.weight);
  // To be exact to a thousandth of the heaviest at least, and to fit.
  const double scale = heaviest == 0 ? 0 : double{1 << 30} / heaviest;
  std::vector<uint32_t> shares;
  for (const LocalityHealth& locality : localities) {
    double share = 0;
    if (locality.usable > 0) {
      const double able = static_cast<double>(locality.usable) * overprovisioning_percent / 100 /
                          static_cast<double>(locality.total);
      share = locality.weight * std::min(1.0, able);
    }
    shares.push_back(share == 0 ? 0 : std::max(1U, static_cast<uint32_t>(share * scale)));
  }
  return shares;
}

std::vector<uint32_t> ShareByZone(const OwnZone& own, const ZoneAwareConfig& config,
                                  absl::Span<const Locality* const> localities,
                                  absl::Span<const uint64_t> hosts) {
  const auto is_own = [&](const Locality* locality) { return *locality == own.locality; };
  const size_t here =
      std::find_if(localities.begin(), localities.end(), is_own) - localities.begin();
  const uint64_t all = std::accumulate(hosts.begin(), hosts.end(), uint64_t{0});
  if (own.is_panicking || here == localities.size() || hosts[here] == 0) return {};
  if (config.force_local_zone_min_size.has_value() &&
      hosts[here] >= *config.force_local_zone_min_size) {
    return Only(here, hosts.size());
  }
  uint64_t all_peers = 0;
  for (const OwnZone::Peers& peers : own.peers) all_peers += peers.healthy;
  const bool is_spread = localities.size() >= 2 && own.peers.size() >= 2;
  if (!is_spread || all < config.min_cluster_size || PeersIn(own, own.locality) == 0) return {};

  const uint64_t peers_here = PartOf(PeersIn(own, own.locality), all_peers);
  const uint64_t hosts_here = PartOf(hosts[here], all);
  if (hosts_here >= peers_here) return Only(here, hosts.size());
  // The own zone's hosts bear so much of what its proxies get; the rest goes where hosts have room.
  const uint64_t stays = hosts_here * kWhole / peers_here;
  std::vector<uint64_t> room(hosts.size(), 0);
  for (size_t i = 0; i < hosts.size(); ++i) {
    const uint64_t has = PartOf(hosts[i], all);
    const uint64_t bears = PartOf(PeersIn(own, *localities[i]), all_peers);
    if (i != here && has > bears) room[i] = has - bears;
  }
  uint64_t all_room = std::accumulate(room.begin(), room.end(), uint64_t{0});
  if (all_room == 0) {
    for (size_t i = 0; i < hosts.size(); ++i) room[i] = i == here ? 0 : hosts[i];
    all_room = std::accumulate(room.begin(), room.end(), uint64_t{0});
  }
  std::vector<uint32_t> shares;
  const double rest = static_cast<double>(kWhole - stays) / static_cast<double>(all_room);
  for (size_t i = 0; i < hosts.size(); ++i) {
    const double part =
        i == here ? static_cast<double>(stays) : static_cast<double>(room[i]) * rest;
    shares.push_back(static_cast<uint32_t>(std::lround(part * kScale)));
  }
  return shares;
}

}  // namespace weir::balancing
