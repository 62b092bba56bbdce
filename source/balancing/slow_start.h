// Hosts that joined lately, or are well again, and how much of their weight they have by now:
//
//   weight × max(min_weight, (time since it joined / window) ^ (1 / aggression))
//
// Main thread. The sets of a cluster are made anew every TickMs() while anybody ramps, so that all
// shares follow the curve, whoever else joins meanwhile.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "source/balancing/balancer_config.h"
#include "source/balancing/host.h"

namespace weir::balancing {

class SlowStart {
 public:
  explicit SlowStart(const SlowStartConfig& config) : config_(config) {}

  // From `now_ms` on it ramps, anew if it does already.
  void Begin(const HostPtr& host, int64_t now_ms);
  // Those of a cluster's `hosts` that were not usable when this was called last, and are now,
  // begin, unless nobody was usable: then there is nobody to spare them.
  void BeginForRecovered(absl::Span<const HostPtr> hosts, int64_t now_ms);
  // The moment that factors are for, which HostActivity tells from then on; who is through is
  // forgotten. False: nobody ramps any more.
  bool Advance(int64_t now_ms);
  bool is_ramping() const { return !begins_.empty(); }
  int64_t TickMs() const;

  // Times its weight. 1 for a host that does not ramp.
  double FactorOf(const Host& host) const;

  // In (0, 1]; `since_ms` ≥ 0.
  static double Factor(const SlowStartConfig& config, int64_t since_ms);

 private:
  struct Ramp {
    std::weak_ptr<const Host> host;
    int64_t begin_ms;
  };

  const SlowStartConfig config_;
  int64_t now_ms_ = 0;
  absl::flat_hash_map<const Host*, Ramp> begins_;
  absl::flat_hash_set<const Host*> unusable_;
  bool was_any_usable_ = false;
};

}  // namespace weir::balancing
