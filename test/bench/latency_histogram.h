// Latencies in log-linear buckets, 32 to each power of two: any quantile within 3 %, no allocation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::bench {

class LatencyHistogram {
 public:
  void Record(uint64_t ns) {
    ++buckets_[BucketOf(ns)];
    ++count_;
  }
  void Clear() { *this = LatencyHistogram(); }

  // The lower bound of the bucket in which the quantile lies; 0 when nothing was recorded.
  uint64_t Quantile(double fraction) const {
    const auto rank = static_cast<uint64_t>(fraction * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return LowerBound(i);
    }
    return 0;
  }

 private:
  static constexpr int kStepBits = 5;
  static constexpr uint64_t kSteps = 1 << kStepBits;

  static size_t BucketOf(uint64_t ns) {
    if (ns < kSteps) return ns;
    const int shift = std::bit_width(ns) - kStepBits - 1;
    return (static_cast<size_t>(shift) + 1) * kSteps + ((ns >> shift) & (kSteps - 1));
  }
  static uint64_t LowerBound(size_t bucket) {
    if (bucket < kSteps) return bucket;
    return (kSteps + bucket % kSteps) << (bucket / kSteps - 1);
  }

  std::array<uint64_t, (64 - kStepBits + 1) * kSteps> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace weir::bench
