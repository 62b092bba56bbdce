// How often streams may be cut short before they are answered: a token bucket, refilled with time.
// A request that is taken back at once costs its sender nothing and us the work (CVE-2023-44487);
// it is the same where our own reset was provoked (CVE-2025-8671). One a connection.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir::http2 {

class ResetBudget {
 public:
  ResetBudget(uint32_t burst, uint32_t per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  // False: there is none left. `now_ns`: monotonic.
  bool Take(int64_t now_ns) {
    const double elapsed_s = static_cast<double>(now_ns - refilled_ns_) / 1e9;
    tokens_ = std::min(static_cast<double>(burst_), tokens_ + elapsed_s * per_second_);
    refilled_ns_ = now_ns;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const uint32_t burst_;
  const uint32_t per_second_;
  double tokens_;
  int64_t refilled_ns_ = 0;
};

}  // namespace weir::http2
