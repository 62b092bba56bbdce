#include "source/balancing/hash_ring.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "source/balancing/hash.h"
#include "source/base/check.h"

namespace weir::balancing {
namespace {

uint64_t SumOf(absl::Span<const HashedHost> hosts) {
  uint64_t sum = 0;
  for (const HashedHost& host : hosts) sum += host.weight;
  return sum;
}

// How many points there are for a weight of 1, all weights together: so many that the lightest host
// gets a whole number of them.
double ScaleOf(absl::Span<const HashedHost> hosts, double sum, const HashingConfig& config) {
  const auto is_lighter = [](const HashedHost& a, const HashedHost& b) {
    return a.weight < b.weight;
  };
  const double least = std::min_element(hosts.begin(), hosts.end(), is_lighter)->weight / sum;
  const double wanted = std::max(1.0, std::ceil(least * config.min_ring_size)) / least;
  return std::min(wanted, static_cast<double>(config.max_ring_size));
}

// The hashes of "key_0", "key_1" and so on.
class PointHasher {
 public:
  PointHasher(const std::string& key, HashFunction function)
      : text_(key + '_'), prefix_size_(text_.size()), function_(function) {}

  uint64_t At(uint32_t number) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    text_.resize(prefix_size_);
    text_.append(digits, end);
    return function_ == HashFunction::kMurmurHash2 ? MurmurHash2(text_) : XxHash64(text_);
  }

 private:
  std::string text_;
  const size_t prefix_size_;
  const HashFunction function_;
};

}  // namespace

HashRing::HashRing(absl::Span<const HashedHost> hosts, const HashingConfig& config) {
  WEIR_CHECK(!hosts.empty());
  const auto sum = static_cast<double>(SumOf(hosts));
  const double scale = ScaleOf(hosts, sum, config);
  std::vector<Point> points;
  points.reserve(static_cast<size_t>(std::ceil(scale)) + 1);
  // A running target, so that fractions do not add up.
  double target = 0;
  for (const HashedHost& host : hosts) {
    target += scale * (host.weight / sum);
    PointHasher hasher(host.key, config.function);
    for (uint32_t i = 0; static_cast<double>(points.size()) < target; ++i) {
      points.push_back({hasher.At(i), host.index});
    }
  }
  Place(points);
}

void HashRing::Place(absl::Span<const Point> points) {
  size_ = static_cast<uint32_t>(points.size());
  const uint32_t slices = std::max(2U, std::bit_floor(size_));
  shift_ = 64 - std::countr_zero(slices);
  hashes_ = std::make_unique<uint64_t[]>(size_);
  hosts_ = std::make_unique<uint32_t[]>(size_);
  guide_ = std::make_unique<uint32_t[]>(slices + 1);
  // Counted one slice ahead; each slice's entry then moves on to its end, the next one's beginning.
  std::vector<uint32_t> ends(slices + 1);
  for (const Point& point : points) ++ends[SliceOf(point.hash) + 1];
  for (uint32_t slice = 0; slice < slices; ++slice) ends[slice + 1] += ends[slice];
  std::copy(ends.begin(), ends.end(), guide_.get());
  for (const Point& point : points) {
    const uint32_t slice = SliceOf(point.hash);
    uint32_t place = ends[slice]++;
    for (; place > guide_[slice] && hashes_[place - 1] > point.hash; --place) {
      hashes_[place] = hashes_[place - 1];
      hosts_[place] = hosts_[place - 1];
    }
    hashes_[place] = point.hash;
    hosts_[place] = point.host;
  }
}

uint32_t HashRing::Find(uint64_t hash, uint32_t attempt) const {
  uint32_t place = guide_[SliceOf(hash)];
  while (place < size_ && hashes_[place] < hash) ++place;
  if (place == size_) place = 0;
  if (attempt > 0) place = static_cast<uint32_t>((uint64_t{place} + attempt) % size_);
  return hosts_[place];
}

}  // namespace weir::balancing
