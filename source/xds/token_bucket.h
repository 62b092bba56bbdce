// A limit on how often: `max_tokens` at once, `tokens_per_second` in the long run. The caller
// brings the time; no thread, no timer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace weir::xds {

class TokenBucket {
 public:
  // Envoy's defaults for rate_limit_settings.
  struct Options {
    uint32_t max_tokens = 100;
    double tokens_per_second = 10;
  };

  explicit TokenBucket(const Options& options) : options_(options), tokens_(options.max_tokens) {}

  bool Take(int64_t now_ms) {
    Fill(now_ms);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  // How long until Take() succeeds; at least 1.
  int64_t WaitMs() const {
    const double missing = std::max(1 - tokens_, 0.0);
    return std::max<int64_t>(
        static_cast<int64_t>(std::ceil(missing * 1000 / options_.tokens_per_second)), 1);
  }

 private:
  void Fill(int64_t now_ms) {
    const double gained = static_cast<double>(now_ms - filled_ms_) * options_.tokens_per_second;
    tokens_ = std::min<double>(tokens_ + gained / 1000, options_.max_tokens);
    filled_ms_ = now_ms;
  }

  const Options options_;
  double tokens_;
  int64_t filled_ms_ = 0;
};

}  // namespace weir::xds
