#include "source/health/payload_matcher.h"

#include <algorithm>

namespace weir::health {

void PayloadMatcher::Feed(std::string_view bytes) {
  kept_ += bytes;
  while (!has_all()) {
    const std::string& wanted = wanted_[found_];
    const size_t at = kept_.find(wanted);
    if (at == std::string::npos) {
      // The beginning of it may be here.
      kept_.erase(0, kept_.size() - std::min(kept_.size(), wanted.size() - 1));
      return;
    }
    kept_.erase(0, at + wanted.size());
    ++found_;
  }
  kept_.clear();
}

}  // namespace weir::health
