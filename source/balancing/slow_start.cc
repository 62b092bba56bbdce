#include "source/balancing/slow_start.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::balancing {

void SlowStart::Begin(const HostPtr& host, int64_t now_ms) {
  now_ms_ = std::max(now_ms_, now_ms);
  begins_[host.get()] = {host, now_ms};
}

void SlowStart::BeginForRecovered(absl::Span<const HostPtr> hosts, int64_t now_ms) {
  absl::flat_hash_set<const Host*> unusable;
  for (const HostPtr& host : hosts) {
    if (!host->is_usable()) {
      unusable.insert(host.get());
    } else if (was_any_usable_ && unusable_.contains(host.get())) {
      Begin(host, now_ms);
    }
  }
  was_any_usable_ = unusable.size() < hosts.size();
  unusable_ = std::move(unusable);
}

bool SlowStart::Advance(int64_t now_ms) {
  now_ms_ = now_ms;
  absl::erase_if(begins_, [&](const auto& entry) {
    const std::shared_ptr<const Host> host = entry.second.host.lock();
    if (host == nullptr) return true;
    const double factor = Factor(config_, now_ms - entry.second.begin_ms);
    host->activity().slow_start_percent.store(static_cast<uint8_t>(100 * factor),
                                              std::memory_order_relaxed);
    return factor == 1;
  });
  return is_ramping();
}

// The share of a host that ramps grows by half a percent of its weight from tick to tick.
int64_t SlowStart::TickMs() const {
  return std::clamp<int64_t>(config_.window_ms / 200, 20, 1'000);
}

double SlowStart::FactorOf(const Host& host) const {
  const auto found = begins_.find(&host);
  if (found == begins_.end()) return 1;
  return Factor(config_, now_ms_ - found->second.begin_ms);
}

double SlowStart::Factor(const SlowStartConfig& config, int64_t since_ms) {
  if (since_ms >= config.window_ms) return 1;
  const double time =
      static_cast<double>(std::max<int64_t>(since_ms, 1)) / static_cast<double>(config.window_ms);
  const double share = config.aggression == 1 ? time : std::pow(time, 1 / config.aggression);
  return std::max(config.min_weight_percent / 100, share);
}

}  // namespace weir::balancing
