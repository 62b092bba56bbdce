#include "source/clusters/own_zone.h"

#include <algorithm>

#include "source/balancing/host_grouping.h"

namespace weir::clusters {

balancing::OwnZone OwnZoneAmong(const balancing::HostSet& peers, double healthy_panic_percent,
                                const balancing::Locality& locality) {
  balancing::OwnZone zone;
  zone.locality = locality;
  for (const balancing::HostPtr& host : peers.hosts_of(0)) {
    const auto is_there = [&](const balancing::OwnZone::Peers& known) {
      return known.locality == host->locality();
    };
    auto place = std::find_if(zone.peers.begin(), zone.peers.end(), is_there);
    if (place == zone.peers.end()) place = zone.peers.insert(place, {host->locality(), 0});
    place->healthy += balancing::IsOfKind(*host, balancing::HostKind::kHealthy);
  }
  const double healthy = peers.healthy_count();
  const double all = static_cast<double>(peers.hosts().size());
  zone.is_panicking = 100 * healthy < healthy_panic_percent * all;
  return zone;
}

}  // namespace weir::clusters
