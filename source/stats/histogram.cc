#include "source/stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::stats {
namespace {

// The least and greatest integers that fall into `bucket`.
double First(int bucket) { return static_cast<double>(Histogram::LowerBound(bucket)); }
double Last(int bucket) { return First(bucket + 1) - 1; }

}  // namespace

Histogram::~Histogram() {
  for (auto& page : pages_) delete[] page.load(std::memory_order_relaxed);
}

// Below 8 each value has its own bucket; above, the three bits after the leading one choose among
// the eight of its power of two.
int Histogram::BucketOf(uint64_t value) {
  if (value < 8) return static_cast<int>(value);
  const int exponent = std::bit_width(value) - 1;
  const int bucket = (exponent - 2) * 8 + static_cast<int>((value >> (exponent - 3)) & 7);
  return std::min(bucket, kBuckets - 1);
}

uint64_t Histogram::LowerBound(int bucket) {
  if (bucket < 8) return static_cast<uint64_t>(bucket);
  return (uint64_t{8} + bucket % 8) << (bucket / 8 - 1);
}

void Histogram::Record(uint64_t value) {
  const int bucket = BucketOf(value);
  std::atomic<Cell*>& place = pages_[bucket / kPageBuckets];
  Cell* page = place.load(std::memory_order_relaxed);
  if (page == nullptr) {
    page = new Cell[kPageBuckets]();
    place.store(page, std::memory_order_release);
  }
  Cell& cell = page[bucket % kPageBuckets];
  cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

void Histogram::AddTo(Totals& totals) const {
  for (int i = 0; i < kPages; ++i) {
    const Cell* page = pages_[i].load(std::memory_order_acquire);
    if (page == nullptr) continue;
    totals.buckets.resize(kBuckets);
    for (int j = 0; j < kPageBuckets; ++j) {
      const uint64_t count = page[j].load(std::memory_order_relaxed);
      totals.buckets[i * kPageBuckets + j] += count;
      totals.count += count;
    }
  }
  totals.sum += sum_.load(std::memory_order_relaxed);
}

double Histogram::Totals::Quantile(double fraction) const {
  if (count == 0) return 0;
  const double rank = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count);
  double below = 0;
  int last_used = 0;
  for (int i = 0; i < kBuckets; ++i) {
    if (buckets[i] == 0) continue;
    const auto here = static_cast<double>(buckets[i]);
    if (below + here >= rank) return First(i) + (rank - below) / here * (Last(i) - First(i));
    below += here;
    last_used = i;
  }
  return Last(last_used);
}

uint64_t Histogram::Totals::CountUpTo(double value) const {
  uint64_t below = 0;
  for (int i = 0; i < static_cast<int>(buckets.size()) && First(i) <= value; ++i) {
    if (Last(i) <= value) {
      below += buckets[i];
    } else {
      const double share = (std::floor(value) - First(i) + 1) / (Last(i) - First(i) + 1);
      below += static_cast<uint64_t>(share * static_cast<double>(buckets[i]));
    }
  }
  return below;
}

}  // namespace weir::stats
