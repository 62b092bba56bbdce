// How long to wait before the next try: doubles up to a bound, with jitter so that a fleet that
// lost its control plane at one moment does not come back at one moment. A wait is uniform in
// [interval / 2, interval): never so short that a flapping server is hammered.
#pragma once

#include <cstdint>

#include "source/base/random.h"

namespace weir::xds {

struct BackoffOptions {
  int64_t base_ms = 500;
  int64_t max_ms = 30'000;
};

class Backoff {
 public:
  Backoff(const BackoffOptions& options, base::Random& random);

  // The next wait; at least 1.
  int64_t NextMs();
  // After a success: begins at the base again.
  void Reset() { interval_ms_ = options_.base_ms; }

 private:
  const BackoffOptions options_;
  base::Random& random_;
  int64_t interval_ms_;
};

}  // namespace weir::xds
