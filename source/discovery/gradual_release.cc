#include "source/discovery/gradual_release.h"

#include <algorithm>
#include <utility>

namespace weir::discovery {

GradualRelease::GradualRelease(event::Loop& main) : timer_(main, [this] { GoOn(); }) {}

void GradualRelease::Add(std::weak_ptr<const void> whole, Parts parts) {
  held_.push_back({std::move(whole), std::move(parts)});
  if (!timer_.is_armed()) timer_.Arm(kAskMs);
}

void GradualRelease::GoOn() {
  size_t left = kPartsPerTurn;
  for (auto it = held_.begin(); it != held_.end() && left > 0;) {
    if (!it->whole.expired()) {
      ++it;
      continue;
    }
    const size_t count = std::min(left, it->parts.size());
    it->parts.resize(it->parts.size() - count);
    left -= count;
    it = it->parts.empty() ? held_.erase(it) : it;
  }
  if (!held_.empty()) timer_.Arm(left > 0 ? kAskMs : 1);
}

}  // namespace weir::discovery
