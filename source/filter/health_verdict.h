// Whether the process wants new traffic, as health_check filters tell whoever probes it: not when
// an operator says so (admin's /healthcheck/fail), nor while it drains. Any thread.
#pragma once

#include <atomic>

namespace weir::filter {

class HealthVerdict {
 public:
  bool fails() const {
    return is_failed_.load(std::memory_order_relaxed) || drains_.load(std::memory_order_relaxed);
  }
  // By an operator.
  bool is_failed() const { return is_failed_.load(std::memory_order_relaxed); }
  void SetFailed(bool fails) { is_failed_.store(fails, std::memory_order_relaxed); }
  // For good.
  void SetDraining() { drains_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> is_failed_{false};
  std::atomic<bool> drains_{false};
};

}  // namespace weir::filter
