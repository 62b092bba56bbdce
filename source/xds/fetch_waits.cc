// Tested by test/xds/discovery_subscription_test.cc and test/xds_files/file_source_test.cc
#include "source/xds/fetch_waits.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir::xds {

FetchWaits::Wait::Wait(FetchWaits& owner, uint32_t number,
                       const std::vector<std::string>& asked_for)
    : timer(owner.loop_, [this, &owner] { owner.OnTime(*this); }), ask(number) {
  size_t size = 0;
  for (const std::string& name : asked_for) size += name.size() + 1;
  lines.reserve(size);
  for (const std::string& name : asked_for) absl::StrAppend(&lines, name, "\n");
}

std::vector<std::string> FetchWaits::Wait::Names() const {
  return absl::StrSplit(lines, '\n', absl::SkipEmpty());
}

void FetchWaits::Await(const std::vector<std::string>& names, int64_t timeout_ms) {
  if (timeout_ms <= 0) return;
  waits_.push_back(std::make_unique<Wait>(*this, asks_, names));
  waits_.back()->timer.Arm(timeout_ms);
}

void FetchWaits::OnTime(Wait& wait) {
  const auto place = std::find_if(waits_.begin(), waits_.end(),
                                  [&wait](const auto& other) { return other.get() == &wait; });
  // It lives until the end of the turn.
  loop_.DeleteLater(std::move(*place));
  waits_.erase(place);
  on_timeout_(wait.ask, wait.Names());
}

}  // namespace weir::xds
