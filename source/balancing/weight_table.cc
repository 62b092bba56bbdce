#include "source/balancing/weight_table.h"

#include <algorithm>
#include <numeric>

#include "source/base/check.h"

namespace weir::balancing {
namespace {

// How unevenly the multiples of `stride` modulo `total` spread: the sum of the quotients of
// Euclid's algorithm, which bounds the discrepancy. Worst when the two are not prime to each other.
uint64_t Unevenness(uint64_t stride, uint64_t total) {
  uint64_t sum = 0;
  while (stride != 0) {
    sum += total / stride;
    const uint64_t rest = total % stride;
    total = stride;
    stride = rest;
  }
  return total == 1 ? sum : UINT64_MAX;
}

// Near the golden section of `total` there is always a number that spreads well.
uint64_t ChooseStride(uint32_t total) {
  constexpr int64_t kNeighbours = 64;
  const auto middle = static_cast<int64_t>(total * 0.6180339887498949);
  uint64_t best = 1;
  uint64_t least = Unevenness(best, total);
  for (int64_t stride = std::max<int64_t>(1, middle - kNeighbours);
       stride < std::min<int64_t>(total, middle + kNeighbours); ++stride) {
    const uint64_t unevenness = Unevenness(stride, total);
    if (unevenness >= least) continue;
    least = unevenness;
    best = stride;
  }
  return best;
}

// The greatest that changes no ratio; a greater one when the line would not fit 32 bits.
uint64_t ChooseDivisor(absl::Span<const uint32_t> weights) {
  uint32_t common = 0;
  uint64_t sum = 0;
  for (uint32_t weight : weights) {
    common = std::gcd(common, weight);
    sum += weight;
  }
  constexpr uint64_t kLongestLine = uint64_t{1} << 31;  // and at most one unit a host for rounding
  return std::max<uint64_t>(common, sum / common > UINT32_MAX ? sum / kLongestLine + 1 : 0);
}

}  // namespace

WeightTable::WeightTable(absl::Span<const uint32_t> weights) {
  WEIR_CHECK(!weights.empty());
  const uint64_t divisor = ChooseDivisor(weights);
  ends_.reserve(weights.size());
  for (uint32_t weight : weights) {
    WEIR_CHECK(weight > 0);
    total_ += static_cast<uint32_t>(std::max<uint64_t>(1, weight / divisor));
    ends_.push_back(total_);
  }
  stride_ = ChooseStride(total_);

  guide_.reserve(weights.size());
  uint32_t host = 0;
  for (uint64_t slice = 0; slice < weights.size(); ++slice) {
    while (ends_[host] <= slice * total_ / weights.size()) ++host;
    guide_.push_back(host);
  }
}

uint32_t WeightTable::Find(uint32_t unit) const {
  const size_t slice = static_cast<uint64_t>(unit) * guide_.size() / total_;
  const auto first = ends_.begin() + guide_[slice];
  const auto last = slice + 1 < guide_.size() ? ends_.begin() + guide_[slice + 1] : ends_.end() - 1;
  return static_cast<uint32_t>(std::upper_bound(first, last, unit) - ends_.begin());
}

}  // namespace weir::balancing
