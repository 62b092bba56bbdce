#include "source/clusters/destination_discovery.h"

#include <utility>

namespace weir::clusters {
namespace {

// A change takes time in proportion to the hosts: under a storm of addresses main does something
// else in between. At the most hosts there can be it is 64 ms.
constexpr size_t kHostsAMillisecond = 256;

}  // namespace

DestinationDiscovery::DestinationDiscovery(event::Loop& main,
                                           const upstream::DestinationConfig& config,
                                           balancing::DestinationTable& table, OnChange on_change)
    : config_(config),
      table_(table),
      on_change_(std::move(on_change)),
      timer_(main, [this] { CleanUp(); }),
      pace_(main, [this] { TakeNew(); }) {
  table_.SetWhenNew([&main, self = std::weak_ptr<DestinationDiscovery*>(self_)] {
    main.Post([self] {
      if (const auto discovery = self.lock()) (*discovery)->OnNew();
    });
  });
}

void DestinationDiscovery::OnNew() {
  if (!pace_.is_armed()) TakeNew();
}

void DestinationDiscovery::TakeNew() {
  const std::vector<balancing::DestinationHostPtr> added = table_.TakeNew();
  if (added.empty()) return;
  hosts_.insert(hosts_.end(), added.begin(), added.end());
  if (!timer_.is_armed()) timer_.Arm(config_.cleanup_interval_ms);
  const size_t pause_ms = hosts_.size() / kHostsAMillisecond;
  if (pause_ms > 0) pace_.Arm(static_cast<int64_t>(pause_ms));
  on_change_({added.begin(), added.end()}, {});
}

void DestinationDiscovery::CleanUp() {
  Hosts removed = RetireUnused();
  if (!hosts_.empty()) timer_.Arm(config_.cleanup_interval_ms);
  if (removed.empty()) return;
  table_.Remove(removed);
  on_change_({}, std::move(removed));
}

DestinationDiscovery::Hosts DestinationDiscovery::RetireUnused() {
  Hosts removed;
  std::erase_if(hosts_, [&](const balancing::DestinationHostPtr& host) {
    if (host->Rest() || !host->TryRetire()) return false;
    removed.push_back(host);
    return true;
  });
  if (hosts_.empty()) hosts_ = {};
  return removed;
}

}  // namespace weir::clusters
