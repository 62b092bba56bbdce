#include "source/balancing/maglev_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "test/balancing/hash_fixture.h"

namespace weir::balancing {
namespace {

std::vector<uint32_t> Places(const MaglevTable& table, uint32_t size) {
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < size; ++i) places.push_back(table.Find(i, 0));
  return places;
}

std::vector<uint32_t> Counts(const std::vector<uint32_t>& places, size_t hosts) {
  std::vector<uint32_t> counts(hosts);
  for (uint32_t host : places) ++counts[host];
  return counts;
}

// The plain definition, round by round.
std::vector<uint32_t> FillSlowly(const std::vector<HashedHost>& hosts, uint32_t size) {
  double sum = 0, heaviest = 0;
  for (const HashedHost& host : hosts) sum += host.weight;
  for (const HashedHost& host : hosts) heaviest = std::max(heaviest, host.weight / sum);
  std::vector<uint32_t> places(size, UINT32_MAX);
  std::vector<double> targets(hosts.size());
  std::vector<uint64_t> next(hosts.size());
  uint32_t taken = 0;
  for (uint32_t round = 1; taken < size; ++round) {
    for (size_t i = 0; i < hosts.size() && taken < size; ++i) {
      if (round * (hosts[i].weight / sum) < targets[i]) continue;
      targets[i] += heaviest;
      const uint64_t offset = XxHash64(hosts[i].key) % size;
      const uint64_t skip = XxHash64(hosts[i].key, 1) % (size - 1) + 1;
      while (places[(offset + skip * next[i]) % size] != UINT32_MAX) ++next[i];
      places[(offset + skip * next[i]++) % size] = hosts[i].index;
      ++taken;
    }
  }
  return places;
}

TEST(MaglevTableTest, IsFilledByTurns) {
  EXPECT_TRUE(rc::check("as defined", [] {
    const auto weights =
        *rc::gen::suchThat(rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange(1, 50)),
                           [](const auto& all) { return !all.empty(); });
    const auto hosts = HashedOfWeights(weights);
    RC_ASSERT(Places(MaglevTable(hosts, 1009), 1009) == FillSlowly(hosts, 1009));
  }));
}

TEST(MaglevTableTest, SharesAreByWeight) {
  const auto even = Counts(Places(MaglevTable(HashedOfWeights({1, 1, 1}), 65537), 65537), 3);
  for (uint32_t count : even) EXPECT_NEAR(count, 65537 / 3, 1);
  EXPECT_TRUE(rc::check("weighted", [] {
    const auto weights = *rc::gen::container<std::vector<uint32_t>>(6, rc::gen::inRange(1, 100));
    const auto counts = Counts(Places(MaglevTable(HashedOfWeights(weights), 10007), 10007), 6);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (size_t i = 0; i < 6; ++i) {
      RC_ASSERT(std::abs(counts[i] - 10007 * weights[i] / sum) <= 0.01 * 10007);
    }
  }));
}

TEST(MaglevTableTest, AHeavyHostAmongManyLightOnesIsQuicklyPlaced) {
  std::vector<uint32_t> weights(10'000, 1);
  weights[3] = 1'000'000'000;
  const auto counts = Counts(Places(MaglevTable(HashedOfWeights(weights), 65537), 65537), 10'000);
  EXPECT_GT(counts[3], 50'000u);
  EXPECT_EQ(*std::max_element(counts.begin() + 4, counts.end()), 1u) << "its first turn";
}

TEST(MaglevTableTest, FewKeysOfOthersMoveWhenAHostLeaves) {
  EXPECT_TRUE(rc::check("moves", [] {
    const auto count = *rc::gen::inRange<uint32_t>(3, 30);
    const auto gone = *rc::gen::inRange<uint32_t>(0, count);
    auto hosts = HashedOfWeights(std::vector<uint32_t>(count, 1));
    const auto before = Places(MaglevTable(hosts, 65537), 65537);
    std::erase_if(hosts, [&](const HashedHost& host) { return host.index == gone; });
    const auto after = Places(MaglevTable(hosts, 65537), 65537);
    int others = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      RC_ASSERT(after[i] != gone);
      others += before[i] != gone && after[i] != before[i];
    }
    RC_ASSERT(others < 65537 * 15 / 100);
  }));
}

TEST(MaglevTableTest, FurtherAttemptsSpreadTheKeysOfAHost) {
  const MaglevTable table(HashedOfWeights(std::vector<uint32_t>(10, 1)), 65537);
  std::vector<uint32_t> instead(10);
  const auto first = HostsOfKeys(table, 10'000);
  const auto second = HostsOfKeys(table, 10'000, 1);
  for (size_t i = 0; i < first.size(); ++i) instead[second[i]] += first[i] == 4;
  for (uint32_t host = 0; host < 10; ++host) {
    if (host == 4) continue;
    EXPECT_GT(instead[host], 50u) << host;
  }
}

TEST(MaglevTableTest, HasRoomForMoreHostsThanTwoBytesCount) {
  const std::vector<uint32_t> weights(70'000, 1);
  const MaglevTable table(HashedOfWeights(weights), 131'071);
  uint32_t greatest = 0;
  for (uint32_t i = 0; i < 131'071; ++i) greatest = std::max(greatest, table.Find(i, 0));
  EXPECT_GT(greatest, 65'535u);
}

TEST(MaglevTableTest, MayBeSmallerThanTheGroup) {
  const auto places = Places(MaglevTable(HashedOfWeights(std::vector<uint32_t>(5, 1)), 2), 2);
  EXPECT_NE(places[0], places[1]);
}

}  // namespace
}  // namespace weir::balancing
