#include "source/xds/backoff.h"

#include <algorithm>

namespace weir::xds {
namespace {

BackoffOptions Sane(BackoffOptions options) {
  options.base_ms = std::max<int64_t>(options.base_ms, 1);
  options.max_ms = std::max(options.max_ms, options.base_ms);
  return options;
}

}  // namespace

Backoff::Backoff(const BackoffOptions& options, base::Random& random)
    : options_(Sane(options)), random_(random), interval_ms_(options_.base_ms) {}

int64_t Backoff::NextMs() {
  const int64_t interval = interval_ms_;
  interval_ms_ = interval > options_.max_ms / 2 ? options_.max_ms : interval * 2;
  const int64_t least = interval / 2;
  const int64_t jitter = static_cast<int64_t>(random_.Below(interval - least));
  return std::max<int64_t>(least + jitter, 1);
}

}  // namespace weir::xds
