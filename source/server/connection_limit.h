// How many downstream connections the whole process takes: half of the descriptors it may open, so
// that there is always one left for the upstream side. Exact across workers.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::server {

class ConnectionLimit {
 public:
  explicit ConnectionLimit(uint64_t most) : most_(most) {}
  // Half of RLIMIT_NOFILE, whose soft limit is raised to the hard one first.
  static uint64_t OfProcess();

  bool TryTake() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void GiveBack() { taken_.fetch_sub(1, std::memory_order_relaxed); }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const uint64_t most_;
  std::atomic<uint64_t> taken_{0};
};

}  // namespace weir::server
