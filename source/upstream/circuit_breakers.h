// The limits of one cluster, shared by all workers and by successive definitions of the cluster:
// connections, pending requests, requests and retries, each for two priorities.
//
// Exact: taking is one compare-and-swap on a word that holds the limit and the count, so the
// process never goes over a limit, not even for a moment, and the gauges that say "open" change in
// step with it. Any thread, except where noted.
//
// A worker that finds no connection left asks for one: then those who hold idle ones hear of it,
// and when a connection is given back, every worker that waits is woken and tries again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "source/balancing/host.h"
#include "source/upstream/cluster_config.h"
#include "source/upstream/cluster_stats.h"

namespace weir::upstream {

enum class Resource : uint8_t { kConnections, kPendingRequests, kRequests, kRetries };

// A set of threads in one word: a thread's bit, which it shares with the 64th after it. Hearing in
// vain costs little, and clusters are many.
inline uint64_t ThreadBit(int thread_index) { return uint64_t{1} << (thread_index % 64); }

// Carries word of connections between workers. Called on any thread.
class ConnectionBroker {
 public:
  // The calling thread wants a connection and a limit is reached: of `host`, null: of the cluster.
  virtual void OnConnectionWanted(int priority, const balancing::HostPtr& host) = 0;
  // A connection was given back; the threads of these bits wait for one.
  virtual void OnConnectionFree(uint64_t thread_bits, int priority) = 0;

 protected:
  ~ConnectionBroker() = default;
};

class CircuitBreakers {
 public:
  // `broker`, which may be null, outlives this.
  CircuitBreakers(ClusterStatsGroup stats, const BreakerLimits (&limits)[kPriorities],
                  ConnectionBroker* broker);

  // Whose gauges it keeps.
  const ClusterStatsGroup& stats() const { return stats_; }

  // Main thread. What is taken stays taken, even above a lower limit.
  void SetLimits(const BreakerLimits (&limits)[kPriorities]);

  // False when the limit is reached. What was taken is given back by Release.
  bool TryTake(Resource resource, int priority);
  void Release(Resource resource, int priority);
  uint32_t count(Resource resource, int priority) const;

  // From now on this thread is woken once when a connection is given back. False when it was
  // waiting already; else try once more, the connection may have come back just before.
  bool WaitForConnection(int priority);
  bool HasWaiters(int priority) const;
  // Likewise for a connection to one host, which has as many as it may.
  bool WaitForHost(int priority, const balancing::HostPtr& host);
  // One of its connections is gone.
  void WakeForHost(int priority, const balancing::Host& host);

 private:
  // The bits of a limit's word: count, limit, whether the remaining_* gauge is kept.
  static constexpr uint64_t kCountMask = 0xffff'ffff;
  static constexpr int kLimitShift = 32;
  static constexpr uint64_t kTracksBit = uint64_t{1} << 63;
  static constexpr uint32_t kMaxLimit = 0x7fff'ffff;
  static constexpr int kResources = 4;

  struct Budget {
    std::atomic<float> percent{-1};  // < 0: max_retries holds
    std::atomic<uint32_t> min_retries{0};
  };

  static uint32_t CountOf(uint64_t word) { return static_cast<uint32_t>(word & kCountMask); }
  static uint32_t LimitOf(uint64_t word) { return (word >> kLimitShift) & kMaxLimit; }
  static bool IsOpen(uint64_t word) { return CountOf(word) >= LimitOf(word); }
  static int64_t Remaining(uint64_t word);

  void SetLimit(Resource resource, int priority, uint32_t limit, bool tracks_remaining);
  // The limit that holds now: a retry budget moves with the traffic.
  uint32_t LimitNow(Resource resource, int priority, uint64_t word) const;
  void Changed(Resource resource, int priority, uint64_t before, uint64_t after);
  void WakeWaiters(int priority);

  const ClusterStatsGroup stats_;
  ConnectionBroker* const broker_;
  std::atomic<uint64_t> words_[kPriorities][kResources] = {};
  Budget budgets_[kPriorities];
  std::atomic<uint64_t> waiters_[kPriorities] = {};  // see ThreadBit
};

}  // namespace weir::upstream
