// A distribution in log-linear buckets: 8 a power of two, so any quantile is known within 12.5 %.
// Values are non-negative integers (milliseconds, bytes); those from 2^42 up count as the largest.
//
// One thread records, any thread reads: see stats.h. Buckets are made on first use, in pages that
// span five powers of two each, because the values of one histogram lie close together.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace weir::stats {

enum class Kind : uint8_t { kCounter, kGauge, kHistogram };

class Histogram {
 public:
  static constexpr Kind kKind = Kind::kHistogram;
  static constexpr int kBuckets = 8 * 40;
  Histogram() = default;
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void Record(uint64_t value);

  struct Totals {
    uint64_t count = 0;
    uint64_t sum = 0;
    std::vector<uint64_t> buckets;  // empty or kBuckets
    // The value below which `fraction` (0..1) of the records lie; 0 when there are none.
    double Quantile(double fraction) const;
    // How many records are at most `value`, estimated inside the bucket that `value` cuts. Never
    // falls while records are added.
    uint64_t CountUpTo(double value) const;
  };
  void AddTo(Totals& totals) const;
  static int BucketOf(uint64_t value);
  static uint64_t LowerBound(int bucket);

 private:
  using Cell = std::atomic<uint64_t>;
  static constexpr int kPageBuckets = 40;
  static constexpr int kPages = kBuckets / kPageBuckets;

  std::atomic<Cell*> pages_[kPages] = {};
  Cell sum_{0};
};

}  // namespace weir::stats
