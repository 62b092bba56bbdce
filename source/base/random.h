// Pseudo-random numbers for balancing and jitter: fast, seeded from the kernel, not for secrets.
#pragma once

#include <cstdint>

namespace weir::base {

// One generator a thread owns (xoshiro256**). Tests seed their own.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t Next();
  // Uniform in [0, bound); bound ≥ 1.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Fraction();

  // The calling thread's generator.
  static Random& OfThread();

 private:
  uint64_t state_[4];
};

}  // namespace weir::base
