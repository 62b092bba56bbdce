#include "source/balancing/locality_shares.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <string>

namespace weir::balancing {
namespace {

std::vector<double> Percent(const std::vector<uint32_t>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<double> percent;
  for (uint32_t share : shares) percent.push_back(share / sum * 100);
  return percent;
}

double FirstPercent(uint64_t usable_percent) {
  return Percent(ShareByWeight({{1, usable_percent, 100}, {2, 100, 100}}, 140))[0];
}

// The vectors of the reference page.
TEST(ShareByWeight, WhatIsIllGivesAway) {
  EXPECT_NEAR(FirstPercent(100), 33.3, 0.1);
  EXPECT_NEAR(FirstPercent(72), 33.3, 0.1);
  EXPECT_NEAR(FirstPercent(70), 32.9, 0.1);
  EXPECT_NEAR(FirstPercent(50), 25.9, 0.1);
  EXPECT_NEAR(FirstPercent(25), 14.9, 0.1);
}

TEST(ShareByWeight, NothingWithoutWeightOrHosts) {
  EXPECT_EQ(ShareByWeight({{0, 5, 5}, {4, 0, 5}}, 140), (std::vector<uint32_t>{0, 0}));
  const auto shares = ShareByWeight({{4'000'000'000, 1, 1}, {1, 1, 1}}, 140);
  EXPECT_GT(shares[0], 1'000'000'000U);
  EXPECT_EQ(shares[1], 1U) << "a little is not nothing";
}

const std::vector<uint32_t> kAllHere{100'000'000, 0};

class ShareByZoneTest : public testing::Test {
 protected:
  std::vector<uint32_t> Shares(std::vector<uint64_t> peers, std::vector<uint64_t> hosts,
                               const ZoneAwareConfig& config = {}, bool is_panicking = false) {
    OwnZone own;
    own.locality.zone = "0";
    own.is_panicking = is_panicking;
    std::vector<Locality> localities(hosts.size());
    std::vector<const Locality*> places;
    for (size_t i = 0; i < peers.size(); ++i) {
      own.peers.push_back({Locality{"", std::to_string(i), ""}, peers[i]});
    }
    for (size_t i = 0; i < hosts.size(); ++i) {
      localities[i].zone = std::to_string(i);
      places.push_back(&localities[i]);
    }
    return ShareByZone(own, config, places, hosts);
  }
};

TEST_F(ShareByZoneTest, AllStaysWhereThereAreHostsEnough) {
  EXPECT_EQ(Shares({5, 5}, {6, 4}), kAllHere);
  EXPECT_EQ(Shares({5, 5}, {5, 5}), kAllHere);
}

TEST_F(ShareByZoneTest, WhatTheZoneCannotBearGoesWhereThereIsRoom) {
  // A third of the proxies, a sixth of the hosts: half of the requests stay.
  const auto percent = Percent(Shares({4, 4, 4}, {2, 8, 2}));
  EXPECT_NEAR(percent[0], 50, 0.1);
  EXPECT_NEAR(percent[1], 50, 0.1);
  EXPECT_EQ(percent[2], 0);
}

TEST_F(ShareByZoneTest, NoPreferenceWhere) {
  EXPECT_TRUE(Shares({5, 5}, {2, 3}).empty()) << "few hosts";
  EXPECT_TRUE(Shares({5, 5}, {0, 10}).empty()) << "none in the own zone";
  EXPECT_TRUE(Shares({5}, {5, 5}).empty()) << "all peers in one zone";
  EXPECT_TRUE(Shares({0, 5}, {5, 5}).empty()) << "no peer in the own zone";
  EXPECT_TRUE(Shares({5, 5}, {5, 5}, {}, true).empty()) << "panic among the peers";
  EXPECT_TRUE(Shares({5, 5}, {10}).empty()) << "one zone only";
}

TEST_F(ShareByZoneTest, MayBeForced) {
  ZoneAwareConfig config;
  config.force_local_zone_min_size = 2;
  EXPECT_EQ(Shares({50, 5}, {2, 30}, config), kAllHere);
  EXPECT_NE(Shares({50, 5}, {1, 30}, config), kAllHere);
}

// Whatever the zones: if every proxy shares like that, no host gets much more than its part.
RC_GTEST_PROP(ShareByZone, LoadsHostsAlike, ()) {
  const auto count = *rc::gen::inRange<size_t>(2, 6);
  const auto peers = *rc::gen::container<std::vector<uint64_t>>(count, rc::gen::inRange(1, 50));
  const auto hosts = *rc::gen::container<std::vector<uint64_t>>(count, rc::gen::inRange(10, 50));
  std::vector<Locality> localities(count);
  std::vector<const Locality*> places;
  OwnZone own;
  for (size_t i = 0; i < count; ++i) {
    localities[i].zone = std::to_string(i);
    places.push_back(&localities[i]);
    own.peers.push_back({localities[i], peers[i]});
  }
  const double all_peers = std::accumulate(peers.begin(), peers.end(), 0.0);
  const double all_hosts = std::accumulate(hosts.begin(), hosts.end(), 0.0);
  std::vector<double> loads(count, 0);
  for (size_t i = 0; i < count; ++i) {
    own.locality = localities[i];
    const auto percent = Percent(ShareByZone(own, {}, places, hosts));
    for (size_t j = 0; j < count; ++j) loads[j] += peers[i] / all_peers * percent[j];
  }
  for (size_t j = 0; j < count; ++j) RC_ASSERT(loads[j] <= hosts[j] / all_hosts * 100 + 0.5);
}

}  // namespace
}  // namespace weir::balancing
