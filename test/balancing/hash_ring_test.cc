#include "source/balancing/hash_ring.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <numeric>

#include "test/balancing/hash_fixture.h"

namespace weir::balancing {
namespace {

HashingConfig OfSize(uint32_t least, uint32_t most = 8'388'608) {
  HashingConfig config;
  config.min_ring_size = least;
  config.max_ring_size = most;
  return config;
}

std::vector<uint32_t> Counts(const std::vector<uint32_t>& hosts, size_t size) {
  std::vector<uint32_t> counts(size);
  for (uint32_t host : hosts) ++counts[host];
  return counts;
}

// The plain definition, point by point.
uint32_t FindSlowly(const std::vector<HashedHost>& hosts, uint32_t points_each, uint64_t hash) {
  std::map<uint64_t, uint32_t> ring;
  for (const HashedHost& host : hosts) {
    for (uint32_t i = 0; i < points_each; ++i) {
      ring.emplace(XxHash64(base::StrCat(host.key, "_", i)), host.index);
    }
  }
  const auto found = ring.lower_bound(hash);
  return found == ring.end() ? ring.begin()->second : found->second;
}

TEST(HashRingTest, AKeyBelongsToTheNextPoint) {
  const auto hosts = HashedOfWeights({1, 1, 1});
  const HashRing ring(hosts, OfSize(30));
  EXPECT_EQ(ring.size(), 30u);
  for (int i = 0; i < 200; ++i) {
    const uint64_t hash = XxHash64(base::StrCat(i));
    EXPECT_EQ(ring.Find(hash, 0), FindSlowly(hosts, 10, hash));
  }
  EXPECT_EQ(ring.Find(0, 0), FindSlowly(hosts, 10, 0));
  EXPECT_EQ(ring.Find(UINT64_MAX, 0), FindSlowly(hosts, 10, UINT64_MAX)) << "round the end";
  const uint64_t point = XxHash64("10.0.0.1:80_7");
  EXPECT_EQ(ring.Find(point, 0), 1u) << "a point is its own host's";
}

TEST(HashRingTest, HasTheSizeThatGivesTheLightestAWholeNumberOfPoints) {
  EXPECT_EQ(HashRing(HashedOfWeights({1, 1, 1}), OfSize(1024)).size(), 1026u);
  EXPECT_EQ(HashRing(HashedOfWeights({1, 2, 4}), OfSize(1024)).size(), 1029u);
  EXPECT_EQ(HashRing(HashedOfWeights({1, 1, 1}), OfSize(0)).size(), 3u);
  EXPECT_EQ(HashRing(HashedOfWeights({1, 1, 1, 1}), OfSize(4, 6)).size(), 4u);
  EXPECT_EQ(HashRing(HashedOfWeights({1, 1, 1, 1}), OfSize(6, 6)).size(), 6u) << "at most";
  EXPECT_EQ(HashRing(HashedOfWeights(std::vector<uint32_t>(10, 1)), OfSize(1, 4)).size(), 4u);
}

TEST(HashRingTest, PointsAreByWeight) {
  EXPECT_TRUE(rc::check("shares", [] {
    const auto weights = *rc::gen::container<std::vector<uint32_t>>(5, rc::gen::inRange(1, 10));
    const HashRing ring(HashedOfWeights(weights), OfSize(50'000));
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const auto counts = Counts(HostsOfKeys(ring, 20'000), weights.size());
    for (size_t i = 0; i < weights.size(); ++i) {
      const double expected = 20'000 * weights[i] / sum;
      RC_ASSERT(counts[i] > 0.8 * expected && counts[i] < 1.2 * expected);
    }
  }));
}

TEST(HashRingTest, OnlyTheKeysOfAHostThatLeavesMove) {
  EXPECT_TRUE(rc::check("moves", [] {
    const auto count = *rc::gen::inRange<uint32_t>(2, 30);
    const auto gone = *rc::gen::inRange<uint32_t>(0, count);
    auto hosts = HashedOfWeights(std::vector<uint32_t>(count, 1));
    // So many points each in both rings, whatever the number of hosts.
    const auto before = HostsOfKeys(HashRing(hosts, OfSize(100 * count)), 2'000);
    std::erase_if(hosts, [&](const HashedHost& host) { return host.index == gone; });
    const auto after = HostsOfKeys(HashRing(hosts, OfSize(100 * (count - 1))), 2'000);
    for (size_t i = 0; i < before.size(); ++i) {
      const bool is_right = before[i] == gone ? after[i] != gone : after[i] == before[i];
      RC_ASSERT(is_right);
    }
  }));
}

TEST(HashRingTest, FurtherAttemptsGoOnAlongTheRing) {
  const HashRing ring(HashedOfWeights({1, 1, 1, 1}), OfSize(4));
  for (int i = 0; i < 50; ++i) {
    std::vector<uint32_t> seen(4);
    for (uint32_t attempt = 0; attempt < 4; ++attempt)
      ++seen[ring.Find(i * 0x0123456789abcdef, attempt)];
    EXPECT_EQ(seen, (std::vector<uint32_t>{1, 1, 1, 1}));
    EXPECT_EQ(ring.Find(i, 4), ring.Find(i, 0));
  }
}

TEST(HashRingTest, TheFunctionDecidesWherePointsAre) {
  HashingConfig murmur = OfSize(1024);
  murmur.function = HashFunction::kMurmurHash2;
  const HashRing ring(HashedOfWeights({1, 1, 1}), murmur);
  EXPECT_EQ(ring.Find(MurmurHash2("10.0.0.2:80_3"), 0), 2u);
  EXPECT_NE(HostsOfKeys(ring, 100),
            HostsOfKeys(HashRing(HashedOfWeights({1, 1, 1}), OfSize(1024)), 100));
}

}  // namespace
}  // namespace weir::balancing
