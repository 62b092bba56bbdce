// The hosts of a cluster to whose requests it is left to say where they go (CLUSTER_PROVIDED): made
// when the first request wants one, shared by all workers, gone when nobody has used them for long.
//
// A worker never waits for main: Get() makes the host, and main hears of it, takes it with
// TakeNew() and adds it to the cluster's HostSet. Workers keep the hosts that they know, so that
// Get(), which takes a lock, is for the first request of each worker to an address only.
//
//   used ──main: Rest()──► rested ──main: TryRetire(), nothing runs there──► retired for good
//     ▲──────Use()─────────┘
//
// A host that is retired is never handed out again: who finds it so gets another of that address.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "source/balancing/destination_stats.h"
#include "source/balancing/host.h"
#include "source/net/address.h"

namespace weir::balancing {

class DestinationHost final : public Host {
 public:
  using Host::Host;

  // Any worker, before each use. False: it is retired.
  bool Use();
  // Main. False: it was not used since the last time.
  bool Rest();
  // Main. False: it was used since Rest(), or is busy now.
  bool TryRetire();

 private:
  enum class State : uint8_t { kUsed, kRested, kRetired };

  std::atomic<State> state_{State::kUsed};
};

using DestinationHostPtr = std::shared_ptr<DestinationHost>;

class DestinationTable {
 public:
  // Clients may choose addresses: what they can make the process keep is bounded.
  static constexpr size_t kMostHosts = 16 * 1024;

  explicit DestinationTable(size_t most_hosts = kMostHosts) : most_hosts_(most_hosts) {}

  // Before it is shared, both. `when_new` is called on any worker when there is something to take
  // and nothing was before.
  void SetWhenNew(std::function<void()> when_new) { when_new_ = std::move(when_new); }
  void SetStats(DestinationStatsGroup stats) { stats_ = std::move(stats); }
  // The calling thread's.
  DestinationStats& stats() const { return stats_->Here(); }
  // Any worker. Null: there are too many.
  DestinationHostPtr Get(const net::Address& address);
  // Main. Those made since it was last called.
  std::vector<DestinationHostPtr> TakeNew();
  // Main. They are retired.
  void Remove(absl::Span<const HostPtr> hosts);

 private:
  DestinationHostPtr Make(const net::Address& address);

  const size_t most_hosts_;
  const std::shared_ptr<const HostDetails> details_ = std::make_shared<const HostDetails>(
      HostDetails{{}, std::make_shared<const Locality>(), nullptr});  // which all of them share
  std::function<void()> when_new_;
  DestinationStatsGroup stats_;
  std::mutex mutex_;
  absl::flat_hash_map<net::Address, DestinationHostPtr> hosts_;
  std::vector<DestinationHostPtr> new_;
};

}  // namespace weir::balancing
