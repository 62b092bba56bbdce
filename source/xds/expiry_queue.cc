#include "source/xds/expiry_queue.h"

namespace weir::xds {

void ExpiryQueue::Set(std::string_view name, int64_t at_ms) {
  Clear(name);
  by_name_.emplace(name, at_ms);
  by_time_.emplace(at_ms, name);
}

void ExpiryQueue::Clear(std::string_view name) {
  if (by_name_.empty()) return;
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return;
  by_time_.erase({found->second, found->first});
  by_name_.erase(found);
}

std::optional<int64_t> ExpiryQueue::NextMs() const {
  return by_time_.empty() ? std::nullopt : std::optional<int64_t>(by_time_.begin()->first);
}

std::vector<std::string> ExpiryQueue::TakeDue(int64_t now_ms) {
  std::vector<std::string> due;
  while (!by_time_.empty() && by_time_.begin()->first <= now_ms) {
    due.push_back(by_time_.begin()->second);
    by_name_.erase(due.back());
    by_time_.erase(by_time_.begin());
  }
  return due;
}

}  // namespace weir::xds
