#include "source/clusters/own_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/balancing/host_fixture.h"

namespace weir::clusters {
namespace {

using ::testing::ElementsAre;

balancing::Locality Zone(const std::string& name) {
  balancing::Locality locality;
  locality.zone = name;
  return locality;
}

balancing::EndpointConfig PeerIn(const std::string& zone, int number, bool is_healthy = true) {
  balancing::EndpointConfig peer = balancing::MakeEndpoint(
      number, 1, 0, is_healthy ? balancing::EdsHealth::kHealthy : balancing::EdsHealth::kUnhealthy);
  peer.details = std::make_shared<const balancing::HostDetails>(
      balancing::HostDetails{"", std::make_shared<const balancing::Locality>(Zone(zone))});
  return peer;
}

TEST(OwnZone, CountsHealthyPeersByZone) {
  std::vector<balancing::EndpointConfig> peers = {PeerIn("a", 1), PeerIn("b", 2), PeerIn("a", 3),
                                                  PeerIn("b", 4, false), PeerIn("c", 5, false)};
  peers.push_back(PeerIn("d", 6));
  peers.back().priority = 1;
  const balancing::OwnZone zone = OwnZoneAmong(*balancing::BuildSet(peers), 50, Zone("a"));
  EXPECT_EQ(zone.locality, Zone("a"));
  EXPECT_THAT(zone.peers, ElementsAre(balancing::OwnZone::Peers{Zone("a"), 2},
                                      balancing::OwnZone::Peers{Zone("b"), 1},
                                      balancing::OwnZone::Peers{Zone("c"), 0}));
  EXPECT_FALSE(zone.is_panicking);
}

TEST(OwnZone, PanicsBelowTheThresholdOnly) {
  const auto peers = balancing::BuildSet({PeerIn("a", 1), PeerIn("a", 2, false)});
  EXPECT_FALSE(OwnZoneAmong(*peers, 50, {}).is_panicking);
  EXPECT_TRUE(OwnZoneAmong(*peers, 51, {}).is_panicking);
  EXPECT_FALSE(OwnZoneAmong(*balancing::BuildSet({}), 50, {}).is_panicking) << "nobody is ill";
}

}  // namespace
}  // namespace weir::clusters
