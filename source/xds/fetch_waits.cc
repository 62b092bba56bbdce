// Tested by test/xds/discovery_subscription_test.cc and test/xds_files/file_source_test.cc
#include "source/xds/fetch_waits.h"

#include <algorithm>
#include <utility>

namespace weir::xds {

void FetchWaits::Await(std::vector<std::string> names, int64_t timeout_ms) {
  if (timeout_ms <= 0) return;
  names.shrink_to_fit();  // kept for the whole of it
  waits_.push_back(std::make_unique<Wait>(*this, asks_, std::move(names)));
  waits_.back()->timer.Arm(timeout_ms);
}

void FetchWaits::OnTime(Wait& wait) {
  const auto place = std::find_if(waits_.begin(), waits_.end(),
                                  [&wait](const auto& other) { return other.get() == &wait; });
  // It lives until the end of the turn.
  loop_.DeleteLater(std::move(*place));
  waits_.erase(place);
  on_timeout_(wait.ask, wait.names);
}

}  // namespace weir::xds
