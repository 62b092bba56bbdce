#include "source/balancing/destination_table.h"

namespace weir::balancing {

bool DestinationHost::Use() {
  State state = state_.load(std::memory_order_relaxed);
  while (state == State::kRested) {
    if (state_.compare_exchange_weak(state, State::kUsed)) return true;
  }
  return state == State::kUsed;
}

bool DestinationHost::Rest() {
  State used = State::kUsed;
  return state_.compare_exchange_strong(used, State::kRested);
}

bool DestinationHost::TryRetire() {
  if (active_requests.load() > 0 || active_connections.load() > 0) return false;
  State rested = State::kRested;
  return state_.compare_exchange_strong(rested, State::kRetired);
}

DestinationHostPtr DestinationTable::Get(const net::Address& address) {
  DestinationHostPtr host;
  bool is_first_new = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = hosts_.find(address);
    if (found != hosts_.end() && found->second->Use()) return found->second;
    // One that is retired makes room for its heir.
    if (found == hosts_.end() && hosts_.size() >= most_hosts_) {
      stats().original_dst_host_overflow.Add();
      return nullptr;
    }
    host = Make(address);
    is_first_new = new_.empty();
    new_.push_back(host);
  }
  if (is_first_new && when_new_) when_new_();
  return host;
}

DestinationHostPtr DestinationTable::Make(const net::Address& address) {
  auto host = std::make_shared<DestinationHost>(address, details_);
  hosts_[address] = host;
  return host;
}

std::vector<DestinationHostPtr> DestinationTable::TakeNew() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(new_, {});
}

void DestinationTable::Remove(absl::Span<const HostPtr> hosts) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const HostPtr& host : hosts) {
    const auto found = hosts_.find(host->address());
    if (found != hosts_.end() && found->second == host) hosts_.erase(found);
  }
  // A map that was large once keeps its place otherwise.
  if (hosts_.empty()) hosts_ = {};
}

}  // namespace weir::balancing
